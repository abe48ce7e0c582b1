"""Named places in an image: a region's id, a cell, an edge, a half, or a box of pixels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from anomaly_core.errors import ConfigError
from anomaly_core.results import CELLS, cell_of

Box = tuple[int, int, int, int]

ZONE: Final = "zone "
"""Before the name of a product's zone."""
EDGE_SHARE: Final = 0.25
"""Width of an edge, as a share of the image's side."""
PLACE_HELP: Final = (
    'a region id such as "region-1", a cell such as "top left", an edge such as "left edge", a half such as '
    '"right half", or a box "x0,y0,x1,y1" in pixels'
)
_ROWS: Final = {"top": 0, "upper": 0, "bottom": 2, "lower": 2}
_COLUMNS: Final = {"left": 0, "right": 2}
_SIDES: Final = r"top|upper|bottom|lower|left|right"
_NAMED: Final = re.compile(
    rf"(?P<region>region[- ]?\d+)|(?P<box>-?\d+\s*,\s*-?\d+\s*,\s*-?\d+\s*,\s*-?\d+)"
    rf"|(?P<sides>\b(?:{_SIDES})(?:(?:\s+|-|\s+and\s+)(?:hand|most|{_SIDES}))*)(?:\s+(?P<part>edge|border|rim|margin|side|half|corner))?\b"
    r"|(?P<middle>\b(?:cent(?:er|re)|middle)\b)",
    re.IGNORECASE,
)


def place_in(text: str) -> str | None:
    """Return the first place that a text names, in `box_of`'s format, or None."""
    found = _NAMED.search(text)
    if found is None:
        return None
    if found["region"]:
        return f"region-{int(re.sub(r'[^0-9]', '', found['region']))}"
    if found["box"]:
        return re.sub(r"\s+", "", found["box"])
    if found["middle"]:
        return "center"
    words = re.findall(_SIDES, found["sides"].lower())
    row = next((_ROWS[w] for w in words if w in _ROWS), 1)
    column = next((_COLUMNS[w] for w in words if w in _COLUMNS), 1)
    cell = CELLS[3 * row + column]
    part = (found["part"] or "").lower()
    if part == "half" and " " not in cell:
        return f"{cell} half"
    if part in ("edge", "border", "rim", "margin", "side") and " " not in cell:
        return f"{cell} edge"
    return cell


def box_of(place: str, width: int, height: int, regions: Sequence[Box] = ()) -> Box:
    """Return the box (x0, y0, x1, y1), end-exclusive, of a place in a width x height image.

    regions: the boxes of the image's regions; "region-1" is the first. Raises ConfigError where there is no
    such place.
    """
    name = place_in(place)
    if name is None:
        raise ConfigError(f"{place!r} names no place: give {PLACE_HELP}")
    if name.startswith("region-"):
        number = int(name.removeprefix("region-"))
        if not 1 <= number <= len(regions):
            known = ", ".join(f"region-{n}" for n in range(1, len(regions) + 1)) or "none"
            raise ConfigError(f"the image has no {name} (it has: {known}): give {PLACE_HELP}")
        return regions[number - 1]
    if "," in name:
        x0, y0, x1, y1 = (int(part) for part in name.split(","))
        box = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ConfigError(f"the box {name} holds no pixel of a {width} x {height} image: give another")
        return box
    side, _, part = name.rpartition(" ")
    if part in ("edge", "half"):
        share = EDGE_SHARE if part == "edge" else 0.5
        across, down = max(1, round(width * share)), max(1, round(height * share))
        return {
            "left": (0, 0, across, height),
            "right": (width - across, 0, width, height),
            "top": (0, 0, width, down),
            "bottom": (0, height - down, width, height),
            "center": (width // 4, height // 4, width - width // 4, height - height // 4),
        }[side]
    row, column = divmod(CELLS.index(name), 3)
    return (
        width * column // 3,
        height * row // 3,
        max(width * (column + 1) // 3, width * column // 3 + 1),
        max(height * (row + 1) // 3, height * row // 3 + 1),
    )


def cell_of_box(box: Box, width: int, height: int) -> str:
    """Return the 3x3 cell of a box's centre."""
    return cell_of((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width, height)


def widened(box: Box, margin: float, width: int, height: int, least: int = 1) -> Box:
    """Return the box grown by `margin` of its longer side, at least `least` px wide, clipped to the image."""
    x0, y0, x1, y1 = box
    grow = margin * max(x1 - x0, y1 - y0)
    half_w, half_h = max((x1 - x0) / 2 + grow, least / 2), max((y1 - y0) / 2 + grow, least / 2)
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    return (
        max(round(middle_x - half_w), 0),
        max(round(middle_y - half_h), 0),
        min(round(middle_x + half_w), width),
        min(round(middle_y + half_h), height),
    )
