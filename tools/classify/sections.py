"""Types whose entries name a zone of the part, or what several of its zones are called after."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from anomaly_core.imaging.zones import Zone
from anomaly_core.names import plain_name
from knowledge.catalogue.looks import features_in, names_a_part
from knowledge.catalogue.passages import Passage

IN_SECTION: Final = 0.95
"""Chance that a defect named for a section of the part lies in that section's zone."""
NEAR_SECTION: Final = 0.85
"""The same where only the look names it, or the name only what zones are called after, such as holes."""
LEAST_SHARE: Final = 0.1
MOST_SHARE: Final = 0.5
"""Bounds of the chance that a defect of any kind lies in the zones: their share of the encoder's input."""


def written_sections(
    passages: Sequence[Passage], zones: Sequence[str], shares: Mapping[str, float] | None = None
) -> dict[str, dict[str, float]]:
    """Return, by type whose entry names a zone, the log-odds of each zone that a region may lie in.

    A look that names several zones, as in "between head and thread", tells of none. shares: of the input, by
    zone; half of it where not given. The zone "" is that of a region in none.
    """
    found: dict[str, dict[str, float]] = {}
    for passage in passages:
        if passage.defect is None:
            continue
        named = _zones_in(plain_name(passage.defect), zones)
        chance = IN_SECTION
        if not named:
            named, chance = _called_after(plain_name(passage.defect), zones), NEAR_SECTION
        if not named and passage.field in ("look", None):
            named = _zones_in(passage.text, zones)
            named = named if len(named) == 1 else set()
        if named:
            share = MOST_SHARE if shares is None else sum(shares[zone] for zone in named)
            usual = min(max(share, LEAST_SHARE), MOST_SHARE)
            right, wrong = math.log(chance / usual), math.log((1 - chance) / (1 - usual))
            found[passage.defect] = {zone: right if zone in named else wrong for zone in ("", *zones)}
    return found


def shares_of(zones: Sequence[Zone]) -> dict[str, float]:
    """Return the share of the encoder's input that each zone covers, by name."""
    shares: dict[str, float] = {}
    for zone in zones:
        x, y = np.array(zone.corners).T
        area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        shares[zone.name] = shares.get(zone.name, 0.0) + area
    return shares


def _zones_in(text: str, zones: Sequence[str]) -> set[str]:
    """Return the zones whose names a text holds as words."""
    return {zone for zone in zones if re.search(rf"(?<!\w){_spelled(zone)}s?(?!\w)", text, re.IGNORECASE)}


def _spelled(zone: str) -> str:
    """Return the pattern of a zone's name: what is called "red-half" is written "red half"."""
    return r"[-_\s]+".join(re.escape(word) for word in re.split(r"[-_\s]+", zone))


def _called_after(name: str, zones: Sequence[str]) -> set[str]:
    """Return the zones of a part that a type's name holds too, such as the hole of "upper left hole".

    The part may go by another word, also of another language: a "missing mark" is one of "embossing".
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    meant = features_in(name)
    return {
        zone
        for zone in zones
        if meant & features_in(zone) or any(noun.search(plain) for noun in map(_noun, names_a_part(zone)))
    }


def _noun(word: str) -> re.Pattern[str]:
    """Return the pattern of a noun, also inflected or at the head of a compound."""
    ends = r"s?(?!\w)" if len(word) < 4 and word.isascii() else ""
    return re.compile((r"(?<!\w)" if word[0] < "\u3040" else "") + re.escape(word) + ends)
