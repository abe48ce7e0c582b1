"""The image cache: one decoding and one encoding an image, and a changed file is noticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from plates import standing

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.base import Features
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.errors import UnreadableImage
from tools.cache import ImageCache


class CountingEncoder(TinyEncoder):
    """The tiny encoder, counting the images that it encodes."""

    images = 0

    def encode(self, batch: NDArray[np.uint8]) -> list[Features]:
        self.images += len(batch)
        return super().encode(batch)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def model(encoder: CountingEncoder) -> AnomalyGPT:
    return AnomalyGPT(encoder, DetectorConfig(encoder="tiny"))


@pytest.fixture
def cache() -> ImageCache:
    return ImageCache(size=2, max_pixels=110_000)


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 60:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def test_an_image_is_encoded_once(
    cache: ImageCache, encoder: CountingEncoder, model: AnomalyGPT, tmp_path: Path
) -> None:
    path = paint(tmp_path / "a.png", 0)
    sha256 = cache.open(path).loaded.sha256
    for _ in range(3):
        cache.get(path, sha256).encoded(model)
    assert encoder.images == 1


def test_many_threads_share_one_encoding(
    cache: ImageCache, encoder: CountingEncoder, model: AnomalyGPT, tmp_path: Path
) -> None:
    path = paint(tmp_path / "a.png", 0)
    product = model.fit([cache.open(path).loaded])
    encoder.images = 0
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: cache.open(path).inspection(model, "plate", product), range(40)))
    assert encoder.images == 1
    assert all(each is found[0] for each in found)


def test_equal_bytes_share_a_pass(cache: ImageCache, tmp_path: Path) -> None:
    first, second = paint(tmp_path / "a.png", 0), tmp_path / "b.png"
    second.write_bytes(first.read_bytes())
    assert cache.open(first) is cache.open(second)


def test_a_dropped_pass_is_made_again_from_the_file(cache: ImageCache, tmp_path: Path) -> None:
    paths = [paint(tmp_path / f"{seed}.png", seed) for seed in range(3)]
    opened = [cache.open(path) for path in paths]
    again = cache.get(paths[0], opened[0].loaded.sha256)
    assert again is not opened[0]
    np.testing.assert_array_equal(again.loaded.pixels, opened[0].loaded.pixels)
    assert cache.get(paths[2], opened[2].loaded.sha256) is opened[2]


def test_a_file_changed_after_it_was_dropped_is_refused(cache: ImageCache, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 0)
    sha256 = cache.open(path).loaded.sha256
    for seed in (1, 2):
        cache.open(paint(tmp_path / f"{seed}.png", seed))
    paint(path, 9)
    with pytest.raises(UnreadableImage, match=r"a\.png.*changed"):
        cache.get(path, sha256)


def test_too_many_pixels_are_refused(cache: ImageCache, tmp_path: Path) -> None:
    Image.new("RGB", (400, 400)).save(tmp_path / "large.png")
    with pytest.raises(UnreadableImage, match=r"large\.png"):
        cache.open(tmp_path / "large.png")


def test_an_anomalous_image_has_regions_and_a_normal_one_none(
    cache: ImageCache, model: AnomalyGPT, tmp_path: Path
) -> None:
    product = model.fit([cache.open(paint(tmp_path / f"{seed}.png", seed)).loaded for seed in range(4)])
    found = cache.open(tmp_path / "0.png").inspection(model, "plate", product)
    assert not found.verdict.anomalous
    assert found.regions == ()
    found = cache.open(paint(tmp_path / "x.png", 9, blot=True)).inspection(model, "plate", product)
    assert found.verdict.anomalous
    assert found.regions[0].cell == "top right"


def test_other_rates_judge_anew_and_encode_nothing(
    cache: ImageCache, model: AnomalyGPT, encoder: CountingEncoder, tmp_path: Path
) -> None:
    product = model.fit([cache.open(paint(tmp_path / f"{seed}.png", seed)).loaded for seed in range(4)])
    opened = cache.open(paint(tmp_path / "x.png", 9))
    first = opened.inspection(model, "plate", product).verdict
    encoder.images = 0
    second = opened.inspection(model, "plate", product, (0.49, 0.9)).verdict
    assert (first.alpha, second.alpha) == (0.05, 0.49)
    assert second.p_value == first.p_value
    assert encoder.images == 0


def test_a_part_that_was_inspected_turned_back_is_looked_at_so_by_every_tool(
    cache: ImageCache, model: AnomalyGPT, tmp_path: Path
) -> None:
    """Zones lie in the frame of the inspection, not in that of the image by itself."""
    product = model.fit([standing(seed) for seed in range(4)])
    Image.fromarray(standing(9, empty=True)).save(tmp_path / "empty.png")
    image = cache.open(tmp_path / "empty.png")
    by_itself = image.encoded(model).frame.direction
    framed = image.framed(model, "bottle", product)
    assert by_itself @ framed.frame.direction < -0.9
    assert image.inspection(model, "bottle", product).image is framed


def test_an_image_that_was_encoded_whole_is_not_encoded_whole_again(
    tmp_path: Path, encoder: CountingEncoder, cache: ImageCache
) -> None:
    """The search for its product may have encoded it both ways."""
    model = AnomalyGPT(encoder, DetectorConfig(encoder="tiny"), judge_quality=False)
    whole = model.fit([np.full((96, 96, 3), 100 + seed, np.uint8) for seed in range(2)])
    assert not whole.aligned
    Image.fromarray(standing(0)).save(tmp_path / "part.png")
    image = cache.open(tmp_path / "part.png")
    assert image.encoded(model).frame.aligned
    assert not image.encoded(model, align=False).frame.aligned
    before = encoder.images
    assert not image.framed(model, "plate", whole).frame.aligned
    assert encoder.images == before
