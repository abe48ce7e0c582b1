"""The place in the image that a text names: by sides, the center, a clock's hours, and by no idiom."""

from __future__ import annotations

import re
from typing import Final

from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import words_of
from anomaly_core.results import CELLS
from tools.locations import place_in

_HOURS: Final = ("top", "top right", "top right", "right", "bottom right", "bottom right", "bottom",
                 "bottom left", "bottom left", "left", "top left", "top left")  # fmt: skip
"""Cells of the hours from twelve, as on the face of a clock."""
EDGE: Final = "edge"
"""The edge of a part, whichever side."""
_CLOCK: Final = re.compile(
    r"(?P<a>\w{1,6}?)[ -]?o['’]? ?clock[ -](?:position|direction|side)"
    r"|(?:at|near|around) (?P<b>\w{1,6}) o['’]? ?clock"
    r"|^at (?P<j>\w{1,6}) o['’]? ?clock\W*$"
    r"|^à (?P<k>\w{1,6}) heures?\W*$|^a las? (?P<l>\w{1,6})(?: horas?)?\W*$"
    r"|^às (?P<m>\w{1,6})(?: horas?)?\W*$|^(?P<n>\d{1,2}) ?(?:点|點|時|时|시)(?:钟|鐘)?(?:の|에)?\W*$"
    r"|(?:auf|bei) (?P<c>\w{1,7}) uhr|(?P<d>\w{1,7})[ -]uhr[ -](?:position|stellung|richtung)"
    r"|(?:position|direction) (?:de )?(?P<e>\w{1,6}) ?h(?:eures?)?\b|à (?P<f>\d{1,2}) heures sur l['’]horloge"
    r"|(?:posición|dirección|posição|direção) d(?:e las?|as?|e) (?P<g>\w{1,6})(?: horas)?\b"
    r"|(?:posizione|direzione|a)(?: delle)? ore (?P<h>\w{1,7})\b"
    r"|(?P<i>\d{1,2}|[一二两三四五六七八九十]{1,2}) ?[点點时時시](?:钟|鐘)?"
    r" ?の?(?:方向|位置|方位|방향|위치|쪽)"
)
_TIMES: Final = (
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "morning",
    "shift",
    "since",
    "until",
    "when_at",
)
"""Meanings of words beside which an hour is one of the day."""


def place_of(text: str, language: str) -> str | None:
    """Return the place that a text names, as `tools.locations` reads it, or None.

    text: in lower case.
    """
    given = re.search(r"-?\d+\s*,\s*-?\d+\s*,\s*-?\d+\s*,\s*-?\d+", text)
    if given is not None:
        return place_in(given[0])
    words, text = words_of(language), placed(text, language)
    row = next((number for name, number in (("top", 0), ("bottom", 2)) if words.has(name, text)), 1)
    column = next((number for name, number in (("left", 0), ("right", 2)) if words.has(name, text)), 1)
    cell = CELLS[3 * row + column]
    if (row, column) == (1, 1):
        return "center" if words.has("center", text) else _at_an_hour(text, language)
    if " " in cell:
        return cell
    if words.has("half", text):
        return f"{cell} half"
    return f"{cell} edge" if words.has("edge", text) else cell


def names_the_edge(text: str, language: str) -> bool:
    """Return whether a text speaks of the edge without a side."""
    return place_of(text, language) is None and words_of(language).has("edge", placed(text, language))


def place_or_edge(text: str, language: str) -> str | None:
    """Return the place that a text names, `EDGE` where it speaks of the edge without a side, or None."""
    return EDGE if names_the_edge(text, language) else place_of(text, language)


def placed(text: str, language: str) -> str:
    """Return a text, in lower case, without idioms that name a side and mean none: "links liegen lassen"."""
    return words_of(language).without(text, "no_place")


def _at_an_hour(text: str, language: str) -> str | None:
    """Return the cell that an hour stands for, as on a clock: "at 3 o'clock", or None."""
    found, words = _CLOCK.search(text), words_of(language)
    if found is None or (found["b"] and any(words.has(one, text) for one in _TIMES)):
        return None
    said = next(one for one in found.groups() if one)
    if compiled(whole_pattern(language)).fullmatch(said) is None:
        return None
    hour = number_of(said, language)
    return _HOURS[round(hour) % 12] if 1 <= hour <= 12 else None
