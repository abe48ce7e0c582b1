"""Settings -> services: the one place where the application's parts are put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agents.settings import Settings
from anomaly_core.config import DetectorConfig
from tools.records import FailureRecord, InspectionRecord
from tools.services import Services

if TYPE_CHECKING:
    from anomaly_core.detector import Detector
    from anomaly_core.encoders.base import TextEncoder


def detector_config(settings: Settings) -> DetectorConfig:
    """Return the part of the settings that the detector reads."""
    return DetectorConfig(
        encoder=settings.encoder, input_side=settings.input_size, alpha=settings.alpha, seed=settings.seed
    )


def build_services(settings: Settings) -> Services:
    """Return the services for these settings; models load when first used."""
    config = detector_config(settings)

    def detector() -> Detector:
        import torch

        from anomaly_core.detector import Detector
        from anomaly_core.encoders.registry import load_image_encoder

        if settings.threads is not None:
            torch.set_num_threads(settings.threads)
        return Detector(load_image_encoder(config.encoder, device=settings.device), config)

    def text_encoder() -> TextEncoder:
        from anomaly_core.encoders.registry import load_text_encoder

        return load_text_encoder(settings.text_encoder)

    def report(records: Sequence[InspectionRecord | FailureRecord], out: Path) -> Path:
        from agents.report.write import write_report

        return write_report(records, out)

    return Services(
        store=settings.store,
        detector=detector,
        text_encoder=text_encoder,
        write_report=report,
        config=config,
        max_pixels=settings.max_pixels,
    )
