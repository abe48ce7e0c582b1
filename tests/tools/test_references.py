"""The out-of-distribution references are encoded once a machine, and never read from what is not whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.registry import load_image_encoder
from tools.references import reference_embeddings


def model_named(encoder: str) -> AnomalyGPT:
    """A model of the tiny encoder that says it is another one."""
    return AnomalyGPT(load_image_encoder("tiny"), DetectorConfig(encoder=encoder, scorers=("few-shot",)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "references"


def test_pinned_weights_are_asked_once(folder: Path) -> None:
    first = reference_embeddings(model_named("efficientnet-lite0"))
    (kept,) = folder.iterdir()
    marked = np.load(kept)
    marked[0] = 0.5
    np.save(kept, marked)
    again = reference_embeddings(model_named("efficientnet-lite0"))
    assert (again[0, 0] == 0.5).all()
    assert (again.reshape(-1, again.shape[-1])[1:] == first.reshape(-1, first.shape[-1])[1:]).all()


def test_an_encoder_whose_weights_may_change_is_always_asked(folder: Path) -> None:
    reference_embeddings(model_named("tiny"))
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_not_whole_is_written_again(folder: Path, content: bytes) -> None:
    first = reference_embeddings(model_named("efficientnet-lite0"))
    (kept,) = folder.iterdir()
    kept.write_bytes(content)
    assert (reference_embeddings(model_named("efficientnet-lite0")) == first).all()
    assert np.load(kept).dtype == np.float32


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert np.isfinite(reference_embeddings(model_named("efficientnet-lite0"))).all()
