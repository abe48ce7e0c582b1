"""Regions that a question names by rank: "the second largest", "the other one", "the right one of two"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from agents.questions.lexicon.words import SPACELESS, bounded, tables, words_of
from agents.state import Seen, Turn

FILE: Final = Path(__file__).with_name("region_ranks.toml")
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_STEMS: Final = {"de": "|".join(("erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht"))}
"""Ordinal numbers that are one word with what follows, the first one first."""
_TH: Final = r"(?:st|nd|rd|th|[oaªº°e]|[èe]me|\.[oa]?|番目|つ目| ?번째)"
_DIGITS: Final = rf"(?P<digits>(?<=第)\d{{1,2}}|\d{{1,2}}(?={_TH})){_TH}?"
_OF_THE_LOG: Final = (
    "inspected",
    "today",
    "yesterday",
    "shift",
    "lot",
    "station",
    "piece",
    "image",
    "when_at",
)
"""Meanings of words beside which "the last one" is a part, and no region."""
_OF_A_RANK: Final = ("largest", "smallest", "last_region", "pair", "region", "marked", "one", "follow", "and")
"""Meanings of words that a text that only names a rank is made of."""
Side = Literal["left", "right", "top", "bottom"]
SIDES: Final[tuple[Side, ...]] = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class Rank:
    """A region's rank among those of an image. by: its length, or the side that it lies nearest to.

    number: 1 for the longest, or the nearest; -1 for the shortest, -2 for the next one.
    """

    by: Literal["length"] | Side
    number: int = 1


def rank_of(text: str, language: str) -> Rank | None:
    """Return the rank by which a text, in lower case, names a region, or None."""
    if (found := _nth(text, language)) is not None:
        return found[1]
    words, table = words_of(language), _patterns(language)
    text = words.without(text, "no_place")
    if words.has("smallest", text) or table["smaller"].search(text):
        return Rank("length", -1)
    if words.has("largest", text) or table["larger"].search(text):
        return Rank("length")
    return next((Rank(side) for side in SIDES if table[side].search(text)), None)


def without_ranks(text: str, language: str) -> str:
    """Return a text without a rank that has an ordinal number: of "the second largest"."""
    found = _nth(text, language)
    return text if found is None else text.replace(found[0][0], " ")


def is_rank(text: str, language: str) -> bool:
    """Return whether a text names a region as the last, by an ordinal number of sizes, or as one of two."""
    words, table = words_of(language), _patterns(language)
    named = words.has("last_region", text) or any(table[one].search(text) for one in ("larger", "smaller"))
    return named or _nth(text, language) is not None


def is_only_rank(text: str, language: str) -> bool:
    """Return whether a text says no more than the rank of a region: "the shorter of the two"."""
    words, rest = words_of(language), without_ranks(text, language)
    for name in ("larger", "smaller"):
        rest = _patterns(language)[name].sub(" ", rest)
    rest, longest = words.without(rest, *_OF_A_RANK), 1 if language in SPACELESS else 3
    named = rank_of(text, language) is not None or words.has("last_region", text)
    return named and not words.has("ask", rest) and all(len(w) <= longest for w in re.findall(r"\w+", rest))


def region_before(last: Turn | None, seen: Sequence[Seen], current: int | None) -> int | None:
    """Return the region that the turn before was of, where the thread has no image but the current one."""
    alone = all(one["number"] == current for one in seen)
    return last.region if last is not None and alone else None


def with_region(
    text: str, last: Turn | None, seen: Sequence[Seen], current: int | None, language: str
) -> str:
    """Return a question with "the other one" and "the last one" as regions, after one that was of a region.

    Where the thread has other images, these may be meant.
    """
    before = region_before(last, seen, current)
    if last is None or before is None or last.image != current:
        return text
    words, table, names = words_of(language), _patterns(language), tables(FILE)[language]
    plain = text.lower()
    if (found := table["other"].search(plain)) is not None:
        number = 1 if before > 1 else 2
        gap = "" if language in SPACELESS else " "
        spot = names["spot"].replace("2", str(number)) if not gap else f"{names['spot']} {number}"
        return f"{plain[: found.start()]}{spot}{plain[found.end() :]}"
    found = table["last"].search(plain)
    if found is None or any(words.has(one, plain) for one in _OF_THE_LOG):
        return text
    return f"{plain[: found.start()]}{names['final']}{plain[found.end() :]}"


def _nth(text: str, language: str) -> tuple[re.Match[str], Rank] | None:
    """Return where a text names a rank by an ordinal number, and that rank: "the third smallest"."""
    found = _patterns(language)["nth"].search(text)
    if found is None:
        return None
    if found["next"]:
        number = 2
    elif found["digits"]:
        number = int(found["digits"])
    else:
        names = [name for name in _ORDINALS if found[name]]
        number = _ORDINALS.index(names[0]) + 1
    return found, Rank("length", number if found["large"] else -number)


@cache
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    words, table = words_of(language), tables(FILE)[language]
    stems = _STEMS.get(language, "").split("|")
    ordinals = "|".join(
        f"(?P<{name}>{words.source(name)}{f'|{stems[at]}' if at < len(stems) and stems[at] else ''})"
        for at, name in enumerate(_ORDINALS)
    )
    gap = r"\s?" if language in SPACELESS or language == "de" else r"[\s-]+"
    ranked = rf"(?:(?P<large>{table['large']})|(?P<small>{table['small']}))"
    nth = rf"(?:(?:{ordinals}|{_DIGITS}){gap}|(?P<next>{table['next']})){ranked}"
    made = {name: table[name] for name in ("larger", "smaller", "other", "last")}
    made |= {side: table["sided"].replace("{side}", f"(?:{words.source(side)})") for side in SIDES}
    return {name: re.compile(bounded(pattern, language)) for name, pattern in {**made, "nth": nth}.items()}
