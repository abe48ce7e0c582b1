"""Lengths, areas and shares that a question states: a limit, the part's length, or a defect's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import NUMBER, UNIT, as_number, in_mm, limit_in
from agents.questions.lexicon.words import SPACELESS, once, words_of
from agents.questions.slots.by_words import type_of
from agents.questions.slots.scales import scale_of, without_scale
from knowledge.catalogue.limits import says_offset
from tools.records import LimitRecord

_LENGTH: Final = re.compile(rf"(?<![a-z\d.,]){NUMBER}[\s-]*({UNIT})", re.IGNORECASE)
_NUMBER: Final = re.compile(rf"(?<![a-z\d.,])(?<![a-z][-_/]){NUMBER}(?:[\s-]*({UNIT}))?(?!\d)", re.IGNORECASE)
_COMMA: Final = r"[,;\uff0c\u3001]"
_ENDS: Final = re.compile(
    r"(?<!\d)[,.]|[,.](?!\d)|\s[-\u2013\u2014]\s|[;:?!\uff0c\u3001\u3002\uff1b\uff1a\uff1f\uff01()]"
)
"""Where one statement of a question ends."""
_COUNT: Final = re.compile(r"(?<![\w.,#/-])(\d{1,3})(?=\s?[^\W\d_]{3}|\s?(?:[个個処处箇개군つ]|か所|곳))")
"""A number that counts what follows it."""
_ASSENT: Final = (
    r"oder(?!\s+\w+er)|ne(?!\w)|gell|right|ok(?:ay)?(?!\w)|isn'?t it|no(?!\w)|non(?!\w)|verdad|hein|né(?!\w)"
    r"|吧|对吧|です|だ|なら|だけど|이죠|죠|인데|이면|면"
)
"""What may stand behind a number without a unit that is a limit."""
_NEGATED: Final = 10
"""Characters before a word for more within which "no" turns it: "no more than", "may not exceed"."""
_AFTER: Final = 20
"""Characters behind a length within which the defect stands that it is of: "a 2 mm long scratch"."""


def measure_of(text: str) -> LimitRecord | None:
    """Return the first length or share that a text states, or None."""
    found = _LENGTH.search(without_scale(text))
    return None if found is None else _measure(found)


def value_of(text: str) -> LimitRecord | None:
    """Return the first length, angle or share that a text states, else its only number, where it is a count.

    "3 pores", and neither "lot 3" nor "part 12".
    """
    if (found := measure_of(text)) is not None:
        return found
    numbers, counts = list(compiled(r"\d+").finditer(text)), list(_COUNT.finditer(text))
    return LimitRecord(value=float(counts[0][1]), unit="count") if len(numbers) == len(counts) == 1 else None


def without_measures(text: str, most: int = 0) -> str:
    """Return a text without the lengths and shares that it states, or without so many of them."""
    return _LENGTH.sub(" ", without_scale(text), count=most)


def is_size(number: re.Match[str], text: str) -> bool:
    """Return whether a number without a unit may be a size in a text: "a burr of 0.2", but not "3 burrs"."""
    at_end = compiled(r"\s*(?:$|[,;:.?!\u3001\u3002\uff0c\uff1f])").match(text, number.end()) is not None
    return "." in number[1] or "," in number[1] or at_end


def bare_number(text: str) -> float | None:
    """Return the only number of a text, where it may be a size and has no unit: "and a burr of 0.2?"."""
    numbers = list(_NUMBER.finditer(without_scale(text)))
    if len(numbers) != 1 or numbers[0][2] or not is_size(numbers[0], without_scale(text)):
        return None
    return as_number(numbers[0][1])


def states_a_size(text: str, language: str) -> bool:
    """Return whether a question states a size that nothing has: "and what if it was 4 mm?"."""
    plain = normalised(text)
    return measure_of(plain) is not None and words_of(language).has("what_if", plain)


def states_an_offset(text: str) -> bool:
    """Return whether a text states a length and says that something is shifted: "0.4 mm of offset"."""
    found = measure_of(text)
    return found is not None and found.unit in ("mm", "px") and says_offset(text)


def limit_of(text: str, language: str) -> LimitRecord | None:
    """Return the limit that a text gives, such as "at most 2 mm", or None."""
    words, rest = words_of(language), without_scale(text)
    stated = [
        (found, piece)
        for found, piece in _stated(rest, language)
        if not _is_known(found, piece, rest, language)
    ]
    beside = [found for found, piece in stated if words.has("limit", piece)]
    if beside:
        marks = [mark.span() for mark in words.by_meaning["limit"].finditer(rest)]
        return _measure(min(beside, key=lambda one: min(_gap(one.span(), mark) for mark in marks)))
    if stated and (words.has("limit", rest) or _asks_if_allowed(rest, language)):
        return _measure(stated[0][0])
    sized = words.has("long", rest) and not words.has("how_many", rest)
    bare = None if stated else compiled(_bare(language, compared=sized)).search(rest)
    # Without a unit it is in millimetres, unless the notes' limit is in another one.
    return None if bare is None else limit_in(as_number(bare[1]), "mm")


def states_only_a_limit(text: str, language: str) -> bool:
    """Return whether a clause states a limit and asks nothing of its own: "the limit is 3 mm"."""
    words = words_of(language)
    asks = any(words.has(one, text) for one in ("ask", "good", "bad", "tolerance", "at_least"))
    return limit_of(text, language) is not None and words.has("limit_noun", text) and not asks


@cache
def _bare(language: str, *, compared: bool = False) -> str:
    """Return the pattern of a number without a unit beside a noun for a limit: "the limit is 4, right?".

    compared: whether a word that compares stands for that noun: "how wide is the gap, above 0.3?".
    """
    noun = words_of(language).source("limit_noun")
    if compared:
        noun = f"{noun}|{words_of(language).source('at_least')}"
    link = r"[:=]?\s*(?:[是为はがも은는이가]\s*|[\w'’]{1,6}\s+){0,3}"
    end = r"$|[?!.,;:)\uff1f\u3002\uff0c\u3001]"
    return rf"(?:{noun})\s*{link}{NUMBER}(?=\s*(?:{end}|(?:{_ASSENT})))"


def asks_if_above(text: str, language: str) -> bool:
    """Return whether a yes would mean that a limit is exceeded.

    The last statement that says either tells: "over 2 mm is scrap. Does it pass?" asks for less.
    """
    text = once(text)
    words, ends = words_of(language), [found.end() for found in _ENDS.finditer(text)]
    pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    for piece in reversed(pieces):
        above = words.find("at_least", piece)
        if above is not None:
            return not words.is_turned(above, piece, _NEGATED)
        if states_only_a_limit(piece, language):
            continue
        if (fate := named_fate(piece, words)) is not None:
            # "Out with it? The limit is 3 mm."
            return fate[1] == "discard"
        if any(words.has(meaning, piece) for meaning in ("good", "keep", "tolerance", "limit")):
            return False
    return False


def stated_measure(text: str, language: str) -> tuple[LimitRecord, LimitRecord] | None:
    """Return a measure and the limit that a text states for it, "at most 2 mm, it has 1.5", or None.

    The limit is the number next to a word for one. A number without a unit is in that of the other.
    """
    rest, limit = without_scale(text), limit_of(text, language)
    numbers = list(_NUMBER.finditer(rest))
    marks = [mark.span() for mark in words_of(language).by_meaning["limit"].finditer(rest)]
    if limit is None or len(numbers) != 2 or not marks:
        return None

    def distance(number: re.Match[str]) -> tuple[bool, int]:
        gaps = [
            (end, number.start()) if end <= number.start() else (number.end(), start) for start, end in marks
        ]
        return min((compiled(_COMMA).search(rest[slice(*gap)]) is not None, gap[1] - gap[0]) for gap in gaps)

    bound, measured = sorted(numbers, key=distance)
    unit = bound[2] or measured[2]
    first, second = (limit_in(as_number(one[1]), one[2] or unit) for one in (measured, bound))
    return (first, second) if first.unit == second.unit else None


def known_length_mm(text: str, language: str, *, elsewhere: bool = False) -> float | None:
    """Return the length of the part that a text gives, such as "the screw is 40 mm long", or None.

    elsewhere: whether it is a clause, and another one asks.
    """
    if scale_of(text) is not None:
        return None
    known = (
        found
        for found, piece in _stated(text, language)
        if _is_known(found, piece, text, language, elsewhere)
    )
    found = next(known, None)
    return None if found is None else in_mm(as_number(found[1]), found[2])


def _stated(text: str, language: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the lengths and shares of a text, each with the statement that it stands in."""
    ends = [0, *(found.end() for found in _ends(text, language)), len(text)]
    for found in _LENGTH.finditer(text):
        start = max(end for end in ends if end <= found.start())
        end = min((end for end in ends if end >= found.end()), default=len(text))
        yield found, text[start:end]


def _ends(text: str, language: str) -> Sequence[re.Match[str]]:
    return [*_ENDS.finditer(text), *words_of(language).by_meaning["given"].finditer(text)]


def _is_known(found: re.Match[str], piece: str, text: str, language: str, asked: bool = False) -> bool:
    """Return whether a length is said of the part, and neither of a defect nor as a limit."""
    words = words_of(language)
    before = piece[: piece.find(found[0])]
    after = compiled(rf"(?:{words.source('and')})").split(piece[piece.find(found[0]) + len(found[0]) :])[0]
    if in_mm(1.0, found[2]) is None or words.has("limit", piece):
        return False
    if type_of(before, language) or type_of(after[:_AFTER], language) or words.has("region", before):
        return False
    named = any(
        len(word) > (1 if language in SPACELESS else 3)
        for word in re.findall(r"[^\W\d]+", words.without(before, "it", "this", "ask", "here"))
    )
    asks = asked or asks_openly(text.replace(piece, " "), language)
    # "The shaft has 300 mm. How long is the scratch?", but "is it 2 mm long?" says nothing of the part.
    return (named or asks) if words.has("long", piece) else (named and asks)


def _gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return the characters between two spans."""
    return max(one[0] - other[1], other[0] - one[1], 0)


def _asks_if_allowed(text: str, language: str) -> bool:
    """Return whether a text without a word for a limit asks if a length is: "0.3 mm ok?"."""
    words = words_of(language)
    if asks_openly(text, language) or words.has("long", text) or type_of(text, language) is not None:
        return False
    return words.has("good", text) or words.has("tolerance", text) or words.has("keep", text)


def _measure(found: re.Match[str]) -> LimitRecord:
    return limit_in(as_number(found[1]), found[2])
