"""A line is followed to its ends from the piece that a map found; what is no line stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from anomaly_core.scoring.lines import follow_line, with_lines
from anomaly_core.scoring.regions import region_of_mask

SIZE = (240, 320)
LINE = ((40, 60), (220, 150))


def plate(rng: np.random.Generator) -> np.ndarray:
    grey = 120 + rng.normal(0, 2, SIZE)
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def piece(first: tuple[int, int], last: tuple[int, int], width: int = 7) -> np.ndarray:
    return cv2.line(np.zeros(SIZE, np.uint8), first, last, 1, width) > 0


@pytest.mark.parametrize("width", [7, 24])
@pytest.mark.parametrize("level", [40, 190])
def test_a_scratch_is_followed_to_both_ends(level: int, width: int) -> None:
    pixels = plate(np.random.default_rng(0))
    cv2.line(pixels, *LINE, (level,) * 3, 2)
    found = piece((110, 95), (150, 115), width)
    line = follow_line(pixels, found, np.ones(SIZE, np.bool_))
    rows, columns = np.nonzero(line)
    assert columns.min() <= 44
    assert columns.max() >= 216
    assert line.sum() < 4 * np.hypot(180, 90)
    assert rows.min() >= 55
    assert rows.max() <= 155


def test_it_stays_within_the_room_that_the_map_leaves() -> None:
    pixels = plate(np.random.default_rng(0))
    cv2.line(pixels, *LINE, (40, 40, 40), 2)
    room = np.zeros(SIZE, np.bool_)
    room[:, 80:180] = True
    columns = np.nonzero(follow_line(pixels, piece((110, 95), (150, 115)), room))[1]
    assert 80 <= columns.min() <= 84
    assert 176 <= columns.max() < 180


@pytest.mark.parametrize("what", ["nothing", "spot", "whole"])
def test_what_is_no_longer_line_stays(what: str) -> None:
    pixels, found = plate(np.random.default_rng(1)), piece((110, 95), (150, 115))
    if what == "spot":
        cv2.circle(pixels, (130, 105), 18, (60, 60, 60), -1)
    if what == "whole":
        cv2.line(pixels, (110, 95), (150, 115), (40, 40, 40), 2)
    assert follow_line(pixels, found, np.ones(SIZE, np.bool_)) is found


def test_two_pieces_of_one_line_are_one_region() -> None:
    pixels = plate(np.random.default_rng(0))
    cv2.line(pixels, *LINE, (40, 40, 40), 2)
    far = cv2.circle(np.zeros(SIZE, np.uint8), (280, 40), 9, 1, -1) > 0
    regions = [
        region_of_mask(mask, score=score)
        for mask, score in ((piece((110, 95), (150, 115)), 0.9), (piece((60, 70), (80, 80)), 0.6), (far, 0.5))
    ]
    whole = with_lines(pixels, regions, np.ones(SIZE, np.bool_))
    assert [region.score for region in whole] == [0.9, 0.5]
    assert whole[0].bbox[0] <= 44
    assert whole[1] is regions[2]
