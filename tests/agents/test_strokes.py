"""What people paint over a defect becomes a mask of the image's own size."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from agents.desk.strokes import Mask, as_png, mask_file, painted
from anomaly_core.errors import ConfigError, StoreBusy

SIZE = (60, 100)


def found() -> Mask:
    mask = np.zeros(SIZE, np.bool_)
    mask[:10, :10] = True
    return mask


def stroke(kind: str, *points: float, width: float = 6) -> dict[str, Any]:
    return {"kind": kind, "width": width, "points": list(points)}


def test_a_stroke_is_a_line_with_round_ends_and_one_point_a_disc() -> None:
    mask = painted([stroke("paint", 20, 30, 60, 30)], SIZE, found)
    assert mask.shape == SIZE
    assert mask[30, 20:60].all()
    assert mask[:, 40].sum() == pytest.approx(6, abs=1)
    assert mask.sum() == pytest.approx(40 * 7 + np.pi * 9, rel=0.2)
    assert painted([stroke("paint", 50, 30)], SIZE, found).sum() == pytest.approx(np.pi * 9, rel=0.4)


def test_strokes_count_in_their_order() -> None:
    both = [{"kind": "regions"}, stroke("paint", 50, 30), stroke("erase", 5, 5, width=4)]
    mask = painted(both, SIZE, found)
    assert mask[30, 50] and mask[0, 0] and not mask[5, 5]
    assert not painted([*both, {"kind": "clear"}], SIZE, found).any()
    assert not painted([], SIZE, found).any()


def test_what_leaves_the_image_is_cut() -> None:
    mask = painted([stroke("paint", -1e9, 30, 1e9, 30, 5)], SIZE, found)
    assert mask[30].all()


@pytest.mark.parametrize(
    "strokes",
    [None, "x", [{"kind": "box"}], [{"kind": "paint", "points": [float("nan"), 1]}], [{"width": 0}],
     [{"kind": "paint", "width": 1e9, "points": [1, 1]}]],
)  # fmt: skip
def test_what_is_no_stroke_is_told(strokes: object) -> None:
    with pytest.raises(ConfigError, match="paint it anew"):
        painted(strokes, SIZE, found)


def test_a_mask_is_a_png_and_errors_call_it_the_mask() -> None:
    assert np.array_equal(np.asarray(Image.open(BytesIO(as_png(found())))) > 0, found())
    with mask_file(None) as none:
        assert none is None
    with pytest.raises(ConfigError, match=r"^the mask is small$"), mask_file(b"x") as path:
        raise ConfigError(f"{path} is small")
    with pytest.raises(StoreBusy), mask_file(b"x"):
        raise StoreBusy("busy")
