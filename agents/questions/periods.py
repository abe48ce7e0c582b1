"""The period of time that a question names: today, since Monday, in the last 3 days, an ISO date, a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
class _Point:
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
    points = _joined(_without_overlap(_points(text, words_of(language), now)))
    if not points:
        return None, text
    rest = text
    for point in points[::-1]:
        rest = f"{rest[: point.start]} {rest[point.end :]}"
    first, last = points[0], points[-1]
    if len(points) > 1:
        until = last.since if last.kind in _MOMENTS else last.until
        return Period(first.since, _past(until, now)), rest
    if first.kind == "span" or _beside("since", text, first, language):
        name = first.name if first.name == "today" or first.kind == "span" else ""
        return Period(first.since, None, name), rest
    if _beside("until", text, first, language):
        return Period(None, first.since if first.kind in _MOMENTS else first.until), rest
    return Period(first.since, _past(first.until, now), first.name), rest


def _past(until: datetime | None, now: datetime) -> datetime | None:
    return None if until is None or until > now else until


def _points(text: str, words: Words, now: datetime) -> Iterator[_Point]:
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
        at = _local(today, time(hour, int(found["m"] or 0)))
        at = at if at <= now else _local(today - timedelta(days=1), at.time())
        yield _Point(found.start(), found.end(), at, None, kind="clock")


def _span(text: str, words: Words, now: datetime) -> _Point | None:
    """Return "in the last 3 days", or None."""
    if not words.has("past", text):
        return None
    counted = "|".join(rf"(?P<n{number}>{word})" for number, word in enumerate(words.counting, 1))
    for unit, length in _UNITS.items():
        found = re.search(
            _bounded(
                rf"(?:(?P<digits>\d+)|{counted}) ?(?:(?:{words.source('past')}) ?)?(?:{words.source(unit)})",
                words.language,
            ),
            text,
        )
        if found is not None:
            named = next((number for number in range(1, 11) if found[f"n{number}"]), 0)
            count = min(int(found["digits"] or named), 100_000)
            return _Point(found.start(), found.end(), now - count * length, None, kind="span")
    return None


def _named(found: re.Match[str], meaning: str, name: str, now: datetime) -> _Point:
    today = now.date()
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    if meaning in ("last_hour", "shift"):
        length = SHIFT if meaning == "shift" else timedelta(hours=1)
        return _Point(found.start(), found.end(), now - length, None, name, "span")
    since, until = {
        "morning": (_local(today), _local(today, time(12))),
        "last_week": (_local(monday - timedelta(days=7)), _local(monday)),
        "this_week": (_local(monday), None),
        "last_month": (_local((first - timedelta(days=1)).replace(day=1)), _local(first)),
        "this_month": (_local(first), None),
        "yesterday": (_local(today - timedelta(days=1)), _local(today)),
        "today": (_local(today), _local(today + timedelta(days=1))),
    }[meaning]
    kind = "day" if meaning in ("yesterday", "today") else ""
    return _Point(found.start(), found.end(), since, until, name, kind)


def _without_overlap(points: Iterator[_Point]) -> list[_Point]:
    """Return points in the text's order, without those that lie in a more special one."""
    kept: list[_Point] = []
    for point in points:
        if all(point.end <= other.start or other.end <= point.start for other in kept):
            kept.append(point)
    return sorted(kept, key=lambda point: point.start)


def _joined(points: list[_Point]) -> list[_Point]:
    """Return points with a day and the time of day beside it as one."""
    found: list[_Point] = []
    for point in points:
        before = found[-1] if found else None
        if (
            before is not None
            and {before.kind, point.kind} == {"day", "clock"}
            and point.start - before.end <= _ADJACENT
        ):
            day, clock = (before, point) if before.kind == "day" else (point, before)
            at = _local(day.since.date(), clock.since.time())
            found[-1] = replace(clock, start=before.start, end=point.end, since=at, kind="moment")
        else:
            found.append(point)
    return found


def _beside(meaning: str, text: str, point: _Point, language: str) -> bool:
    """Return whether a word such as "since" stands before a point, in spaceless scripts also after."""
    words = words_of(language)
    near = text[max(point.start - _ADJACENT, 0) : point.start]
    if words.has(meaning, near.rstrip()):
        return True
    return language in SPACELESS and words.has(meaning, text[point.end : point.end + 4])


def _day(found: re.Match[str], day: date) -> _Point:
    return _Point(found.start(), found.end(), _local(day), _local(day + timedelta(days=1)), kind="day")


def _local(day: date, at: time = time()) -> datetime:
    # Without a zone given, the machine's, with the offset that was in force on that day.
    return datetime.combine(day, at.replace(tzinfo=None)).astimezone()


def _bounded(pattern: str, language: str) -> str:
    return pattern if language in SPACELESS else rf"(?<!\w)(?:{pattern})(?!\w)"
