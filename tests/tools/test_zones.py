"""Zones of a product: named in regions and answers, and not judged where they are ignored."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from toolbox import tiny_context

from anomaly_core.errors import ConfigError
from anomaly_core.imaging.frame import frame_of, whole_frame
from anomaly_core.imaging.zones import Zone, ignored_cells, on_original, zone_at, zone_of_box
from tools.context import Context, Part
from tools.detect import detect, open_image
from tools.enrollment.enroll import enroll
from tools.localize import locate, region_at
from tools.zones import add_zone, remove_zone, zones_of
from tools.zoom import zoom

Pixels = NDArray[np.uint8]
SIDE = 256
CORNER = (160, 160, 256, 256)


def save(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels).save(path)
    return path


def plate(number: int) -> Pixels:
    """A plate that always lies in the same place."""
    pattern = cv2.resize(np.random.default_rng(0).uniform(90, 150, (32, 32, 3)), (SIDE, SIDE))
    noise = np.random.default_rng(number).normal(0, 3, pattern.shape)
    return np.asarray(np.clip(pattern + noise, 0, 255), dtype=np.uint8)


def stained(number: int) -> Pixels:
    """A plate with a dark square in its lower right corner."""
    pixels = plate(number)
    pixels[185:225, 185:225] = 0
    return pixels


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("enrolled")
    good = [save(folder / "good" / f"{n}.png", plate(n)) for n in range(6)]
    enroll(tiny_context(folder / "store", input_side=192), "plate", good, foretell=False, mm_per_px=0.05)
    return folder


@pytest.fixture
def context(enrolled: Path, tmp_path: Path) -> Context:
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return tiny_context(tmp_path / "store", input_side=192)


def part_of(context: Context, path: Path) -> Part:
    return Part(context, str(path), open_image(context, str(path)).sha256, "plate")


def test_a_region_tells_its_zone_and_its_size_in_millimetres(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path / "bad.png", stained(9))
    add_zone(context, "plate", "corner", CORNER)
    add_zone(context, "plate", "upper half", (0, 0, SIDE, SIDE // 2))
    (region, *_) = locate(part_of(context, path))
    assert region.zone == "corner"
    assert region.length_px is not None and region.length_mm == pytest.approx(
        0.05 * region.length_px, abs=1e-3
    )
    assert detect(part_of(context, path)).anomalous


def test_a_zone_is_looked_at_again_as_a_place(context: Context, tmp_path: Path) -> None:
    part = part_of(context, save(tmp_path / "bad.png", stained(9)))
    add_zone(context, "plate", "right hand", CORNER)
    seen, same = zoom(part, "zone right hand"), zoom(part, ",".join(map(str, CORNER)))
    assert seen.templates > 0
    assert (seen.bbox, seen.p_value) == (same.bbox, same.p_value)
    with pytest.raises(ConfigError, match="no zone 'left'"):
        zoom(part, "zone left")


def test_a_zone_is_measured_as_a_place(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path / "bad.png", stained(9))
    add_zone(context, "plate", "corner", CORNER)
    add_zone(context, "plate", "upper half", (0, 0, SIDE, SIDE // 2))
    part = part_of(context, path)
    there, elsewhere = region_at(part, "zone corner"), region_at(part, "zone upper half")
    assert there.stands_out and there.times_limit > 1.5 * elsewhere.times_limit
    with pytest.raises(ConfigError, match="no zone 'lid'"):
        region_at(part, "zone lid")


def test_what_lies_in_an_ignored_zone_is_not_judged(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path / "bad.png", stained(9))
    outcome = add_zone(context, "plate", "hole", CORNER, ignored=True)
    assert outcome.accepted and outcome.zone.ignored
    part = part_of(context, path)
    assert not detect(part).anomalous
    # What other tools look at is what was judged, and is not encoded or segmented anew.
    assert part.encoded is part.inspection.image
    values = part.inspection.anomaly_map.values
    assert float(values[185:225, 185:225].max()) == 0 < float(values.max())
    # A defect elsewhere is found as before.
    pixels = stained(9)
    pixels[30:70, 30:70] = 0
    other = part_of(context, save(tmp_path / "other.png", pixels))
    assert detect(other).anomalous
    assert {region.cell for region in locate(other)} == {"top left"}


def test_a_zone_stays_when_the_product_is_enrolled_again(context: Context, tmp_path: Path) -> None:
    add_zone(context, "plate", "hole", CORNER, ignored=True)
    enroll(context, "plate", sorted((tmp_path / "good").iterdir())[:5], foretell=False)
    assert [zone.name for zone in zones_of(context, "plate")] == ["hole"]
    assert context.product("plate").mm_per_px == 0.05
    remove_zone(context, "plate", "hole")
    assert zones_of(context, "plate") == ()
    part = part_of(context, save(tmp_path / "bad.png", stained(9)))
    assert detect(part).anomalous
    assert {region.cell for region in locate(part)} == {"bottom right"}


def test_verdicts_that_it_would_change_are_told_first(context: Context, tmp_path: Path) -> None:
    path = save(tmp_path / "bad.png", stained(9))
    refused = add_zone(context, "plate", "hole", CORNER, ignored=True, against=[path])
    assert not refused.accepted
    assert [(flip.before, flip.after) for flip in refused.flips] == [("anomalous", "good")]
    assert zones_of(context, "plate") == ()
    assert add_zone(
        context, "plate", "hole", CORNER, ignored=True, against=[path], accept_flips=True
    ).accepted
    assert [zone.name for zone in zones_of(context, "plate")] == ["hole"]


def test_wrong_boxes_and_names_are_errors(context: Context) -> None:
    with pytest.raises(ConfigError, match="holds no pixel"):
        add_zone(context, "plate", "hole", (900, 900, 950, 950))
    with pytest.raises(ConfigError, match="no zone 'lid' \\(it has: none\\)"):
        remove_zone(context, "plate", "lid")


def test_a_zone_turns_with_an_aligned_part() -> None:
    part = np.full((300, 300, 3), 230, np.uint8)
    cv2.rectangle(part, (60, 130), (240, 170), (40, 40, 40), -1)
    cv2.circle(part, (75, 150), 32, (40, 40, 40), -1)
    upright = frame_of(part, 192, 32)
    turn = cv2.getRotationMatrix2D((150, 150), 90, 1.0)
    turned = np.asarray(cv2.warpAffine(part, turn, (300, 300), borderValue=(230, 230, 230)), np.uint8)
    frame = frame_of(turned, 192, 32)
    assert upright.aligned and frame.aligned
    head = zone_of_box("head", (43, 118, 107, 182), upright)
    where = np.nonzero(on_original(head, frame))
    centre = turn @ [75, 150, 1]
    assert np.allclose([where[1].mean(), where[0].mean()], centre, atol=4)
    assert zone_at([head], frame, (float(centre[0]), float(centre[1]))) == "head"
    assert zone_at([head], upright, (230, 150)) is None


def test_cells_of_a_map_are_those_under_the_zone() -> None:
    frame = whole_frame((100, 200), 128, 32)
    zone = zone_of_box("left", (0, 0, 100, 100), frame, ignored=True)
    mask = ignored_cells([zone, Zone("named", zone.corners)], 4, 8)
    assert mask is not None
    assert mask[:, :4].all() and not mask[:, 5:].any()
    assert ignored_cells([Zone("named", zone.corners)], 4, 8) is None
    assert Zone.from_dict(zone.to_dict()) == zone
