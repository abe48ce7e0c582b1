"""All aligned images of a product lie in one encoder input: of one size, the same way round."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from plates import standing

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.imaging.frame import frame_of
from anomaly_core.imaging.pose import Pose, small_picture
from anomaly_core.imaging.zones import zone_at, zone_of_box
from anomaly_core.product import ProductModel

SIDE, STRIDE = 448, 16


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny"), judge_quality=False)


def plate(seed: int, length: int = 300, *, turned: bool = False, dark: int = 60) -> NDArray[np.uint8]:
    """Return a level plate whose ends weigh the same: slots above, holes below."""
    rng = np.random.default_rng(seed)
    pixels = np.full((320, 420, 3), 30, np.uint8)
    x0 = 210 - length // 2
    pixels[70:250, x0 : x0 + length] = 150
    for x in (60, length - 100):
        pixels[95:110, x0 + x : x0 + x + 40] = dark
    for x in (40, length // 2 - 10, length - 60):
        pixels[205:225, x0 + x : x0 + x + 20] = dark
    pixels = np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, 2)) if turned else pixels


def test_outlines_that_differ_by_pixels_give_inputs_of_one_size(model: AnomalyGPT) -> None:
    lengths = [length for length in range(292, 313, 4)]
    own = {frame_of(plate(n, length), SIDE, STRIDE).input_size for n, length in enumerate(lengths)}
    assert len(own) > 1, "each by itself is rounded to another size"
    images = [plate(n, length) for n, length in enumerate(lengths)]
    product = model.fit(images[:4])
    assert product.pose is not None
    sizes = {model.inspect(image, product).image.frame.input_size for image in images}
    assert sizes == {product.pose.input_size}
    batch = model.inspect_batch(images, product)
    assert {found.image.frame.input_size for found in batch} == sizes
    # What was encoded before the product was known is framed anew, and judged alike.
    again = [model.inspect(model.encode(image), product) for image in images]
    alone = [model.inspect(image, product) for image in images]
    assert [one.verdict for one in again] == [one.verdict for one in alone]


def test_a_frame_of_another_size_shows_the_same_part() -> None:
    pixels = plate(0)
    own = frame_of(pixels, SIDE, STRIDE)
    height, width = own.input_size
    pose = Pose((height, width + STRIDE), np.zeros((height // 8, width // 8 + 2), np.float32))
    laid = pose.laid(own)
    assert laid.input_size == pose.input_size
    for x, y in ((0, 0), (0.5, 0.5), (1, 0.25)):
        here = own.matrix @ [x * width, y * height, 1]
        there = laid.matrix @ [x * (width + STRIDE), y * height, 1]
        np.testing.assert_allclose(here, there, atol=1e-6)


def test_a_part_of_another_shape_keeps_its_own_size(model: AnomalyGPT) -> None:
    product = model.fit([plate(seed) for seed in range(4)])
    short = plate(9, 230)
    assert product.pose is not None
    frame = model.inspect(short, product).image.frame
    assert frame.input_size == frame_of(short, SIDE, STRIDE).input_size != product.pose.input_size


@pytest.mark.parametrize("turned", [False, True])
def test_a_zone_stays_on_a_part_that_lies_the_other_way(model: AnomalyGPT, turned: bool) -> None:
    """Both ends weigh the same, so that the part alone does not say which one lies left."""
    images = [plate(seed, turned=seed % 2 == 1) for seed in range(6)]
    product = model.fit(images)
    first = images[0]
    zone = zone_of_box("holes", (60, 195, 360, 240), model.frame(first, product))
    for seed in range(20, 26):
        part = plate(seed, turned=turned)
        frame = model.inspect(part, product).image.frame
        middle_hole = (209.5, 104.5) if turned else (209.5, 214.5)
        slots = (209.5, 217.5) if turned else (209.5, 102.5)
        assert zone_at([zone], frame, middle_hole) == "holes"
        assert zone_at([zone], frame, slots) is None


def test_a_part_whose_heavy_end_is_missing_is_not_turned_over(model: AnomalyGPT) -> None:
    product = model.fit([standing(seed) for seed in range(4)])
    usual = model.frame(standing(5), product).direction
    broken = standing(9, empty=True)
    assert model.input.frame(broken).direction @ usual < -0.9, "by itself it is turned over"
    assert model.inspect(broken, product).image.frame.direction @ usual > 0.9


def test_a_part_that_lies_the_other_way_is_turned_as_before(model: AnomalyGPT) -> None:
    product = model.fit([standing(seed) for seed in range(4)])
    overturned = standing(9, angle=2)
    frame = model.inspect(overturned, product).image.frame
    assert frame.direction @ model.frame(standing(5), product).direction < -0.9
    assert not model.inspect(overturned, product).verdict.anomalous
    anyhow = model.fit([standing(seed, angle=seed) for seed in range(4)])
    assert anyhow.pose is not None and anyhow.pose.axis is None


def test_the_pose_is_kept_with_the_product(model: AnomalyGPT) -> None:
    product = model.fit([standing(seed) for seed in range(4)])
    arrays, meta = product.to_parts()
    again = ProductModel.from_parts(arrays, meta)
    assert product.pose is not None and again.pose is not None
    assert again.pose.input_size == product.pose.input_size
    np.testing.assert_array_equal(again.pose.picture, product.pose.picture)
    # One that was stored before there was a pose frames each image by itself.
    assert again.pose.axis == pytest.approx(product.pose.axis)
    del arrays["pose"], meta["pose"]
    assert ProductModel.from_parts(arrays, meta).pose is None


def test_a_small_picture_has_no_brightness_and_no_contrast() -> None:
    rendered = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    one, other = small_picture(rendered), small_picture(rendered // 2 + 60)
    assert one.shape == (8, 12)
    np.testing.assert_allclose(one, other, atol=0.05)
    assert float(np.linalg.norm(one)) == pytest.approx(1, abs=1e-5)
    assert not small_picture(np.full((64, 64, 3), 7, np.uint8)).any()
