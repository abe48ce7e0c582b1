"""Settings -> services: the one place where the application's parts are put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agents.settings import Settings
from anomaly_core.config import DetectorConfig
from tools.context import Services
from tools.records import FailureRecord, InspectionRecord

if TYPE_CHECKING:
    from anomaly_core.checkpoint import Checkpoint
    from anomaly_core.detector import Detector
    from anomaly_core.encoders.base import TextEncoder
    from anomaly_core.soft_prompt.reader import AnomalyGPT


def detector_config(settings: Settings) -> DetectorConfig:
    """Return the part of the settings that the detector reads."""
    return DetectorConfig(
        encoder=settings.encoder, input_side=settings.input_size, alpha=settings.alpha, seed=settings.seed
    )


def load_learned(settings: Settings) -> Checkpoint | None:
    """Return the checkpoint in use: none was asked for, or the shipped one is for another encoder: None.

    Raises WeightsMissing, WeightsDamaged.
    """
    from anomaly_core.checkpoint import SHIPPED, load_checkpoint

    if settings.checkpoint == "none":
        return None
    if settings.checkpoint != "shipped":
        return load_checkpoint(settings.checkpoint)
    checkpoint = load_checkpoint(SHIPPED)
    return checkpoint if checkpoint.config.training.encoder == settings.encoder else None


def needed_weights(settings: Settings) -> list[str]:
    """Return what an inspection with these settings reads from the weight cache."""
    from anomaly_core.weights.pinned import PINNED

    names = [settings.encoder, settings.text_encoder]
    checkpoint = load_learned(settings) if settings.prompt_llm == "local" else None
    if checkpoint is not None and checkpoint.config.language_model is not None:
        names.append(checkpoint.config.language_model)
    return [name for name in names if name in PINNED]


def build_services(settings: Settings) -> Services:
    """Return the services for these settings; models load when first used."""
    config = detector_config(settings)
    # Read once, by whichever of detector and language model is needed first.
    learned = cache(lambda: load_learned(settings))

    def detector() -> Detector:
        import torch

        from anomaly_core.detector import Detector
        from anomaly_core.encoders.registry import load_image_encoder

        if settings.threads is not None:
            torch.set_num_threads(settings.threads)
        encoder = load_image_encoder(config.encoder, device=settings.device)
        return Detector(encoder, config, learned())

    def language() -> AnomalyGPT | None:
        from anomaly_core.language.registry import load_language_model
        from anomaly_core.language.transformers_lm import TransformersLanguageModel
        from anomaly_core.soft_prompt.adapters import load_adapter
        from anomaly_core.soft_prompt.reader import AnomalyGPT
        from tools.waiting_lm import WaitingLanguageModel

        if settings.prompt_llm == "none":
            return None
        checkpoint = learned()
        if checkpoint is None or checkpoint.config.language_model is None:
            return None
        base = checkpoint.config.language_model
        if settings.prompt_llm == "local":
            local = load_language_model(base, settings.device)
            if checkpoint.lora is not None and isinstance(local, TransformersLanguageModel):
                local = load_adapter(local, checkpoint.lora)
            return AnomalyGPT(checkpoint, local)
        # What `iad llm export` wrote has the model beside the checkpoint, so that no hub is needed.
        exported = checkpoint.folder / "model"
        served = load_language_model(
            settings.prompt_llm,
            base=str(exported) if exported.is_dir() else base,
            served_name=settings.prompt_llm_model,
            key=None if settings.llm_key is None else settings.llm_key.get_secret_value(),
            timeout_s=settings.llm_timeout,
        )
        return AnomalyGPT(checkpoint, WaitingLanguageModel(served))

    def text_encoder() -> TextEncoder:
        from anomaly_core.encoders.registry import load_text_encoder

        return load_text_encoder(settings.text_encoder)

    def report(records: Sequence[InspectionRecord | FailureRecord], out: Path) -> Path:
        from tools.report.write import write_report

        return write_report(records, out)

    return Services(
        store=settings.store,
        detector=detector,
        language=language,
        text_encoder=text_encoder,
        write_report=report,
        config=config,
        max_pixels=settings.max_pixels,
    )
