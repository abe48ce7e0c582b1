"""Near-duplicates and outliers, on painted and on real images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from anomaly_core.imaging.frame import Frame, whole_frame_of
from anomaly_core.imaging.reading import load_image
from anomaly_core.screening.duplicates import MOST_RESIDUAL, residual
from anomaly_core.screening.outliers import locally_anomalous, p_values, robust_z
from anomaly_core.screening.screen import Sample, _defective, _foreign, screen
from anomaly_core.screening.traits import is_flat, traits_of
from anomaly_core.simulation.procedural import ProceduralProduct

DATA = Path(__file__).parents[3] / "shared" / "data"
REAL = {
    "capsule": DATA / "mvtec" / "capsule" / "train" / "good",
    "screw": DATA / "mvtec" / "screw" / "train" / "good",
    "toy": DATA / "alien_toy" / "alien_toy" / "train" / "good",
}


def again(pixels: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """The same part: moved by a pixel or two, 3 % brighter, with noise of its own."""
    rng = np.random.default_rng(seed)
    shift = np.array([[1, 0, rng.uniform(-2, 2)], [0, 1, rng.uniform(-2, 2)]], np.float32)
    size = pixels.shape[1::-1]
    moved = cv2.warpAffine(pixels, shift, size, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(1.03 * moved + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["metal plate", "fabric", "capsule", "tiles"])
def test_a_part_again_is_a_near_duplicate_and_another_part_is_not(kind: str) -> None:
    images = [ProceduralProduct(kind, 3).image(n, 320) for n in range(3)]
    for n, pixels in enumerate(images):
        assert residual(traits_of(pixels), traits_of(again(pixels, n))) <= MOST_RESIDUAL
    for one, two in itertools.combinations(images, 2):
        assert residual(traits_of(one), traits_of(two)) > MOST_RESIDUAL


@pytest.mark.parametrize("name", sorted(REAL))
def test_the_same_on_real_parts(name: str) -> None:
    if not REAL[name].is_dir():
        pytest.skip(f"{REAL[name]} is missing: no real images of {name}")
    images = [load_image(path).pixels for path in sorted(REAL[name].iterdir())[:5]]
    for one, two in itertools.combinations(images, 2):
        assert residual(traits_of(one), traits_of(two)) > 2 * MOST_RESIDUAL
    if name == "toy":
        return  # its ground is saturated: a part that is photographed again is not always noticed
    for n, pixels in enumerate(images):
        assert residual(traits_of(pixels), traits_of(again(pixels, n))) <= MOST_RESIDUAL


def test_registration_leaves_its_inputs_as_they_are() -> None:
    one = traits_of(ProceduralProduct("tiles", 3).image(0, 320))
    two = traits_of(ProceduralProduct("tiles", 3).image(1, 320))
    before = one.small.copy(), two.small.copy()
    first = residual(one, two)
    assert residual(one, two) == first
    assert np.array_equal(one.small, before[0]) and np.array_equal(two.small, before[1])


def test_masks_are_flat_and_photographs_are_not() -> None:
    mask = np.zeros((200, 300), np.uint8)
    cv2.circle(mask, (150, 100), 40, 255, -1)
    assert is_flat(mask)
    encoded = cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    assert is_flat(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8))
    assert not is_flat(ProceduralProduct("capsule", 3).image(0, 320)[..., 0])


def test_an_outlier_stands_out_beside_another_one() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98, 3.0, 3.1])
    z = robust_z(values, 0.1)
    assert np.abs(z[:8]).max() < 3 < 6 < z[8:].min()


def test_a_patch_counts_by_how_much_patches_like_it_vary() -> None:
    """Two kinds of patches, alike in all images and varying in all; one image has one that no other has."""
    generator = torch.Generator().manual_seed(0)
    grids = []
    for _ in range(6):
        grid = torch.zeros(4, 8, 16)
        grid[:2, :, 0] = 1
        grid[2:] = torch.rand(2, 8, 16, generator=generator)
        grids.append(F.normalize(grid + 0.01 * torch.rand(4, 8, 16, generator=generator), dim=-1))
    grids[3][0, 5, 0], grids[3][0, 5, 1] = 0.9, 0.436
    maps = locally_anomalous(grids)
    assert [tuple(each.shape) for each in maps] == [(4, 8)] * 6
    assert int(torch.stack(maps).argmax()) == 3 * 32 + 5
    raw = 1 - torch.stack([grids[3].flatten(0, 1) @ grids[n].flatten(0, 1).T for n in (0, 1, 2, 4, 5)])
    assert raw.amin(dim=(0, 2)).argmax() != 5, "the plain distance of a varying patch is larger"


def test_two_anomalous_images_do_not_hide_each_other() -> None:
    values = np.array([0.02, -0.05, 0.04, -0.03, 0.0, 0.05, -0.02, 0.03, 0.8, 0.85])
    found = p_values(values)
    assert found[8:].max() < 0.003 < 0.05 < found[:8].min()


def lit(factors: Sequence[float]) -> list[Sample]:
    """Parts of one product, each in a light of its own."""
    product, found = ProceduralProduct("metal plate", 3), []
    grid = torch.ones(4, 4, 2)
    for n, factor in enumerate(factors):
        pixels = np.clip(product.image(n, 160) * factor, 0, 255).astype(np.uint8)
        found.append(
            Sample(traits_of(pixels), np.array([1.0, 0.0], np.float32), grid, whole_frame_of(pixels, 64, 16))
        )
    return found


def test_one_image_in_another_light_is_named_and_a_darker_variety_of_several_is_not() -> None:
    alone = screen(lit([1, 1, 1, 1, 1, 1, 1, 0.5]))
    assert [(odd.index, odd.kind) for odd in alone.oddities] == [(7, "light")]
    assert screen(lit([1, 1, 1, 1, 1, 1, 0.55, 0.5])).oddities == ()
    # One darker and one brighter are two odd ones, and no variety.
    both = screen(lit([0.5, 1, 1, 1, 1, 1, 1, 1.6]))
    assert {odd.index for odd in both.oddities} == {0, 7}


@pytest.mark.parametrize(("similarity", "foreign"), [(0.987, False), (0.96, False), (0.8, True)])
def test_what_is_very_like_seven_near_equal_images_is_not_foreign(similarity: float, foreign: bool) -> None:
    base = np.eye(16, dtype=np.float32)
    near = [F.normalize(torch.from_numpy(base[0] + 0.05 * base[n]), dim=0).numpy() for n in range(1, 8)]
    odd = similarity * base[0] + np.sqrt(1 - similarity**2) * base[9]
    pixels = ProceduralProduct("metal plate", 3).image(0, 64)
    samples = [
        Sample(
            traits_of(pixels), each.astype(np.float32), torch.zeros(2, 2, 4), whole_frame_of(pixels, 64, 16)
        )
        for each in (*near, odd)
    ]
    assert [one.index for one in _foreign(samples, range(8))] == ([7] if foreign else [])


@pytest.mark.parametrize(("turn", "certain"), [(25.0, True), (120.0, False)])
def test_a_part_at_a_turn_of_its_own_is_only_perhaps_anomalous(turn: float, certain: bool) -> None:
    """Parts that differ by little at turns from 0 to 30 degrees, one of which looks otherwise."""
    pixels = ProceduralProduct("metal plate", 3).image(0, 64)
    rng = np.random.default_rng(0)
    base = rng.normal(0, 1, (12, 12, 16))
    samples = []
    for number, angle in enumerate((0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, turn)):
        look = base + rng.normal(0, 0.1, base.shape)
        if number == 7:
            look[3:6, 3:6] = rng.normal(0, 1, (3, 3, 16))
        matrix = cv2.getRotationMatrix2D((32, 32), angle, 1.0)
        frame = Frame(matrix, (64, 64), (64, 64), aligned=True)
        grid = F.normalize(torch.from_numpy(look).float(), dim=-1)
        samples.append(Sample(traits_of(pixels), np.eye(4, dtype=np.float32)[0], grid, frame))
    (odd,) = _defective(samples, range(8))
    assert (odd.index, odd.certain) == (7, certain)
    assert ("the only one at its turn" in odd.reason) is not certain
