"""The cache of passes: one decoding and one encoding an image, and a changed file is noticed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from checkpoints import Answers, write_tiny_checkpoint
from numpy.typing import NDArray
from PIL import Image

from anomaly_core.checkpoint import load_checkpoint
from anomaly_core.config import DetectorConfig
from anomaly_core.detector import Detector
from anomaly_core.encoders.base import Features
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import UnreadableImage
from anomaly_core.soft_prompt.reader import AnomalyGPT
from tools.cache import PassCache, Stopwatch


class CountingEncoder(TinyEncoder):
    """The tiny encoder, counting its calls."""

    calls = 0

    def encode(self, pixels: NDArray[np.uint8]) -> Features:
        self.calls += 1
        return super().encode(pixels)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def passes(encoder: CountingEncoder) -> PassCache:
    detector = Detector(encoder, DetectorConfig(encoder="tiny"))
    return PassCache(lambda: detector, size=2, max_pixels=100_000)


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 60:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def test_an_image_is_encoded_once(passes: PassCache, encoder: CountingEncoder, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 0)
    sha256 = passes.open(path).image.sha256
    for _ in range(3):
        passes.get(path, sha256).encoded()
    assert encoder.calls == 1


def test_equal_bytes_share_a_pass(passes: PassCache, tmp_path: Path) -> None:
    first, second = paint(tmp_path / "a.png", 0), tmp_path / "b.png"
    second.write_bytes(first.read_bytes())
    assert passes.open(first) is passes.open(second)


def test_a_dropped_pass_is_made_again_from_the_file(passes: PassCache, tmp_path: Path) -> None:
    paths = [paint(tmp_path / f"{seed}.png", seed) for seed in range(3)]
    opened = [passes.open(path) for path in paths]
    again = passes.get(paths[0], opened[0].image.sha256)
    assert again is not opened[0]
    np.testing.assert_array_equal(again.image.pixels, opened[0].image.pixels)
    assert passes.get(paths[2], opened[2].image.sha256) is opened[2]


def test_a_file_changed_after_it_was_dropped_is_refused(passes: PassCache, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 0)
    sha256 = passes.open(path).image.sha256
    for seed in (1, 2):
        passes.open(paint(tmp_path / f"{seed}.png", seed))
    paint(path, 9)
    with pytest.raises(UnreadableImage, match=r"a\.png.*changed"):
        passes.get(path, sha256)


def test_too_many_pixels_are_refused(passes: PassCache, tmp_path: Path) -> None:
    Image.new("RGB", (400, 400)).save(tmp_path / "large.png")
    with pytest.raises(UnreadableImage, match=r"large\.png"):
        passes.open(tmp_path / "large.png")


def test_an_anomalous_image_has_regions_and_a_normal_one_none(passes: PassCache, tmp_path: Path) -> None:
    good = [passes.open(paint(tmp_path / f"{seed}.png", seed)).image.pixels for seed in range(4)]
    model = passes.open(tmp_path / "0.png").detector.fit(good).model
    _, verdict, regions = passes.open(tmp_path / "0.png").decoded("plate", model)
    assert not verdict.anomalous
    assert regions == []
    _, verdict, regions = passes.open(paint(tmp_path / "x.png", 9, blot=True)).decoded("plate", model)
    assert verdict.anomalous
    assert regions[0].cell == "top right"


def test_what_the_language_model_reads_is_a_close_look_and_without_it_one_look(
    encoder: CountingEncoder, tmp_path: Path
) -> None:
    write_tiny_checkpoint(tmp_path)
    checkpoint = load_checkpoint(tmp_path)
    detector = Detector(encoder, DetectorConfig(encoder="tiny"), checkpoint)
    lm = Answers(2.0)
    gpt = AnomalyGPT(checkpoint, lm)
    passes = PassCache(lambda: detector, lambda: gpt, size=2, max_pixels=100_000)
    good = [passes.open(paint(tmp_path / f"{seed}.png", seed)).image.pixels for seed in range(4)]
    model = detector.fit(good, language=gpt).model
    pixels = passes.open(paint(tmp_path / "x.png", 9, blot=True)).image.pixels
    once = detector.encode(pixels)
    closely = detector.look_closely(once, pixels)

    encoder.calls = 0
    shown, verdict, _ = passes.open(tmp_path / "x.png").decoded("plate", model)
    assert encoder.calls == 4
    np.testing.assert_array_equal(shown.values, detector.decode(closely, model).values)
    assert verdict == model.judge(shown.score, 2.0)

    # It does not answer: nothing of its look is left in the verdict, and the picture belongs to the verdict.
    passes.clear()
    lm.margin = None
    silent = passes.open(tmp_path / "x.png")
    shown, verdict, _ = silent.decoded("plate", model)
    assert silent.reading("plate", model).problem == "answers: does not answer."
    np.testing.assert_array_equal(shown.values, detector.decode(once, model).values)
    assert verdict == model.judge(shown.score)

    # A product enrolled without it costs one look.
    passes.clear()
    without = detector.fit(good).model
    encoder.calls = 0
    passes.open(tmp_path / "x.png").decoded("plate", without)
    assert encoder.calls == 1


def test_the_stopwatch_counts_milliseconds() -> None:
    with Stopwatch() as watch:
        time.sleep(0.02)
    assert 19 <= watch.ms < 2000
