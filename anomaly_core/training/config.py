"""What a training run is: every number that its result depends on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from anomaly_core.config import Config
from anomaly_core.decoders.inputs import DecoderInput
from anomaly_core.simulation.nsa import SimulationConfig
from anomaly_core.soft_prompt.adapters import LoraSettings

_SIMULATIONS = (
    SimulationConfig(attempts=40),
    SimulationConfig(attempts=40, blend="mixed"),
    SimulationConfig(attempts=40, method="scar"),
)
_HELD_OUT = (*_SIMULATIONS, SimulationConfig(attempts=40, method="cutpaste"))


class DataConfig(Config):
    """What is learned from. All of it is encoded once, before the first step.

    drawn_products: drawn products beside those of the folders, one design each. photographs: normal
    images a product, from which queries and shots are drawn. samples, held_out: images in training
    and for watching, half of them with simulated anomalies; held-out ones show designs and photographs
    that training never sees. input_side: see DetectorConfig. side: pixels of a drawn image or of a crop.
    shots: numbers of normal images behind a few-shot map. foreign_share: share of anomalies whose
    patch comes from another product. simulations: equally likely ways of making an anomaly;
    held_out_simulations: those of held-out images, so that watching tells what carries over to others.
    decoder_input: what the text-aligned decoder sees, see decoder/inputs.py.
    """

    drawn_products: int = Field(default=24, ge=0)
    photographs: int = Field(default=10, ge=3)
    samples: int = Field(default=1024, ge=2)
    held_out: int = Field(default=96, ge=2)
    input_side: int = Field(default=448, ge=64, le=2048)
    side: int = Field(default=320, ge=32)
    shots: tuple[int, ...] = Field(default=(1, 2, 4), min_length=1)
    foreign_share: float = Field(default=0.3, ge=0, le=1)
    simulations: tuple[SimulationConfig, ...] = Field(default=_SIMULATIONS, min_length=1)
    held_out_simulations: tuple[SimulationConfig, ...] = Field(default=_HELD_OUT, min_length=1)
    decoder_input: DecoderInput = "residuals"


class TrainingConfig(Config):
    """A run of AnomalyGPT's training (arXiv 2308.15366, section 4), in one or two phases.

    language_model: None trains the decoder alone. decoder_steps: steps of the first phase, without the
    language model. steps: of the second. joint: the decoder goes on learning in the second phase, from
    its own losses and through its map from the language model's; the paper has decoder_steps 0 and
    joint. drawn_map_probability: how often the prompt learner sees a drawn map (drawn_maps.py) and not an
    image's; few_shot_probability: how often, of the others, the few-shot map. unit_jitter: standard
    deviation of the logarithm of the score at even odds, by which few-shot maps are scaled. dialogue:
    JSONL of chats that alternate with inspection. batch_size: images a step, in `accumulation` equal parts.
    presence_share: share of questions that ask whether there is an anomaly. verdict_weight: see teaching.py.
    use_map, base_tokens, channels, norm, level_knots: see PromptLearnerConfig. betas, warmup (share of the
    steps), clip (gradient norm): the paper's. precision: of the language model. watch_every, save_every:
    steps.
    """

    encoder: str = "efficientnet-lite0"
    text_encoder: str = "minilm"
    language_model: str | None = "smollm2"
    data: DataConfig = DataConfig()
    decoder_steps: int = Field(default=300, ge=0)
    steps: int = Field(default=300, ge=0)
    joint: bool = False
    batch_size: int = Field(default=16, ge=1)
    accumulation: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    betas: tuple[float, float] = (0.9, 0.95)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    few_shot_probability: float = Field(default=0.5, ge=0, le=1)
    drawn_map_probability: float = Field(default=0.5, ge=0, le=1)
    unit_jitter: float = Field(default=0.25, ge=0)
    verdict_weight: float = Field(default=1.0, ge=0)
    presence_share: float = Field(default=0.75, ge=0, le=1)
    dialogue: Path | None = None
    image_token: bool = True
    use_map: bool = True
    base_tokens: int = Field(default=9, ge=0)
    channels: tuple[int, ...] = (4, 16, 32, 64, 128)
    norm: Literal["batch", "none"] = "batch"
    level_knots: int = Field(default=16, ge=0)
    lora: LoraSettings | None = None
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "cpu"
    watch_every: int = Field(default=25, ge=1)
    save_every: int = Field(default=25, ge=1)
    seed: int = 0

    @model_validator(mode="after")
    def _fits(self) -> TrainingConfig:
        if self.batch_size % self.accumulation:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of accumulation {self.accumulation}"
            )
        if self.norm == "batch" and self.use_map and self.batch_size // self.accumulation < 2:
            raise ValueError("batch normalisation needs two images or more in each part of a batch")
        if self.steps and self.language_model is None:
            raise ValueError("steps of the second phase need a language_model")
        if not self.steps and not self.decoder_steps:
            raise ValueError("decoder_steps and steps are both 0: nothing to train")
        if self.precision == "float16" and self.device == "cpu":
            raise ValueError("float16 needs a GPU; take bfloat16 or float32 on a CPU")
        return self
