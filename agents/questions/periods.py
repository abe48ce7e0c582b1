"""The period of time that a question names: today, since Monday, in the last 3 days, an ISO date, a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from agents.questions.words import SPACELESS, Words, words_of

NAMES: Final = {
    "morning": "this morning",
    "last_hour": "in the last hour",
    "shift": "in the last eight hours",
    "last_week": "last week",
    "this_week": "this week",
    "last_month": "last month",
    "this_month": "this month",
    "yesterday": "yesterday",
    "today": "today",
}
"""Meaning of a word -> message of the period, the more special first."""
SHIFT: Final = timedelta(hours=8)
_UNITS: Final = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
    "months": timedelta(days=30),
}
_DATE: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_CLOCK: Final = re.compile(
    r"(?P<late>下午|晚上|午後|오후 ?)?(?<![\d:.-])(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?!\d)"
    r"|(?P<hour>\d{1,2}) ?(?:uhr|h(?![a-z])|時(?!間)|点|點|时(?!间)|시(?!간)|o'clock|(?=[ap]\.?m))"
    r"|(?:ore|alle|las|às) (?P<plain>\d{1,2})(?!\d))(?P<half> ?[ap]\.?m)?"
)
_MOMENTS: Final = ("clock", "moment")
_ADJACENT: Final = 14
"""Characters between a date and its time of day, and between "since" and what it stands by."""


@dataclass(frozen=True)
class Period:
    """A period. since, until: aware; None where it is open. name: a message of `NAMES`, or empty."""

    since: datetime | None
    until: datetime | None
    name: str = ""


@dataclass(frozen=True)
class Point:
    """A period at a place of the text. kind: a whole day, a time of day, both as one moment, or another."""

    start: int
    end: int
    since: datetime
    until: datetime | None
    name: str = ""
    kind: str = ""


def period_of(text: str, language: str, now: datetime) -> tuple[Period | None, str]:
    """Return the period that a text names, if any, and the text without it.

    text: in lower case. now: aware, in the machine's time zone.
    """
    points = points_in(text, language, now)
    if not points:
        return None, text
    rest = without(text, points)
    first, last = points[0], points[-1]
    if len(points) > 1:
        until = last.since if last.kind in _MOMENTS else last.until
        return Period(first.since, _past(until, now)), rest
    return period_at(first, text, language, now), rest


def points_in(text: str, language: str, now: datetime) -> list[Point]:
    """Return what names a time in a text, in its order. text, now: see `period_of`."""
    return _joined(_without_overlap(_points(text, words_of(language), now)))


def without(text: str, points: Sequence[Point]) -> str:
    """Return a text without the words of points, which are in its order."""
    for point in points[::-1]:
        text = f"{text[: point.start]} {text[point.end :]}"
    return text


def period_at(point: Point, text: str, language: str, now: datetime) -> Period:
    """Return the period of a point with the words beside it: "since", "until", or the point itself."""
    if point.kind == "span" or beside("since", text, point, language):
        name = point.name if point.name == "today" or point.kind == "span" else ""
        return Period(point.since, None, name)
    if beside("until", text, point, language):
        return Period(None, point.since if point.kind in _MOMENTS else point.until)
    return itself(point, now)


def itself(point: Point, now: datetime) -> Period:
    """Return the period that a point names by itself."""
    return Period(point.since, _past(point.until, now), point.name)


def named_period(meaning: str, now: datetime) -> Period:
    """Return a period of `NAMES` by its meaning."""
    since, until = _bounds(meaning, now)
    return Period(since, _past(until, now), NAMES[meaning])


def _past(until: datetime | None, now: datetime) -> datetime | None:
    return None if until is None or until > now else until


def _points(text: str, words: Words, now: datetime) -> Iterator[Point]:
    """Yield what may name a time, the more special first."""
    today = now.date()
    for found in _DATE.finditer(text):
        try:
            day = date(*(int(part) for part in found.groups()))
        except ValueError:
            continue
        yield _day(found, day)
    span = _span(text, words, now)
    if span is not None:
        yield span
    for meaning, name in NAMES.items():
        for found in words.by_meaning[meaning].finditer(text):
            yield _named(found, meaning, name, now)
    for number, pattern in enumerate(words.weekdays):
        for found in re.finditer(_bounded(pattern, words.language), text):
            yield _day(found, today - timedelta(days=(today.weekday() - number) % 7))
    for found in _CLOCK.finditer(text):
        hour = int(found["h"] or found["hour"] or found["plain"])
        late = bool(found["late"]) or (found["half"] or "").strip().startswith("p")
        hour = hour + 12 if late and hour < 12 else hour
        if hour > 23 or int(found["m"] or 0) > 59:
            continue
        at = local(today, time(hour, int(found["m"] or 0)))
        at = at if at <= now else local(today - timedelta(days=1), at.time())
        yield Point(found.start(), found.end(), at, None, kind="clock")


def _span(text: str, words: Words, now: datetime) -> Point | None:
    """Return "in the last 3 days", or None."""
    if not words.has("past", text):
        return None
    # "Les 3 derniers jours"; in Korean "이 지난주" is no number before "last week".
    between = "" if words.language in SPACELESS else rf"(?:(?:{words.source('past')}) ?)?"
    counted = "|".join(rf"(?P<n{number}>{word})" for number, word in enumerate(words.counting, 1))
    for unit, length in _UNITS.items():
        found = re.search(
            _bounded(
                rf"(?:(?P<digits>\d+)|{counted}) ?{between}(?:{words.source(unit)})",
                words.language,
            ),
            text,
        )
        if found is not None:
            named = next((number for number in range(1, 11) if found[f"n{number}"]), 0)
            count = min(int(found["digits"] or named), 100_000)
            return Point(found.start(), found.end(), now - count * length, None, kind="span")
    return None


def _named(found: re.Match[str], meaning: str, name: str, now: datetime) -> Point:
    if meaning in ("last_hour", "shift"):
        length = SHIFT if meaning == "shift" else timedelta(hours=1)
        return Point(found.start(), found.end(), now - length, None, name, "span")
    since, until = _bounds(meaning, now)
    kind = "day" if meaning in ("yesterday", "today") else ""
    return Point(found.start(), found.end(), since, until, name, kind)


def _bounds(meaning: str, now: datetime) -> tuple[datetime, datetime | None]:
    """Return the first instant of a named period, and that after it; None where it is open."""
    today = now.date()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    return {
        "morning": (local(today), local(today, time(12))),
        "last_week": (local(monday - timedelta(days=7)), local(monday)),
        "this_week": (local(monday), None),
        "last_month": (local((first - timedelta(days=1)).replace(day=1)), local(first)),
        "this_month": (local(first), None),
        "yesterday": (local(today - timedelta(days=1)), local(today)),
        "today": (local(today), local(today + timedelta(days=1))),
    }[meaning]


def _without_overlap(points: Iterator[Point]) -> list[Point]:
    """Return points in the text's order, without those that lie in a more special one."""
    kept: list[Point] = []
    for point in points:
        if all(point.end <= other.start or other.end <= point.start for other in kept):
            kept.append(point)
    return sorted(kept, key=lambda point: point.start)


def _joined(points: list[Point]) -> list[Point]:
    """Return points with a day and the time of day beside it as one."""
    found: list[Point] = []
    for point in points:
        before = found[-1] if found else None
        if (
            before is not None
            and {before.kind, point.kind} == {"day", "clock"}
            and point.start - before.end <= _ADJACENT
        ):
            day, clock = (before, point) if before.kind == "day" else (point, before)
            at = local(day.since.date(), clock.since.time())
            found[-1] = replace(clock, start=before.start, end=point.end, since=at, kind="moment")
        else:
            found.append(point)
    return found


def beside(meaning: str, text: str, point: Point, language: str) -> bool:
    """Return whether a word such as "since" stands before a point, in spaceless scripts also after."""
    words = words_of(language)
    near = text[max(point.start - _ADJACENT, 0) : point.start]
    if words.has(meaning, near.rstrip()):
        return True
    return language in SPACELESS and words.has(meaning, text[point.end : point.end + 4])


def _day(found: re.Match[str], day: date) -> Point:
    return Point(found.start(), found.end(), local(day), local(day + timedelta(days=1)), kind="day")


def local(day: date, at: time = time()) -> datetime:
    """Return a time of a day in the machine's time zone."""
    # Without a zone given, the machine's, with the offset that was in force on that day.
    return datetime.combine(day, at.replace(tzinfo=None)).astimezone()


def _bounded(pattern: str, language: str) -> str:
    return pattern if language in SPACELESS else rf"(?<!\w)(?:{pattern})(?!\w)"
