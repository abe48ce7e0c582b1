"""The grey range of images of more than 8 bits is the product's, not each file's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toolbox import tiny_context

from anomaly_core.imaging.reading import load_image
from anomaly_core.simulation.procedural import ProceduralProduct
from tools.context import Context, Part
from tools.detect import open_image
from tools.enrollment.calibrate import calibrate
from tools.enrollment.enroll import enroll
from tools.enrollment.screening import common_range

PRODUCT = ProceduralProduct("metal plate", 16)
TOP = 4095


def save(folder: Path, number: int, light: float) -> Path:
    """Write a part as a 12-bit camera sees it; light: share of the range that white reaches."""
    grey = PRODUCT.image(number, 192).astype(np.float64).mean(2)
    path = folder / f"{number}.png"
    Image.fromarray((grey / grey.max() * light * TOP).astype(np.uint16)).save(path)
    return path


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("twelve bits")
    context = tiny_context(folder / "store", input_side=192)
    # Half of the parts stay below 1023, so that each by itself looks as if it came from a 10-bit camera.
    enroll(context, "plate", [save(folder, n, 0.24 if n % 2 else 0.26) for n in range(6)])
    return context


def test_the_largest_range_is_learned(context: Context) -> None:
    assert context.product("plate").grey_range == TOP


def test_a_new_image_is_read_with_it(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path, 9, 0.24)
    alone = load_image(path)
    assert alone.grey_range == 1023
    part = Part(context, str(path), open_image(context, str(path)).sha256, "plate")
    assert part.pixels.mean() == pytest.approx(alone.pixels.mean() / 4, abs=1)
    assert part.cached.loaded.note == f"grey values 0 to {TOP} scaled to 8 bit"
    assert part.cached is part.cached
    assert part.inspection.image.pixels.mean() == pytest.approx(part.pixels.mean())


def test_templates_and_calibration_are_read_with_it(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path, 10, 0.24)
    part = Part(context, str(path), open_image(context, str(path)).sha256, "plate")
    hits = context.templates.nearest("plate", part.encoded.embedding, 6)
    assert {round(float(part.template(hit).pixels.max()) / 10) for hit in hits} == {6, 7}
    summary = calibrate(context, "plate", [path])
    assert summary.findings == []


@pytest.mark.parametrize(
    ("ranges", "common"),
    [
        ([], None),
        ([255.0], 255.0),
        ([1023.0, 4095.0, 1023.0], 4095.0),
        # One file of another camera among many does not darken all others.
        ([4095.0, 65535.0, 4095.0], 4095.0),
        ([4095.0, 65535.0], 65535.0),
        ([4095.0, 65535.0, 65535.0], 65535.0),
    ],
)
def test_one_file_alone_sets_no_range_of_another_camera(ranges: list[float], common: float | None) -> None:
    assert common_range(ranges) == common
