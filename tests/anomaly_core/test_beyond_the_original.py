"""What the input of a part at the border makes up beyond the original is neither judged nor streaked."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from anomaly_core.decoders.patches import EncodedImage, View
from anomaly_core.encoders.base import Features
from anomaly_core.imaging.augment import undo_flip
from anomaly_core.imaging.frame import Frame, whole_frame
from anomaly_core.imaging.zones import Zone
from anomaly_core.screening.screen import Sample, screen
from anomaly_core.screening.traits import traits_of

SIDE, CELLS = 96, 12


def belt(seed: int) -> np.ndarray:
    """A rough surface, (120, 120, 3)."""
    grain = np.random.default_rng(seed).normal(0, 40, (120, 120))
    rough = cv2.GaussianBlur(grain, (0, 0), 2) * 4 + 110
    return np.repeat(rough.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def turned(degrees: float, size: int = 120) -> Frame:
    """A square input as large as the original, turned about its centre, with its corners beyond it."""
    whole = whole_frame((size, size), SIDE, 8)
    about = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, 1.0)
    matrix = whole.matrix @ np.vstack([about, [0, 0, 1]])
    return replace(whole, matrix=matrix, aligned=True)


def encoded(frame: Frame) -> EncodedImage:
    grid = torch.zeros(CELLS, CELLS, 4)
    view = View(Features((torch.zeros(4, CELLS, CELLS),), np.zeros(4, np.float32), frame.input_size), grid)
    return EncodedImage(np.zeros((*frame.original_size, 3), np.uint8), frame, (view,) * 4)


def test_the_input_goes_on_as_the_surface_does() -> None:
    pixels, frame = belt(0), turned(45)
    corner = frame.render(pixels)[:12, :12].astype(float)
    inside = frame.render(pixels)[42:54, 42:54].astype(float)
    assert not frame.inside(CELLS, CELLS)[0, 0]
    # A repeated row has no grain along one diagonal: mirrored, it has as much both ways.
    for rough in (corner, inside):
        ways = [
            np.abs(rough[1:, 1:] - rough[:-1, :-1]).mean(),
            np.abs(rough[1:, :-1] - rough[:-1, 1:]).mean(),
        ]
        assert min(ways) > 0.4 * max(ways)


@pytest.mark.parametrize("number", range(4))
def test_maps_are_zero_there_in_every_view(number: int) -> None:
    frame = turned(20)
    image = encoded(frame)
    values = image.with_view(number).judged(torch.ones(CELLS, CELLS))
    beyond = torch.from_numpy(~frame.inside(CELLS, CELLS))
    assert 0 < int(beyond.sum()) < CELLS * CELLS / 2
    assert torch.equal(undo_flip(values, number) == 0, beyond)


def test_zones_that_are_not_judged_stay_so() -> None:
    frame = turned(20)
    zone = Zone(name="glare", corners=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)), ignored=True)
    image = replace(encoded(frame), zones=(zone,))
    values = image.judged(torch.ones(CELLS, CELLS))
    assert float(values[CELLS // 2, CELLS // 2]) == 0
    assert float(values[CELLS // 2, 1]) == 1


def test_a_whole_image_is_judged_to_its_corners() -> None:
    image = encoded(whole_frame((120, 120), SIDE, 8))
    assert float(image.judged(torch.ones(CELLS, CELLS)).min()) == 1


def test_a_good_part_is_not_odd_for_what_lies_beyond() -> None:
    generator = torch.Generator().manual_seed(0)
    frames = [*[turned(0)] * 7, turned(20)]
    samples = []
    for number, frame in enumerate(frames):
        grid = torch.randn(CELLS, CELLS, 16, generator=generator) * 0.05
        grid[..., 0] += 1
        beyond = torch.from_numpy(~frame.inside(CELLS, CELLS))
        grid[beyond] = torch.randn(int(beyond.sum()), 16, generator=generator)
        grid = torch.nn.functional.normalize(grid, dim=-1)
        embedding = np.eye(8, dtype=np.float32)[0]
        samples.append(Sample(traits_of(belt(number)), embedding, grid, frame))
    assert [one for one in screen(samples).oddities if one.kind == "defect"] == []
