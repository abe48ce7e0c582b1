"""What `anomaly_core` offers by name: a change here is a change for every user."""

from __future__ import annotations

import inspect

import pytest

import anomaly_core
from anomaly_core import AnomalyGPT, ProductModel

NAMES = [
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
SIGNATURES = {
    AnomalyGPT.from_pretrained: ["checkpoint", "encoder", "language_model", "device", "config"],
    AnomalyGPT.fit: ["self", "images", "progress", "zones"],
    AnomalyGPT.inspect: ["self", "image", "product", "alpha", "review", "ask"],
    AnomalyGPT.inspect_batch: ["self", "images", "product", "alpha", "review"],
    ProductModel.save_pretrained: ["self", "folder"],
    ProductModel.from_pretrained: ["folder"],
}


def test_the_public_names() -> None:
    assert anomaly_core.__all__ == NAMES
    for name in NAMES:
        assert getattr(anomaly_core, name).__name__ == name
    with pytest.raises(AttributeError, match="no_such"):
        _ = anomaly_core.no_such


@pytest.mark.parametrize(
    ("function", "parameters"), SIGNATURES.items(), ids=lambda one: getattr(one, "__qualname__", "")
)
def test_their_signatures(function: object, parameters: list[str]) -> None:
    assert list(inspect.signature(function).parameters) == parameters  # type: ignore[arg-type]


def test_results_are_frozen() -> None:
    for kind in (
        anomaly_core.Inspection,
        anomaly_core.Verdict,
        anomaly_core.Region,
        anomaly_core.ProductModel,
    ):
        assert kind.__dataclass_params__.frozen  # type: ignore[union-attr]
