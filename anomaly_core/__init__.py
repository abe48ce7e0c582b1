"""Anomaly detection by AnomalyGPT: `AnomalyGPT`, `load_image` and the types that they return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from anomaly_core.anomalygpt import AnomalyGPT
    from anomaly_core.config import DetectorConfig
    from anomaly_core.imaging.reading import LoadedImage, load_image
    from anomaly_core.inspection import Inspection
    from anomaly_core.product import ProductModel
    from anomaly_core.results import AnomalyMap, Region, Verdict

__all__ = [
    "AnomalyGPT",
    "AnomalyMap",
    "DetectorConfig",
    "Inspection",
    "LoadedImage",
    "ProductModel",
    "Region",
    "Verdict",
    "load_image",
]

_HOMES: Final = {
    "AnomalyGPT": "anomalygpt",
    "AnomalyMap": "results",
    "DetectorConfig": "config",
    "Inspection": "inspection",
    "LoadedImage": "imaging.reading",
    "ProductModel": "product",
    "Region": "results",
    "Verdict": "results",
    "load_image": "imaging.reading",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use: torch takes seconds, and the errors do not need it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
