"""Settings -> collaborators: the one place where the application's parts are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.settings import EMBEDDED, Settings
from anomaly_core.config import DetectorConfig
from tools.context import Context, Origin

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from anomaly_core.anomalygpt import AnomalyGPT
    from anomaly_core.checkpoint import Checkpoint
    from anomaly_core.encoders.base import TextEncoder


def detector_config(settings: Settings, encoder: str) -> DetectorConfig:
    """Return how images are seen and judged; what the settings leave open stays at its default."""
    given = {
        "encoder": encoder,
        "input_side": settings.input_size,
        "alpha": settings.alpha,
        "review": settings.review,
        "scorers": settings.scorers,
    }
    return DetectorConfig.model_validate({key: value for key, value in given.items() if value is not None})


def load_learned(settings: Settings, encoder: str) -> Checkpoint | None:
    """Return an encoder's checkpoint; None where none is wanted, or none is shipped for it.

    Raises WeightsMissing, WeightsDamaged.
    """
    from anomaly_core.checkpoint import load_checkpoint, load_shipped

    if settings.checkpoint == "none":
        return None
    return load_shipped(encoder) if settings.checkpoint == "shipped" else load_checkpoint(settings.checkpoint)


def needed_weights(settings: Settings) -> list[str]:
    """Return what an inspection with these settings reads from the weight cache."""
    from anomaly_core.encoders.registry import SEPARATOR
    from anomaly_core.weights.pinned import PINNED

    names = [*settings.encoder.split(SEPARATOR), settings.text_encoder]
    checkpoint = load_learned(settings, settings.encoder) if settings.prompt_llm == "local" else None
    if checkpoint is not None and checkpoint.config.language_model is not None:
        names.append(checkpoint.config.language_model)
    return [name for name in names if name in PINNED]


def build_model(settings: Settings, encoder: str) -> AnomalyGPT:
    """Return the model with an image encoder; its language model loads when first used.

    Raises WeightsMissing, WeightsDamaged, ConfigError.
    """
    import torch

    from anomaly_core.anomalygpt import AnomalyGPT
    from anomaly_core.encoders.registry import load_image_encoder
    from anomaly_core.scorers.soft_prompt import SoftPromptScorer

    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    checkpoint = load_learned(settings, encoder)

    def reader() -> SoftPromptScorer | None:
        if checkpoint is None or settings.prompt_llm == "none":
            return None
        return SoftPromptScorer.load(
            checkpoint,
            settings.prompt_llm,
            settings.device,
            served_name=settings.prompt_llm_model,
            key=None if settings.llm_key is None else settings.llm_key.get_secret_value(),
            timeout_s=settings.llm_timeout,
        )

    image_encoder = load_image_encoder(encoder, device=settings.device, runtime=settings.runtime)
    return AnomalyGPT(image_encoder, detector_config(settings, encoder), checkpoint, reader)


def tools_context(settings: Settings) -> Context:
    """Return model and memory for these settings; models load when first used."""

    def text_encoder() -> TextEncoder:
        from anomaly_core.encoders.registry import load_text_encoder

        return load_text_encoder(settings.text_encoder)

    return Context(
        store=settings.store,
        model=lambda: build_model(settings, settings.encoder),
        other_model=lambda name: build_model(settings, name),
        text_encoder=text_encoder,
        max_pixels=settings.max_pixels,
        rates=(settings.alpha, settings.review),
        log=settings.log_file,
        origin=Origin(settings.lot, settings.station, settings.operator),
    )


def chat_model(settings: Settings) -> BaseChatModel | None:
    """Return the chat model of the settings, or None: then rules plan and the evidence answers."""
    if settings.llm_url in (None, EMBEDDED):
        return None
    from agents.chat_models.build import build_chat_model

    return build_chat_model(settings)
