"""Types from written entries alone: the attributes that a look states, compared with those of the region.

Each attribute is right or wrong with a fixed chance, whatever the others are (naive Bayes); one that an entry
does not state, or that cannot be told of the region, counts for nothing. The chances are set, not fitted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomaly_core.imaging.foreground import foreground_mask
from anomaly_core.imaging.zones import zone_at
from anomaly_core.names import name_key, plain_name
from anomaly_core.scoring.measurement import RegionDescription
from knowledge.catalogue.looks import Direction, Look, Place, parse_look
from knowledge.catalogue.passages import Passage
from tools.context import Part
from tools.describe import RegionMeasures, describe
from tools.locations import Box

RIGHT: Final = 0.85
"""Chance that a stated attribute is measured of a defect of its type."""
IN_SECTION: Final = 0.95
"""Chance that a defect named for a section of the part lies in that section's zone; RIGHT where only the look
names one."""
LEAST_CONTRAST: Final = 3.0
"""Grey levels from which a region is dark or bright."""
LINE: Final = 3.0
"""Least ratio of length to width of a line."""
ROUND: Final = 1.6
"""Largest ratio of length to width of what is round."""
BRANCHED: Final = 0.5
"""Solidity below which a line may be branching; above 1 - BRANCHED / 2 it is straight."""
NARROW: Final = 0.2
BROAD: Final = 0.3
"""Breadths of a line's hull over its length: up to NARROW it is straight, above BROAD it may be branching."""
SLANT: Final = 20.0
"""Least degrees from upright and from level of a diagonal."""
SMALL: Final = 0.01
LARGE: Final = 0.08
"""Shares of the image up to which a region is small, and from which it is large; of a line, the square on its
length counts."""
NEAR_EDGE: Final = 0.15
"""Distance from the part's border, as a share of its side, within which a region lies at the edge."""


def written_fits(part: Part, place: str, passages: Sequence[Passage]) -> dict[str, float]:
    """Return, by type, the log-odds of its written look for the region at a place against any other look.

    The product's zones count as sections that entries name. Empty where no entry states an attribute or a
    section; a type without one is left out.
    """
    looks = written_looks(passages)
    sections = written_sections(passages, [zone.name for zone in part.model.zones if not zone.ignored])
    if not looks and not sections:
        return {}
    measured = describe(part, place)
    contrast = measured.contrast if measured.template_contrast is None else measured.template_contrast
    seen = look_of(measured, contrast, place_on_part(measured.bbox, part.pixels))
    if part.encoded.frame.aligned:
        # Measured in the image, in which such parts lie at any angle.
        seen = replace(seen, direction=None)
    x0, y0, x1, y1 = measured.bbox
    zone = zone_at(part.model.zones, part.encoded.frame, ((x0 + x1) / 2, (y0 + y1) / 2))
    fits = {name: agreement(look, seen) for name, look in looks.items()}
    for name, odds in sections.items():
        fits[name] = fits.get(name, 0.0) + odds.get(zone or "", 0.0)
    return fits


def written_sections(passages: Sequence[Passage], zones: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return, by type whose entry names a zone, the log-odds of each zone that a region may lie in.

    A look that names several zones, as in "between head and thread", tells of none.
    """
    found: dict[str, dict[str, float]] = {}
    for passage in passages:
        if passage.defect is None:
            continue
        named = _zones_in(plain_name(passage.defect), zones)
        chance = IN_SECTION
        if not named and passage.field in ("look", None):
            named, chance = _zones_in(passage.text, zones), RIGHT
        if named and (chance == IN_SECTION or len(named) == 1):
            right, wrong = math.log(chance / 0.5), math.log((1 - chance) / 0.5)
            found[passage.defect] = {zone: right if zone in named else wrong for zone in zones}
    return found


def _zones_in(text: str, zones: Sequence[str]) -> set[str]:
    """Return the zones whose names a text holds as words."""
    return {zone for zone in zones if re.search(rf"(?<!\w){_spelled(zone)}s?(?!\w)", text, re.IGNORECASE)}


def _spelled(zone: str) -> str:
    """Return the pattern of a zone's name: what is called "red-half" is written "red half"."""
    return r"[-_\s]+".join(re.escape(word) for word in re.split(r"[-_\s]+", zone))


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
    return {name: look for name, look in looks.items() if look != Look()}


def look_of(seen: RegionMeasures | RegionDescription, contrast: float, place: Place | None) -> Look:
    """Return the attributes of a measured region. contrast: grey levels, against a good part where known."""
    aspect = seen.length_px / max(seen.width_px, 1.0)
    line = aspect >= LINE or seen.solidity < BRANCHED
    # Breadth of the hull over its length: a thin line fills little of its hull where it bends but slightly.
    breadth = seen.width_px / max(seen.length_px * seen.solidity, 1e-6)
    branching = line and seen.solidity < BRANCHED and breadth > BROAD
    straight = line and not branching and (seen.solidity > 1 - BRANCHED / 2 or breadth < NARROW)
    side = math.sqrt(seen.length_px * seen.width_px / max(seen.area_share, 1e-9))
    extent = (seen.length_px / side) ** 2 if line else seen.area_share
    return Look(
        tone=None if abs(contrast) < LEAST_CONTRAST else "dark" if contrast < 0 else "bright",
        shape="line" if line else "round" if aspect <= ROUND else None,
        course="branching" if branching else "straight" if straight else None,
        size="small" if extent <= SMALL else "large" if extent >= LARGE else None,
        place=place,
        direction=_direction(seen.orientation_deg) if line else None,
    )


def _direction(degrees: float | None) -> Direction | None:
    """Return the direction of a line by its angle to the image's rows, in [0, 180)."""
    if degrees is None:
        return None
    from_level = min(degrees, 180 - degrees)
    if from_level < SLANT:
        return "level"
    return "upright" if from_level > 90 - SLANT else "diagonal"


def agreement(stated: Look, seen: Look) -> float:
    """Return the log-odds of what was seen if the entry's look holds, against a look of either kind."""
    total = 0.0
    for field in fields(Look):
        wanted, found = getattr(stated, field.name), getattr(seen, field.name)
        if wanted is not None and found is not None:
            total += math.log((RIGHT if wanted == found else 1 - RIGHT) / 0.5)
    return total


def place_on_part(box: Box, pixels: NDArray[np.uint8]) -> Place | None:
    """Return whether a box lies at the edge or in the centre of the part, or of an image that it fills.

    pixels: (H, W, 3) uint8 RGB, the whole image.
    """
    mask = foreground_mask(pixels)
    height, width = pixels.shape[:2]
    left, top, right, bottom = 0, 0, width, height
    if mask is not None and mask.any():
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        left, right = int(columns[0]), int(columns[-1]) + 1
        top, bottom = int(rows[0]), int(rows[-1]) + 1
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    nearest = min((x - left) / (right - left), (right - x) / (right - left),
                  (y - top) / (bottom - top), (bottom - y) / (bottom - top))  # fmt: skip
    if nearest <= NEAR_EDGE:
        return "edge"
    return "centre" if nearest >= 1 / 3 else None
