"""Two periods that a question compares: "more rejects today than yesterday?"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import Words, words_of
from agents.questions.log.periods import (
    NAMES,
    Period,
    beside,
    itself,
    named_period,
    opened,
    period_at,
    points_in,
    without,
)
from agents.questions.log.points import Point, local

Direction = Literal["worse", "better", "more", "fewer"]
"""How a question ranks what it compares: by the share of what is bad, or by a number."""
_DIRECTIONS: Final[tuple[tuple[str, Direction], ...]] = (
    ("worsened", "worse"),
    ("improved", "better"),
    ("more", "more"),
    ("fewer", "fewer"),
)
_BEFORE: Final = {"today": "yesterday", "this_week": "last_week", "this_month": "last_month"}
"""Periods that go on, each with the one that it is compared with."""
_NEAR: Final = 14
"""Characters before a period within which "than" is of it."""
_AFTER: Final = 6
"""The same after it, where languages put it there."""
_BEHIND: Final = frozenset({"ja", "ko"})
"""Languages that put it there alone; Chinese may."""


@dataclass(frozen=True)
class Compared:
    """Two periods that are compared, the one that is asked about first. rest: the text without them."""

    first: Period
    second: Period
    rest: str


def direction_of(words: Words, text: str) -> Direction | None:
    """Return how a text, in lower case, ranks what it compares, or None."""
    return next((direction for meaning, direction in _DIRECTIONS if words.has(meaning, text)), None)


def compared_periods(text: str, language: str, now: datetime, *, implied: bool) -> Compared | None:
    """Return the periods that a text compares, or None.

    text, now: see `period_of`. implied: whether "worse than yesterday" alone compares with today; beside an
    image it may compare with that of yesterday.
    """
    points = points_in(text, language, now)
    if not points:
        return None
    words, rest = words_of(language), without(text, points)
    found = (
        _of_two(points, text, rest, words, now)
        if len(points) > 1
        else _of_one(points[0], text, rest, words, now, implied=implied)
    )
    if found is None:
        return None
    # "Que" is a question word where it is no "than".
    for point in points[::-1]:
        text = f"{_without_than(text[: point.start], words)} {text[point.end :]}"
    return Compared(*found, _without_than(text, words))


def _of_two(
    points: list[Point], text: str, rest: str, words: Words, now: datetime
) -> tuple[Period, Period] | None:
    one, other = points[:2]
    language = words.language
    asked = words.has("compare", rest) or words.has("or", rest) or direction_of(words, rest) is not None
    ranged = beside("since", text, one, language) and beside("until", text, other, language)
    # "From yesterday to today" is one period, "today and yesterday" are two.
    if not words.has("compare", rest) and (ranged or not (asked or one.since > other.since)):
        return None
    ranked = direction_of(words, rest) is not None
    if ranked and _after_than(text, 0, one, words) and not _after_than(text, one.end, other, words):
        one, other = other, one
    first, second = (_open(point, text, language, now) for point in (one, other))
    # "Of yesterday" is not since then, beside today.
    if first.until is None and one.since <= other.since:
        first = itself(one, now)
    if second.until is None and other.since <= one.since:
        second = itself(other, now)
    return first, second


def _of_one(
    point: Point, text: str, rest: str, words: Words, now: datetime, *, implied: bool
) -> tuple[Period, Period] | None:
    language, direction = words.language, direction_of(words, rest)
    if direction is None and not words.has("compare", rest):
        return None
    than = _after_than(text, 0, point, words)
    if words.has("previous", rest) and not (beside("until", text, point, language) and direction is None):
        first = _open(point, text, language, now)
        return first, _before(first, point.since, now)
    second = itself(point, now)
    follows = next((after for after, before in _BEFORE.items() if NAMES[before] == second.name), None)
    if follows is None and point.kind == "day" and second.until is not None:
        follows = "today"
    current = named_period(follows, now) if implied and follows is not None else None
    if current is not None and words.has("or", rest) and words.has("this", rest):
        return current, second  # "this or last week?"
    if words.has("which", rest) or words.has("trend", rest):
        return None
    ranked = direction in ("worse", "better")
    if ranked and not than and opened(text, point, language):
        first = period_at(point, text, language, now)
        return first, _before(first, point.since, now)
    if current is not None and than:
        return current, second
    # "Was it better yesterday?", but "the worst part of yesterday" in words that are the same.
    if current is not None and ranked and not words.has("worst", rest):
        return second, current
    return None


def _open(point: Point, text: str, language: str, now: datetime) -> Period:
    """Return the period of a point, which is open where "since" stands beside it."""
    since = opened(text, point, language)
    return period_at(point, text, language, now) if since else itself(point, now)


def _before(period: Period, since: datetime, now: datetime) -> Period:
    """Return the period before one that begins at `since`: the day, week or month, else as long a time."""
    named = next((before for meaning, before in _BEFORE.items() if NAMES[meaning] == period.name), None)
    if named is not None:
        return named_period(named, now)
    until = period.until or now
    if since.time() == until.time() == time():
        days = (until.date() - since.date()).days
        return Period(local(since.date() - timedelta(days=days)), since)
    return Period(since - (until - since), since)


def _after_than(text: str, start: int, point: Point, words: Words) -> bool:
    """Return whether "than" is of a point: before it, behind `start`, or after it."""
    near, behind = text[max(point.start - _NEAR, start) : point.start], text[point.end : point.end + _AFTER]
    if words.language in _BEHIND:
        return words.has("than", behind)
    return words.has("than", near) or words.has("than_after", behind)


def _without_than(text: str, words: Words) -> str:
    """Return a text without a "than" at its end, and without words such as "than before"."""
    than, earlier = words.source("than"), words.source("previous")
    return compiled(rf"(?:{than})\s*(?:\w+\s+)?(?:{earlier}|$)|{earlier}").sub(" ", text)
