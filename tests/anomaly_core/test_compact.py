"""Compact parts on a plain background are framed alike, however they lie and are turned."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.decoders.memory_bank import MemoryBank, PlacedBank
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.imaging.compact import ALIKE_DEGREES, CompactPose, compact_part
from anomaly_core.imaging.zones import on_original, zone_of_box
from anomaly_core.product import NOT_ALIGNED, ProductModel
from anomaly_core.scorers.few_shot import without_image
from anomaly_core.scoring.scorer import FEW_SHOT

Pixels = NDArray[np.uint8]
SCALE = 4
"""Drawn larger and averaged, so that a turn by a degree shows."""


@pytest.fixture(scope="module")
def model() -> AnomalyGPT:
    return AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny"))


@pytest.fixture(scope="module")
def product(model: AnomalyGPT) -> ProductModel:
    """A product of eight rings at other places and turns."""
    return model.fit(rings(8))


def ring(
    seed: int,
    degrees: float = 0.0,
    *,
    at: tuple[int, int] = (200, 160),
    tab: bool = True,
    piece: bool = False,
) -> Pixels:
    """Return a dark ring with a tab in an image of 320 x 400, turned clockwise from the tab at the right."""
    rng = np.random.default_rng(seed)
    image = np.full((320 * SCALE, 400 * SCALE, 3), 190, np.uint8)
    x, y = (SCALE * one for one in at)
    cv2.circle(image, (x, y), 90 * SCALE, (60, 60, 60), -1)
    cv2.circle(image, (x, y), 60 * SCALE, (190, 190, 190), -1)
    if tab:
        angle = math.radians(degrees)
        outer = (round(x + 108 * SCALE * math.cos(angle)), round(y + 108 * SCALE * math.sin(angle)))
        cv2.line(
            image, (round((x + outer[0]) / 2), round((y + outer[1]) / 2)), outer, (60, 60, 60), 16 * SCALE
        )
        cv2.circle(image, (x, y), 59 * SCALE, (190, 190, 190), -1)
    if piece:
        cv2.circle(image, (40 * SCALE, 40 * SCALE), 22 * SCALE, (20, 20, 20), -1)
    small = cv2.resize(image, (400, 320), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.clip(small + rng.normal(0, 2, small.shape), 0, 255).astype(np.uint8)


def rings(count: int, **how: bool) -> list[Pixels]:
    """Return rings at other places and turns."""
    rng = np.random.default_rng(count)
    return [
        ring(n, float(rng.uniform(0, 360)), at=(200 + 3 * (n % 5) - 6, 160 + 2 * (n % 3)), **how)
        for n in range(count)
    ]


def correlation(one: Pixels, other: Pixels) -> float:
    return float(np.corrcoef(one.ravel().astype(np.float64), other.ravel())[0, 1])


def test_a_part_is_turned_by_its_mark(model: AnomalyGPT, product: ProductModel) -> None:
    assert isinstance(product.pose, CompactPose)
    assert product.pose.most_degrees == 180
    degrees = (17.0, 103.0, 251.5, 340.0)
    frames = [model.frame(ring(30 + n, by), product) for n, by in enumerate(degrees)]
    shown = [
        frame.render(ring(30 + n, by)) for n, (frame, by) in enumerate(zip(frames, degrees, strict=True))
    ]
    assert {frame.input_size for frame in frames} == {product.pose.input_size}
    assert min(correlation(one, shown[0]) for one in shown) > 0.99
    turns = [math.degrees(math.atan2(*frame.direction[::-1])) for frame in frames]
    for turned, by in zip(turns, degrees, strict=True):
        apart = (turned - turns[0] - by + degrees[0] + 180) % 360 - 180
        assert abs(apart) < 0.7


def test_a_missing_mark_is_seen(model: AnomalyGPT, product: ProductModel) -> None:
    without = model.inspect(ring(50, tab=False), product).verdict.p_value
    good = [model.inspect(ring(60 + n, 70.0 * n), product).verdict.p_value for n in range(4)]
    assert without < 0.01 < 0.05 < min(good)


def test_what_was_encoded_before_is_framed_anew(model: AnomalyGPT, product: ProductModel) -> None:
    image = ring(40, 123.0)
    alone = model.inspect(image, product)
    encoded = model.encode(image)
    assert not encoded.frame.aligned
    assert model.inspect(encoded, product).verdict == alone.verdict
    framed = model.framed(image, product)
    (again,) = model.input.encode_batch([framed], align=product.aligned, pose=product.pose)
    assert again is framed
    (whole,) = model.input.encode_batch([framed], align=False)
    assert not whole.frame.aligned


def test_a_copy_of_half_the_size_shows_the_same(model: AnomalyGPT, product: ProductModel) -> None:
    image = ring(41, 200.0)
    half = np.asarray(cv2.resize(image, (200, 160), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    one, other = (model.frame(pixels, product).render(pixels) for pixels in (image, half))
    assert correlation(one, other) > 0.98


def test_a_zone_turns_with_the_part(model: AnomalyGPT, product: ProductModel) -> None:
    first = ring(42, 0.0)
    zone = zone_of_box("tab", (288, 148, 312, 172), model.frame(first, product))
    turned = on_original(zone, model.frame(ring(43, 90.0), product))
    rows, columns = np.nonzero(turned)
    # At the right before, and below the ring now.
    assert abs(rows.mean() - (160 + 100)) < 3
    assert abs(columns.mean() - 200) < 3


def test_parts_that_lie_alike_are_not_turned_further(model: AnomalyGPT) -> None:
    product = model.fit([ring(n, by) for n, by in enumerate((-6.0, 0.0, 4.0, 8.0))])
    assert isinstance(product.pose, CompactPose)
    assert product.pose.most_degrees == ALIKE_DEGREES
    frame = model.frame(ring(44, 180.0), product)
    assert abs(math.degrees(math.atan2(*frame.direction[::-1]))) < ALIKE_DEGREES + 3


def test_parts_without_a_mark_are_not_turned(model: AnomalyGPT) -> None:
    product = model.fit(rings(4, tab=False))
    assert isinstance(product.pose, CompactPose)
    assert product.pose.most_degrees == 0
    direction = model.frame(ring(45, tab=False), product).direction
    np.testing.assert_allclose(direction, [1, 0], atol=0.1)


def test_a_part_that_is_cut_off_is_for_review(model: AnomalyGPT, product: ProductModel) -> None:
    cut = ring(46, 30.0, at=(60, 160))
    assert compact_part(cut) is None
    found = model.inspect(cut, product)
    assert found.verdict.decision == "review"
    assert NOT_ALIGNED in found.verdict.problems


def test_a_piece_beside_the_part_is_a_foreign_object(model: AnomalyGPT, product: ProductModel) -> None:
    frame = model.frame(ring(47, 45.0, piece=True), product)
    assert frame.aligned
    assert frame.unseen is not None and frame.unseen.any()
    assert model.inspect(ring(47, 45.0, piece=True), product).verdict.decision == "fail"


def test_parts_of_two_sizes_are_framed_whole(model: AnomalyGPT) -> None:
    small = [
        np.asarray(
            cv2.copyMakeBorder(image[::2, ::2], 80, 80, 100, 100, cv2.BORDER_REPLICATE), dtype=np.uint8
        )
        for image in rings(2)
    ]
    product = model.fit([*rings(3), *small])
    assert product.pose is None
    assert not product.aligned


def test_a_stored_product_has_its_pose(model: AnomalyGPT, product: ProductModel) -> None:
    again = ProductModel.from_parts(*product.to_parts())
    image = ring(48, 300.0)
    assert model.inspect(image, again).verdict == model.inspect(image, product).verdict


def test_patches_of_parts_in_one_pose_are_compared_at_their_places(
    model: AnomalyGPT, product: ProductModel
) -> None:
    placed = product.states[FEW_SHOT].arrays["placed"]
    assert placed.shape[0] == 8
    few = model.fit(rings(4))
    assert "placed" not in few.states[FEW_SHOT].arrays, "four show too little of what varies"
    found = model.inspect(ring(49, 80.0), product)
    assert found.verdict.decision == "pass"
    without = without_image(product.states[FEW_SHOT], 2)
    assert without.arrays["placed"].shape[0] == 7


def test_a_patch_is_compared_at_its_place() -> None:
    rng = np.random.default_rng(0)
    grids = torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(2, 6, 8, 16))).float(), dim=-1)
    bank = PlacedBank(grids)
    distances, residual = bank.match(grids[1])
    assert float(distances.max()) < 1e-6
    assert float(residual.abs().max()) < 1e-6
    moved = grids[0].roll((1, 1), dims=(0, 1))
    assert float(bank.match(moved)[0][1:, 1:].max()) < 1e-6, "one place further is near enough"
    far = grids[0].roll(4, dims=1)
    distances, residual = bank.match(far)
    assert float(distances.median()) > 0.3
    torch.testing.assert_close(residual.square().sum(dim=-1) / 2, distances, atol=1e-5, rtol=1e-4)
    assert float(MemoryBank(grids.flatten(0, 2)).distances(far).max()) < 1e-6, "which is normal elsewhere"


def test_row_by_row_the_cosines_are_those_of_all_places_at_once() -> None:
    generator = torch.Generator().manual_seed(0)
    for count, height, width, channels in ((9, 23, 45, 912), (1, 5, 4, 40), (4, 2, 3, 8)):
        grids = torch.randn(count, height, width, channels, generator=generator)
        grids = torch.nn.functional.normalize(grids, dim=-1)
        own = torch.nn.functional.normalize(grids[-1] + 0.02 * grids[0].roll(1, dims=0), dim=-1)
        padded = torch.nn.functional.pad(grids.permute(0, 3, 1, 2), (1, 1, 1, 1), mode="replicate")
        near = [padded[..., top : top + height, left : left + width] for top in range(3) for left in range(3)]
        cosines = torch.cat([torch.einsum("nchw,hwc->nhw", each, own) for each in near])
        distances, residual = PlacedBank(grids).match(own)
        assert torch.equal(distances, (1 - cosines.amax(dim=0)).clamp_min(0))
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        nearest = torch.cat(near)[cosines.argmax(dim=0), :, rows, columns]
        assert torch.equal(residual, own - nearest)


def test_what_turns_about_its_axis_is_compared_anywhere(model: AnomalyGPT) -> None:
    rng = np.random.default_rng(3)
    images = []
    for n in range(8):
        image = ring(70 + n)
        for _ in range(12):
            angle, far = rng.uniform(0, 2 * math.pi), rng.uniform(64, 86)
            spot = (round(200 + far * math.cos(angle)), round(160 + far * math.sin(angle)))
            cv2.circle(image, spot, 4, (150, 150, 150), -1)
        images.append(image)
    product = model.fit(images)
    assert product.pose is not None
    assert "placed" not in product.states[FEW_SHOT].arrays
