"""Frozen pydantic configurations of detector, simulation and training; unknown keys are rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["nsa", "cutpaste", "scar"]
Shape = Literal["rectangle", "ellipse", "polygon"]
Runtime = Literal["torch", "onnx", "openvino", "openvino-bf16"]
"""What computes a frozen image encoder; all in float32, but the transformers of openvino-bf16 in bfloat16."""


class Config(BaseModel):
    """Base of every configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FewShotConfig(Config):
    """Patch comparison. The defaults were chosen by `benchmarks/selection.py`, on no reported dataset."""

    tap_weights: tuple[float, ...] | None = Field(
        None,
        description="weight of each tap's distance, shallow to deep; 0 leaves a tap out; "
        "unset: 0.8 for the deepest tap, the rest shared equally",
    )
    neighbourhood: int = Field(
        1, ge=1, le=9, description="side, in patches, of the window that features are averaged over; 1: none"
    )
    median_share: float = Field(
        0.0, ge=0.0, le=1.0, description="share of a map's median distance subtracted from the map"
    )
    top_share: float = Field(
        0.01, gt=0.0, le=1.0, description="share of the patches, the highest, whose mean is the image score"
    )
    bank_limit: int = Field(3200, ge=64, description="most patches in a memory bank")


DEFAULT_ENCODER: Final = "efficientnet-lite0+dinov2-small"
"""Image encoder where none is named, see `encoders.registry.load_image_encoder`; a pair of two."""
DEFAULT_SCORERS: Final = ("few-shot", "text-aligned", "soft-prompt", "layout", "pixel-range")


class DetectorConfig(Config):
    """How images are framed, scored and judged."""

    encoder: str = Field(DEFAULT_ENCODER, description="image encoder: name, folder or hub id")
    input_side: int = Field(
        448,
        ge=64,
        le=2048,
        description="an aligned part's input has about input_side^2 pixels, a whole image's half as many",
    )
    align: bool = Field(
        True, description="turn and crop a single part on a plain background (imaging/frame.py, compact.py)"
    )
    alpha: float = Field(0.05, gt=0.0, lt=0.5, description="stated false-alarm rate of the verdict")
    review: float = Field(0.20, gt=0.0, lt=1.0, description="p-value below which a person should look")
    scorers: tuple[str, ...] = Field(DEFAULT_SCORERS, description="names of the scorers, in order of use")
    few_shot: FewShotConfig = Field(FewShotConfig(), description="patch comparison")


class SimulationConfig(Config):
    """Simulated anomalies. Sizes are shares of the image's width and height, drawn independently."""

    method: Method = Field("nsa", description="way of making an anomaly, see anomaly_core.simulation.nsa")
    blend: Literal["normal", "mixed"] = Field(
        "normal", description='gradients for "nsa": the patch\'s, or "mixed", the stronger of patch and image'
    )
    max_patches: int = Field(2, ge=1, le=10, description="patches an image: 1 to this many, equally likely")
    min_size: float = Field(0.04, gt=0, lt=1, description="smallest side of a patch")
    max_size: float = Field(0.3, gt=0, lt=1, description="largest side of a patch")
    gamma_scale: float = Field(0.06, gt=0, description="scale of the Gamma(2) distribution of a side")
    min_foreground: float = Field(
        0.25, ge=0, le=1, description="least share of a patch that lies on the object, where there is one"
    )
    resize: tuple[float, float] = Field((0.5, 2.0), description="range of a patch's scale on textures")
    object_resize: tuple[float, float] = Field((0.7, 1.3), description="range of a patch's scale on objects")
    shapes: tuple[Shape, ...] = Field(
        ("rectangle", "ellipse", "polygon"), min_length=1, description="outlines of a patch, equally likely"
    )
    min_change: int = Field(
        4, ge=0, le=254, description="grey levels, locally averaged, by which a masked pixel must differ"
    )
    min_visible: int = Field(
        10,
        ge=1,
        le=255,
        description="grey levels that the smoothed change reaches in the strongest tenth of the mask; "
        "on a texture at least four times its own smoothed spread",
    )
    tone: float = Field(
        0.35,
        ge=0,
        le=1,
        description="on a texture, largest shift of a patch's tone, a share of its mean grey level; 0: none",
    )
    attempts: int = Field(200, ge=1, description="draws before giving up")

    @model_validator(mode="after")
    def _ranges_rise(self) -> SimulationConfig:
        if self.min_size >= self.max_size:
            raise ValueError(f"min_size {self.min_size} must be below max_size {self.max_size}")
        for low, high in (self.resize, self.object_resize):
            if not 0 < low <= high:
                raise ValueError(f"a resize range must rise from above 0, not {low} to {high}")
        return self


class LoraSettings(Config):
    """LoRA on a language model (arXiv 2106.09685). The defaults are AnomalyGPT's base, PandaGPT's."""

    r: int = Field(32, ge=1, description="rank")
    alpha: int = Field(32, ge=1, description="the update is scaled by alpha / r")
    dropout: float = Field(0.1, ge=0, lt=1, description="dropout probability of the LoRA layers")
    targets: tuple[str, ...] = Field(
        ("q_proj", "k_proj", "v_proj", "o_proj"), min_length=1, description="names of the adapted layers"
    )


_SIMULATIONS = (
    SimulationConfig(attempts=40),
    SimulationConfig(attempts=40, blend="mixed"),
    SimulationConfig(attempts=40, method="scar"),
)
_HELD_OUT = (*_SIMULATIONS, SimulationConfig(attempts=40, method="cutpaste"))


class DataConfig(Config):
    """Training data, all of it encoded once, before the first step."""

    procedural_products: int = Field(24, ge=0, description="procedural products, beside those of the folders")
    photographs: int = Field(10, ge=3, description="normal images a product, for queries and shots")
    samples: int = Field(1024, ge=2, description="training images, half of them with simulated anomalies")
    held_out: int = Field(96, ge=2, description="validation images, of products and photographs held out")
    input_side: int = Field(448, ge=64, le=2048, description="as in DetectorConfig")
    side: int = Field(320, ge=32, description="side, in pixels, of a procedural image or of a texture's crop")
    shots: tuple[int, ...] = Field((1, 2, 4), min_length=1, description="shots behind a few-shot map")
    foreign_share: float = Field(
        0.3, ge=0, le=1, description="share of anomalies whose patch comes from another product"
    )
    simulations: tuple[SimulationConfig, ...] = Field(
        _SIMULATIONS, min_length=1, description="ways of making a training anomaly, equally likely"
    )
    held_out_simulations: tuple[SimulationConfig, ...] = Field(
        _HELD_OUT, min_length=1, description="the same for validation; others too, to measure generalisation"
    )
    decoder_input: Literal["patches", "residuals"] = Field(
        "residuals", description="input of the text-aligned decoder, see decoders/inputs.py"
    )


class TrainingConfig(Config):
    """AnomalyGPT's training (arXiv 2308.15366, section 4) in two phases: decoder, then language model.

    The paper has decoder_steps 0 and joint; betas, warmup and clip are its values. Fields without a
    description are those of PromptLearnerConfig.
    """

    encoder: str = Field("efficientnet-lite0", description="frozen image encoder")
    text_encoder: str = Field("minilm", description="frozen text encoder of the text-aligned decoder")
    language_model: str | None = Field("smollm2", description="frozen language model; none: decoder alone")
    data: DataConfig = Field(DataConfig(), description="training data")
    decoder_steps: int = Field(300, ge=0, description="steps of the first phase, without the language model")
    steps: int = Field(300, ge=0, description="steps of the second phase, with the language model")
    joint: bool = Field(
        False, description="train the decoder in the second phase too, also through the language model's loss"
    )
    batch_size: int = Field(16, ge=1, description="images a step")
    accumulation: int = Field(1, ge=1, description="equal parts that a batch is computed in")
    learning_rate: float = Field(1e-3, gt=0, description="peak learning rate")
    betas: tuple[float, float] = Field((0.9, 0.95), description="Adam's betas")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps over which the rate rises")
    clip: float = Field(1.0, gt=0, description="largest gradient norm")
    synthetic_map_probability: float = Field(
        0.5, ge=0, le=1, description="probability that the prompt learner sees a synthetic map"
    )
    few_shot_probability: float = Field(
        0.5, ge=0, le=1, description="otherwise, probability of the few-shot map in place of the decoder's"
    )
    reference_jitter: float = Field(
        0.25,
        ge=0,
        description="standard deviation of the log reference score that few-shot maps are scaled by",
    )
    verdict_weight: float = Field(1.0, ge=0, description="weight of the yes-no log-odds in the dialogue loss")
    presence_share: float = Field(
        0.75, ge=0, le=1, description="share of questions that ask whether there is an anomaly"
    )
    dialogue: Path | None = Field(None, description="JSONL of chats that alternate with inspections")
    prompt_learner: Path | None = Field(
        None,
        description="checkpoint whose prompt learner is taken over as it is, in place of the second phase: "
        "its input, a map in units of the reference score, is that of every encoder",
    )
    image_token: bool = Field(True, description="whether the soft prompt has an image token")
    use_map: bool = True
    base_tokens: int = Field(9, ge=0)
    channels: tuple[int, ...] = (4, 16, 32, 64, 128)
    norm: Literal["batch", "none"] = "batch"
    level_bins: int = Field(16, ge=0)
    lora: LoraSettings | None = Field(None, description="LoRA on the language model; unset: frozen as it is")
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="language model's dtype"
    )
    device: str = Field("cpu", description="torch device")
    evaluate_every: int = Field(25, ge=1, description="steps between evaluations on held-out data")
    save_every: int = Field(25, ge=1, description="steps between saved states")
    seed: int = Field(0, description="seed of every random choice")

    @model_validator(mode="after")
    def _fits(self) -> TrainingConfig:
        if self.batch_size % self.accumulation:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of accumulation {self.accumulation}"
            )
        if self.norm == "batch" and self.use_map and self.batch_size // self.accumulation < 2:
            raise ValueError("batch normalisation needs two images or more in each part of a batch")
        if self.steps and self.prompt_learner is not None:
            raise ValueError("a prompt_learner that is taken over is not trained: set steps to 0")
        if self.steps and self.language_model is None:
            raise ValueError("steps of the second phase need a language_model")
        if not self.steps and not self.decoder_steps:
            raise ValueError("decoder_steps and steps are both 0: nothing to train")
        if self.precision == "float16" and self.device == "cpu":
            raise ValueError("float16 needs a GPU; take bfloat16 or float32 on a CPU")
        return self
