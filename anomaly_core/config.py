"""Small frozen configurations; unknown keys are rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["nsa", "cutpaste", "scar"]
Shape = Literal["rectangle", "ellipse", "polygon"]


class Config(BaseModel):
    """Base of every configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FewShotConfig(Config):
    """How patches are compared; chosen by `benchmarks/selection.py`, on no set that is reported.

    tap_weights: share of each tap in the distance, shallow to deep; a tap of weight 0 is not compared.
        None: 0.8 on the deepest tap, the rest shared by the others.
    neighbourhood: side, in patches, of the window that features are averaged over (1: none).
    median_share: share of an image's median distance that is taken off its map; it helped no set that
        this was chosen on.
    top_share: the image's score is the mean of this share of its patches, the highest.
    bank_limit: most patches that a bank keeps.
    """

    tap_weights: tuple[float, ...] | None = None
    neighbourhood: int = Field(default=1, ge=1, le=9)
    median_share: float = Field(default=0.0, ge=0.0, le=1.0)
    top_share: float = Field(default=0.01, gt=0.0, le=1.0)
    bank_limit: int = Field(default=3200, ge=64)


DEFAULT_ENCODER: Final = "efficientnet-lite0"
"""Image encoder that enrols products where none is named (see weights/resolve.py for what a name may be)."""
DEFAULT_SCORERS: Final = ("few-shot", "text-aligned", "soft-prompt", "layout")


class DetectorConfig(Config):
    """How images are seen and judged.

    encoder: model id (see weights/resolve.py). input_side: the encoder input of an aligned part has about
        input_side squared pixels, that of a whole image half as many, whatever the aspect ratio.
    align: a single elongated part on a plain background is turned and cropped, see imaging/frame.py.
    alpha: the stated false-alarm rate of the verdict. review: the rate below which a person should look.
    scorers: what scores an image, in this order; those of other packages by their registered names.
    """

    encoder: str = DEFAULT_ENCODER
    input_side: int = Field(default=448, ge=64, le=2048)
    align: bool = True
    alpha: float = Field(default=0.05, gt=0.0, lt=0.5)
    review: float = Field(default=0.20, gt=0.0, lt=1.0)
    scorers: tuple[str, ...] = DEFAULT_SCORERS
    few_shot: FewShotConfig = FewShotConfig()


class SimulationConfig(Config):
    """How anomalies are drawn. Sizes are shares of the image's width and height, each drawn apart.

    method: see anomaly_core.simulation.nsa. blend: for "nsa"; "mixed" keeps the stronger of both gradients.
    max_patches: 1 to this many, equally likely. min_size, max_size, gamma_scale: a side is a Gamma variate
        of shape 2 and this scale, drawn again outside the bounds. min_foreground: least share of a patch on
        the object, where there is one. resize: range of the patch's scaling on textures; object_resize: on
        objects. min_change: grey levels by which the image must differ, on a local mean, to be in the mask;
        other pixels are put back. min_visible: grey levels that the smoothed change must reach in the
        strongest tenth of the mask; on a texture at least four times its own smoothed spread.
    tone: on a texture, the largest shift of a patch's middle, up or down, as a share of its mean grey
        level, fading out at its edge; 0 gives plain NSA, which on an even texture blends grain into grain
        and shows nothing.
    attempts: draws before giving up.
    """

    method: Method = "nsa"
    blend: Literal["normal", "mixed"] = "normal"
    max_patches: int = Field(default=2, ge=1, le=10)
    min_size: float = Field(default=0.04, gt=0, lt=1)
    max_size: float = Field(default=0.3, gt=0, lt=1)
    gamma_scale: float = Field(default=0.06, gt=0)
    min_foreground: float = Field(default=0.25, ge=0, le=1)
    resize: tuple[float, float] = (0.5, 2.0)
    object_resize: tuple[float, float] = (0.7, 1.3)
    shapes: tuple[Shape, ...] = Field(default=("rectangle", "ellipse", "polygon"), min_length=1)
    min_change: int = Field(default=4, ge=0, le=254)
    min_visible: int = Field(default=10, ge=1, le=255)
    tone: float = Field(default=0.35, ge=0, le=1)
    attempts: int = Field(default=200, ge=1)

    @model_validator(mode="after")
    def _ranges_rise(self) -> SimulationConfig:
        if self.min_size >= self.max_size:
            raise ValueError(f"min_size {self.min_size} must be below max_size {self.max_size}")
        for low, high in (self.resize, self.object_resize):
            if not 0 < low <= high:
                raise ValueError(f"a resize range must rise from above 0, not {low} to {high}")
        return self


class LoraSettings(Config):
    """LoRA on a language model (arXiv 2106.09685). The defaults are AnomalyGPT's base, PandaGPT's.

    r: rank. alpha: scale is alpha / r. targets: names of the layers.
    """

    r: int = Field(default=32, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    targets: tuple[str, ...] = Field(default=("q_proj", "k_proj", "v_proj", "o_proj"), min_length=1)


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
    decoder_input: what the text-aligned decoder sees, see decoders/inputs.py.
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
    decoder_input: Literal["patches", "residuals"] = "residuals"


class TrainingConfig(Config):
    """A run of AnomalyGPT's training (arXiv 2308.15366, section 4), in one or two phases.

    language_model: None trains the decoder alone. decoder_steps: steps of the first phase, without the
    language model. steps: of the second. joint: the decoder goes on learning in the second phase, from
    its own losses and through its map from the language model's; the paper has decoder_steps 0 and
    joint. drawn_map_probability: how often the prompt learner sees a drawn map (training/synthetic_maps.py)
    and not an image's; few_shot_probability: how often, of the others, the few-shot map. unit_jitter:
    standard deviation of the logarithm of the score at even odds, by which few-shot maps are scaled.
    dialogue: JSONL of chats that alternate with inspection. batch_size: images a step, in `accumulation`
    equal parts. presence_share: share of questions that ask whether there is an anomaly. verdict_weight: see
    `dialogue_loss`. use_map, base_tokens, channels, norm, level_knots: see PromptLearnerConfig. betas, warmup
    (share of the steps), clip (gradient norm): the paper's. precision: of the language model. watch_every,
    save_every: steps.
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
