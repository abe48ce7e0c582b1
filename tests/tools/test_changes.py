"""What became of a place of the part, held against the nearest good one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toolbox import tiny_context

from anomaly_core.scoring.regions import region_of_box
from knowledge.catalogue.looks import Change
from tools.changes import change_at
from tools.context import Context, Part
from tools.detect import open_image
from tools.enrollment.enroll import enroll

SIDE = 280
Pixels = NDArray[np.uint8]


def plate(seed: int, holes: tuple[tuple[int, int], ...] = ((90, 90), (190, 90), (90, 190))) -> Pixels:
    rng = np.random.default_rng(seed)
    image = np.full((SIDE, SIDE, 3), 150, np.uint8)
    cv2.rectangle(image, (20, 200), (70, 260), (200, 200, 205), -1)
    for at in holes:
        cv2.circle(image, at, 14, (30, 30, 30), -1, cv2.LINE_AA)
    return np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("plates")
    made = tiny_context(folder / "store")
    for number in range(4):
        Image.fromarray(plate(number)).save(folder / f"good-{number}.png")
    enroll(made, "plate", sorted(folder.glob("good-*.png")), keep_all=True)
    return made


def change(context: Context, folder: Path, pixels: Pixels, box: tuple[int, int, int, int]) -> Change | None:
    path = folder / "new.png"
    Image.fromarray(pixels).save(path)
    part = Part(context, str(path), open_image(context, str(path)).sha256, "plate")
    record = change_at(part, region_of_box(box, (SIDE, SIDE), score=0.0))
    assert record is not None
    return record.change


def test_the_nearest_good_part_is_laid_on_an_image_once(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "new.png"
    Image.fromarray(plate(9)).save(path)
    sha256 = open_image(context, str(path)).sha256
    first, again = (Part(context, str(path), sha256, "plate").nearest for _ in range(2))
    assert first is again


def test_a_hole_that_is_missing(context: Context, tmp_path: Path) -> None:
    pixels = plate(9, ((90, 90), (190, 90)))
    assert change(context, tmp_path, pixels, (78, 178, 102, 202)) == "missing"


def test_a_spot_that_was_added(context: Context, tmp_path: Path) -> None:
    pixels = plate(9)
    cv2.circle(pixels, (200, 200), 10, (40, 40, 40), -1)
    assert change(context, tmp_path, pixels, (191, 191, 209, 209)) == "added"


def test_a_hole_beside_its_place(context: Context, tmp_path: Path) -> None:
    pixels = plate(9, ((90, 90), (190, 90), (102, 190)))
    assert change(context, tmp_path, pixels, (78, 178, 114, 202)) == "moved"


def test_a_dent_with_a_bright_and_a_dark_side_has_not_moved(context: Context, tmp_path: Path) -> None:
    pixels = plate(9)
    cv2.ellipse(pixels, (200, 195), (14, 8), 0, 0, 360, (190, 190, 190), -1)
    cv2.ellipse(pixels, (200, 207), (14, 8), 0, 0, 360, (110, 110, 110), -1)
    assert change(context, tmp_path, pixels, (186, 187, 214, 215)) != "moved"


def test_a_place_as_it_should_be(context: Context, tmp_path: Path) -> None:
    assert change(context, tmp_path, plate(9), (200, 150, 230, 180)) is None


def test_a_stain_as_bright_as_what_it_covers_is_added_and_nothing_is_missing(
    context: Context, tmp_path: Path
) -> None:
    pixels = plate(9)
    cv2.circle(
        pixels, (90, 90), 16, (190, 145, 70), -1, cv2.LINE_AA
    )  # as bright as the plate, over a dark hole
    grey = plate(9)
    cv2.circle(grey, (90, 90), 16, (150, 150, 150), -1, cv2.LINE_AA)
    box = (76, 76, 105, 105)
    assert change(context, tmp_path, grey, box) == "missing"
    assert change(context, tmp_path, pixels, box) != "missing"
