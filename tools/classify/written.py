"""Types from written entries alone: the attributes that a look states, compared with those of the region.

Each attribute is as likely as its table says, whatever the others are (naive Bayes), against how usual it is
of defects of any kind: a rare one that agrees says most. What an entry does not state, or is not measured,
counts for nothing, save a colour that the entry would have named. The chances are set, not fitted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.zones import zone_at
from anomaly_core.names import name_key
from anomaly_core.scoring.measurement import RegionDescription, colour_word
from anomaly_core.scoring.scorer import PIXEL_RANGE
from knowledge.catalogue.looks import Change, Direction, Look, Place, Shape, change_named, parse_look
from knowledge.catalogue.passages import Passage
from tools.classify.sections import shares_of, written_sections
from tools.context import Part
from tools.describe import RegionMeasures, describe
from tools.locations import Box

RIGHT: Final = 0.85
"""Chance that a stated attribute is measured of a defect of its type."""
USUAL: Final = {"upright": 0.4, "level": 0.4, "diagonal": 0.4}
"""Chance of an attribute's value in defects of any kind, where it is not one half."""
COMPARED: Final = ("tone", "direction")
GRADED: Final[Mapping[str, Mapping[str, Mapping[str | None, float]]]] = {
    "size": {
        "small": {"small": 0.7, None: 0.25, "large": 0.05},
        "large": {"small": 0.1, None: 0.3, "large": 0.6},
    },
    "place": {
        "edge": {"edge": 0.8, None: 0.15, "centre": 0.05},
        "centre": {"edge": 0.05, None: 0.35, "centre": 0.6},
    },
    "course": {
        "straight": {"straight": 0.75, "curved": 0.2, "branching": 0.05},
        "curved": {"straight": 0.3, "curved": 0.6, "branching": 0.1},
        "branching": {"straight": 0.15, "curved": 0.25, "branching": 0.6},
    },
}
"""Chance of each measured value by the stated one, of attributes with a middle: None is between its ends."""
USUAL_GRADES: Final[Mapping[str, Mapping[str | None, float]]] = {
    "size": {"small": 0.5, None: 0.3, "large": 0.2},
    "place": {"edge": 0.5, None: 0.3, "centre": 0.2},
    "course": {"straight": 0.5, "curved": 0.3, "branching": 0.2},
}
"""The same of defects of any kind: half of a part is its edge (`NEAR_EDGE`), most defects are small."""
SHAPES: Final = {
    "line": {"line": 0.6, "stripe": 0.25, "irregular": 0.1, "round": 0.05},
    "round": {"line": 0.03, "stripe": 0.07, "irregular": 0.25, "round": 0.65},
    "irregular": {"line": 0.05, "stripe": 0.2, "irregular": 0.4, "round": 0.35},
}
"""Chance of each measured shape by the stated one. The map's outline is too smooth for what is irregular."""
USUAL_SHAPES: Final = {"line": 0.3, "stripe": 0.15, "irregular": 0.25, "round": 0.3}
CHANGES: Final[Mapping[Change | None, Mapping[Change, float]]] = {
    "missing": {"missing": 0.8, "added": 0.1, "moved": 0.1},
    "moved": {"missing": 0.15, "added": 0.15, "moved": 0.7},
    None: {"missing": 0.13, "added": 0.8, "moved": 0.07},
}
"""Chance of each measured change by the stated one: an entry that states none is of what is there."""
USUAL_CHANGES: Final[Mapping[Change, float]] = {"missing": 0.25, "added": 0.6, "moved": 0.15}
COLOURED: Final = 0.15
"""Share of defects that have a colour of their own."""
NOT_NAMED: Final = 0.07
"""Chance of such a colour where the entry states other attributes and no colour."""
NEAR_COLOURS: Final = frozenset({frozenset({"red", "brown"}), frozenset({"brown", "yellow"})})
"""Colours that people and light confuse: they count half."""
FULL_CONTRAST: Final = 15.0
"""Grey levels from which a tone counts in full."""
COLOUR_NAMES: Final = {"orange": "brown", "cyan": "blue", "pink": "purple"}
"""Measured colours by the name that looks have for them."""
VISIBLE: Final = 10.0
"""Contrast with the surroundings from which it is the tone that is seen, whatever a good part shows there."""
LEAST_CONTRAST: Final = 3.0
"""Grey levels from which a region is dark or bright."""
LINE: Final = 3.0
"""Least ratio of length to width of a line."""
ROUND: Final = 1.6
"""Largest ratio of length to width of what is round."""
BRANCHED: Final = 0.5
"""Solidity below which a line may be branching."""
BROAD: Final = 0.3
"""Breadth of a line's hull over its length above which it may be branching."""
FORKED: Final = 0.15
"""Least share of a branching line's length where it has two arms or more; an arc has none."""
CURVED: Final = 0.08
"""Bend from which a line is curved; by a look at drawn scratches (.02 to .05) and hairs (.1 to .15)."""
SLANT: Final = 20.0
"""Least degrees from upright and from level of a diagonal."""
SMALL: Final = 0.01
LARGE: Final = 0.08
"""Shares of the image up to which a region is small, and from which it is large; of a line, the square on its
length counts."""
BY_PIXELS: Final = 4.0
"""How many times smaller they are where outlines are those of the pixels, not of a map's height: set."""
ROUNDED: Final = 0.9
"""Share of its box up to which a part's edge is its outline, and not that of the box."""
ELONGATED: Final = 2.0
"""Ratio of the box's sides from which it is that of the box all the same."""
NEAR_EDGE: Final = 0.15
"""Distance from the part's border, as a share of its side, within which a region lies at the edge."""


def written_fits(part: Part, place: str, passages: Sequence[Passage]) -> dict[str, float]:
    """Return, by type, the log-odds of its written look for the region at a place against any other look.

    The product's zones count as sections that entries name. Empty where no entry states an attribute or a
    section; a type without one is left out.
    """
    looks = written_looks(passages)
    zones = [zone for zone in part.model.zones if not zone.ignored]
    sections = written_sections(passages, [zone.name for zone in zones], shares_of(zones))
    if not looks and not sections:
        return {}
    measured = describe(part, place)
    contrast = seen_contrast(measured.contrast, measured.template_contrast)
    by_pixels = PIXEL_RANGE in part.inspection.scores
    seen = look_of(measured, contrast, place_on_part(measured.bbox, part.pixels), by_pixels=by_pixels)
    if seen.colours and seen.colours & colours_of_scene(part.pixels):
        # The part beside the background, as where a piece of it is missing, or the background in a hole.
        seen = replace(seen, colours=frozenset())
    if part.encoded.frame.aligned:
        # Measured in the image, in which such parts lie at any angle.
        seen = replace(seen, direction=None)
    x0, y0, x1, y1 = measured.bbox
    zone = zone_at(part.model.zones, part.encoded.frame, ((x0 + x1) / 2, (y0 + y1) / 2))
    sure = min(abs(contrast) / FULL_CONTRAST, 1.0)
    fits = {
        name: agreement(look, seen, sure, colours=_shows_colours(part.pixels)) for name, look in looks.items()
    }
    for name, odds in sections.items():
        fits[name] = fits.get(name, 0.0) + odds.get(zone or "", 0.0)
    return fits


def written_looks(passages: Sequence[Passage]) -> dict[str, Look]:
    """Return, by type, the attributes that its entries state.

    The look is the field of that name; without it, the prose of a type of which other fields are stated.
    """
    texts: dict[str, list[str]] = {}
    stated = {name_key(p.defect) for p in passages if p.defect and p.field is not None}
    own = {name_key(p.defect) for p in passages if p.defect and p.field == "look"}
    for passage in passages:
        if passage.defect is None or name_key(passage.defect) in ("good", "combined"):
            continue
        key = name_key(passage.defect)
        if passage.field == "look" or (passage.field is None and key in stated - own):
            texts.setdefault(passage.defect, []).append(passage.text)
    looks = {name: parse_look(" ".join(said)) for name, said in texts.items()}
    looks = {name: replace(look, change=change_named(name) or look.change) for name, look in looks.items()}
    return {name: look for name, look in looks.items() if look != Look()}


def look_of(
    seen: RegionMeasures | RegionDescription,
    contrast: float,
    place: Place | None,
    *,
    by_pixels: bool = False,
) -> Look:
    """Return the attributes of a measured region.

    contrast: grey levels, against a good part where known. by_pixels: whether its outline is that of pixels.
    """
    aspect = seen.length_px / max(seen.width_px, 1.0)
    line = aspect >= LINE or seen.solidity < BRANCHED
    # Breadth of the hull over its length: a thin line fills little of its hull where it bends but slightly.
    breadth = seen.width_px / max(seen.length_px * seen.solidity, 1e-6)
    branching = line and seen.solidity < BRANCHED and breadth > BROAD and seen.forked >= FORKED
    curved = line and not branching and seen.bend >= CURVED
    side = math.sqrt(seen.length_px * seen.width_px / max(seen.area_share, 1e-9))
    extent = (seen.length_px / side) ** 2 if line else seen.area_share
    small, large = (SMALL / BY_PIXELS, LARGE / BY_PIXELS) if by_pixels and not line else (SMALL, LARGE)
    thin = aspect >= 2 * LINE or seen.solidity < BRANCHED
    shape: Shape = "line" if thin else "stripe" if line else "round" if aspect <= ROUND else "irregular"
    return Look(
        tone=None if abs(contrast) < LEAST_CONTRAST else "dark" if contrast < 0 else "bright",
        shape=shape,
        course="branching" if branching else "curved" if curved else "straight" if line else None,
        size="small" if extent <= small else "large" if extent >= large else None,
        place=place,
        direction=_direction(seen.orientation_deg) if line else None,
        colours=frozenset({_named(seen.colour)} if seen.colour else ()),
        change=seen.change if isinstance(seen, RegionMeasures) else None,
    )


def _direction(degrees: float | None) -> Direction | None:
    """Return the direction of a line by its angle to the image's rows, in [0, 180)."""
    if degrees is None:
        return None
    from_level = min(degrees, 180 - degrees)
    if from_level < SLANT:
        return "level"
    return "upright" if from_level > 90 - SLANT else "diagonal"


def seen_contrast(contrast: float, template_contrast: float | None) -> float:
    """Return the grey levels by which a region is called dark or bright.

    Its own contrast where it is plain to see; a faint one says less than the difference from a good part.
    """
    return contrast if template_contrast is None or abs(contrast) >= VISIBLE else template_contrast


def agreement(stated: Look, seen: Look, sure: float = 1.0, *, colours: bool = False) -> float:
    """Return the log-odds of what was seen if the entry's look holds, against a look of any kind.

    sure: share of its full weight that the tone has. colours: whether the image shows any, so that a region
    without one is known to have none.
    """
    total = 0.0
    for name in COMPARED:
        wanted, found = getattr(stated, name), getattr(seen, name)
        if wanted is not None and found is not None:
            usual = USUAL.get(wanted, 0.5)
            odds = math.log(RIGHT / usual if wanted == found else (1 - RIGHT) / (1 - usual))
            total += odds * sure if name == "tone" else odds
    for name, table in GRADED.items():
        wanted, found = getattr(stated, name), getattr(seen, name)
        if wanted is not None and found in table[wanted]:
            total += math.log(table[wanted][found] / USUAL_GRADES[name][found])
    if stated.shape is not None and seen.shape is not None:
        total += math.log(SHAPES[stated.shape][seen.shape] / USUAL_SHAPES[seen.shape])
    if seen.change is not None:
        total += math.log(CHANGES[stated.change][seen.change] / USUAL_CHANGES[seen.change])
    return total + _colour_odds(stated, seen, colours)


def _colour_odds(stated: Look, seen: Look, colours: bool) -> float:
    """Return the log-odds of a region's colour, or of its having none."""
    if stated == Look() or not (seen.colours or (colours and stated.colours)):
        return 0.0
    if not stated.colours:
        return math.log(NOT_NAMED / COLOURED)
    if stated.colours & seen.colours:
        return math.log(RIGHT / COLOURED)
    if any(frozenset({one, other}) in NEAR_COLOURS for one in stated.colours for other in seen.colours):
        return math.log(RIGHT / COLOURED) / 2
    odds = math.log((1 - RIGHT) / (1 - COLOURED))
    return odds if seen.colours else odds / 2  # a weak tint is not measured


def _shows_colours(pixels: NDArray[np.uint8]) -> bool:
    """Return whether an (H, W, 3) image is of a camera that sees colours."""
    return float(np.ptp(pixels[::8, ::8], axis=2).mean()) >= 1.0


def colours_of_scene(pixels: NDArray[np.uint8]) -> frozenset[str]:
    """Return the colours that looks would name of a part and of its background, or of a whole image.

    pixels: (H, W, 3) uint8 RGB, the whole image. What is grey has none.
    """
    mask = foreground_mask(pixels)
    shown = [pixels[::4, ::4].reshape(-1, 3)]
    if mask is not None and mask.any() and not mask.all():
        shown = [pixels[mask], pixels[~mask]]
    words = (colour_word(np.median(each, axis=0)) for each in shown)
    return frozenset(_named(word) for word in words if word is not None)


def _named(colour: str) -> str:
    """Return the name that looks have for a measured colour."""
    return COLOUR_NAMES.get(colour, colour)


def place_on_part(box: Box, pixels: NDArray[np.uint8]) -> Place | None:
    """Return whether a box lies at the edge or in the centre of the part, or of an image that it fills.

    pixels: (H, W, 3) uint8 RGB, the whole image.
    """
    mask = foreground_mask(pixels)
    height, width = pixels.shape[:2]
    left, top, right, bottom = 0, 0, width, height
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    nearest = None
    if mask is not None and mask.any():
        contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        left, right = int(columns[0]), int(columns[-1]) + 1
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        shorter, longer = sorted((right - left, bottom - top))
        outline = max(contours, key=cv2.contourArea)
        # The corners of a round part's box are far from the part.
        if longer < ELONGATED * shorter and cv2.contourArea(outline) < ROUNDED * shorter * longer:
            nearest = cv2.pointPolygonTest(outline, (x, y), True) / shorter
    if nearest is None:
        nearest = min((x - left) / (right - left), (right - x) / (right - left),
                      (y - top) / (bottom - top), (bottom - y) / (bottom - top))  # fmt: skip
    if nearest <= NEAR_EDGE:
        return "edge"
    return "centre" if nearest >= 1 / 3 else None
