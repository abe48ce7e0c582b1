"""`iad calibrate`: further good images narrow the calibration; odd ones are named and left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from toolbox import tiny_context

from anomaly_core.errors import ConfigError, NoImages, UnknownProduct
from anomaly_core.simulation.procedural import ProceduralProduct
from tools.context import Context
from tools.enrollment.calibrate import calibrate, supported_rate
from tools.enrollment.enroll import enroll

PRODUCT = ProceduralProduct("metal plate", 11)


def image(folder: Path, number: int, *, hole: bool = False) -> Path:
    pixels = PRODUCT.image(number, 256)
    if hole:
        cv2.circle(pixels, (128, 128), 30, (20, 20, 250), -1)
    path = folder / f"{number}{'-hole' if hole else ''}.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enrolled")
    enroll(tiny_context(folder / "store", input_side=192), "plate", [image(folder, n) for n in range(4)])
    return folder


@pytest.fixture
def context(enrolled: Path, tmp_path: Path) -> Context:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return tiny_context(tmp_path / "store", input_side=192)


def test_further_images_narrow_it_and_odd_ones_are_named(context: Context, tmp_path: Path) -> None:
    before = context.product("plate")
    further = [image(tmp_path, n) for n in range(20, 32)]
    torn = tmp_path / "torn.png"
    torn.write_bytes(further[0].read_bytes()[:100])
    odd = [image(tmp_path, 40, hole=True), tmp_path / "0.png"]
    summary = calibrate(context, "plate", [*further, *odd, torn])
    assert (summary.images, summary.good_images) == (12, 16)
    assert summary.supported_rate == pytest.approx(1 - 0.05 ** (1 / 16))
    assert [(Path(f.image).name, f.kind) for f in summary.findings] == [
        ("40-hole.png", "defect"),
        ("0.png", "duplicate"),
    ]
    assert [Path(failure.image).name for failure in summary.skipped] == ["torn.png"]
    after = context.product("plate")
    assert after.calibration.degrees == before.calibration.degrees + 12
    assert np.array_equal(after.bank.patches, before.bank.patches)


def test_twice_counts_from_the_enrolment(context: Context, tmp_path: Path) -> None:
    further = [image(tmp_path, n) for n in range(20, 26)]
    calibrate(context, "plate", further)
    once = context.product("plate").calibration
    calibrate(context, "plate", further)
    assert context.product("plate").calibration == once


def test_nothing_changes_without_a_good_image(context: Context, tmp_path: Path) -> None:
    before = context.product("plate").calibration
    with pytest.raises(NoImages, match="hardly a good part"):
        calibrate(context, "plate", [image(tmp_path, 40, hole=True)])
    with pytest.raises(UnknownProduct):
        calibrate(context, "nut", [tmp_path / "0.png"])
    assert context.product("plate").calibration == before


def test_a_product_enrolled_anew_in_the_meantime_is_refused(context: Context, tmp_path: Path) -> None:
    _, earlier = context.templates.load("plate")
    enroll(context, "plate", [image(tmp_path, n) for n in range(5)])
    with pytest.raises(ConfigError, match="calibrate it again"):
        context.templates.replace_meta("plate", {}, earlier=earlier)


def test_what_n_images_prove() -> None:
    """29 images without an alarm for 10 %, 59 for 5 %, 299 for 1 %, at 95 % confidence."""
    for images, rate in ((29, 0.10), (59, 0.05), (299, 0.01)):
        assert supported_rate(images) <= rate < supported_rate(images - 1)
