"""The period of time that a question names: today, since Monday, in the last 3 days, an ISO date, a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, bounded, words_of
from agents.questions.log.points import Point, day_point, local
from agents.questions.log.times import (
    closes,
    days_ago,
    days_in,
    follows,
    hours_in,
    of_day,
    opens,
    parts_in,
    precedes,
)

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
    r"(?P<late>下午|晚上|午後|오후 ?)?(?<![a-z\d:.-])(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?!\d)"
    r"|(?P<hour>\d{1,2}) ?(?:uhr|h(?![a-z])|時(?!間|の方|方)|[点點](?!方|钟方|鐘方)|时(?!间)"
    r"|시(?! ?간| ?방향)|o'clock(?! pos)|(?=[ap]\.?m))"
    r"|(?:ore|alle|las|às) (?P<plain>\d{1,2})(?!\d)"
    r"(?! (?:[uú]ltim|peor|mejor|piezas|imágenes|fotos|más|primer|unidad)))(?P<half> ?[ap]\.?m)?"
)
_MOMENTS: Final = ("clock", "moment")
_SHORT: Final = 2
"""Letters of a word such as "to", which has other meanings too."""
_ADJACENT: Final = 14
"""Characters between a date and its time of day, and between "since" and what it stands by."""


@dataclass(frozen=True)
class Period:
    """A period. since, until: aware; None where it is open. name: a message of `NAMES`, or empty.

    instant: whether it is named by the time at which it begins: "14:00", "3 days".
    """

    since: datetime | None
    until: datetime | None
    name: str = ""
    instant: bool = field(default=False, compare=False)


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
        if first.since > last.since and first.kind not in _MOMENTS and last.kind not in _MOMENTS:
            first, last = last, first
        until = last.since if last.kind in _MOMENTS else last.until
        if until is not None and until <= first.since and last.kind in _MOMENTS:
            until += timedelta(days=1)  # from 22 to 6
        return Period(first.since, _past(until, now)), rest
    return period_at(first, text, language, now), rest


def points_in(text: str, language: str, now: datetime) -> list[Point]:
    """Return what names a time in a text, in its order, and is not to come. text, now: see `period_of`.

    "Can lot A17 go out tonight?" is of no parts that were inspected then.
    """
    found = _joined(_without_overlap(_points(text, words_of(language), now)), now)
    return [point for point in found if point.since <= now]


def without(text: str, points: Sequence[Point]) -> str:
    """Return a text without the words of points, which are in its order."""
    for point in points[::-1]:
        text = f"{text[: point.start]} {text[point.end :]}"
    return text


def period_at(point: Point, text: str, language: str, now: datetime) -> Period:
    """Return the period of a point with the words beside it: "since", "until", or the point itself."""
    if point.kind == "moment" and follows(text, point.start, point.end, words_of(language), _ADJACENT):
        # "After lunch yesterday" ends with that day, "since yesterday at noon" goes on.
        return Period(point.since, _past(local(point.since.date() + timedelta(days=1)), now))
    if point.kind == "span" or opened(text, point, language):
        name = point.name if point.name == "today" or point.kind == "span" else ""
        return Period(point.since, None, name, instant=point.kind in (*_MOMENTS, "span"))
    if precedes(text, point.start, point.end, words_of(language), _ADJACENT):
        return Period(None, point.since)
    behind = language in SPACELESS and beside("until", text, point, language)
    if behind or closes(text, point.start, words_of(language), _ADJACENT):
        return Period(None, point.since if point.kind in _MOMENTS else point.until)
    return itself(point, now)


def opened(text: str, point: Point, language: str) -> bool:
    """Return whether a period goes on since a point: "since Monday", but not "from Monday"."""
    return opens(text, point.start, point.end, words_of(language), _ADJACENT)


def itself(point: Point, now: datetime) -> Period:
    """Return the period that a point names by itself."""
    return Period(point.since, _past(point.until, now), point.name, instant=point.kind in _MOMENTS)


def named_period(meaning: str, now: datetime) -> Period:
    """Return a period of `NAMES` by its meaning."""
    since, until = _bounds(meaning, now)
    return Period(since, _past(until, now), NAMES[meaning])


def of_the_shift(now: datetime) -> Period:
    """Return the last hours of a shift's length."""
    return Period(now - SHIFT, None, NAMES["shift"])


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
        yield day_point(*found.span(), day)
    yield from hours_in(text, words, now)
    yield from days_ago(text, words, now)
    span = _span(text, words, now)
    if span is not None:
        yield span
    yield from days_in(text, words, now)
    for meaning, name in NAMES.items():
        for found in words.by_meaning[meaning].finditer(text):
            yield _named(found, meaning, name, now)
    for number, pattern in enumerate(words.weekdays):
        for found in compiled(bounded(pattern, words.language)).finditer(text):
            yield day_point(*found.span(), today - timedelta(days=(today.weekday() - number) % 7))
    for found in _CLOCK.finditer(text):
        hour = int(found["h"] or found["hour"] or found["plain"])
        late = bool(found["late"]) or (found["half"] or "").strip().startswith("p")
        hour = hour + 12 if late and hour < 12 else hour
        if hour > 23 or int(found["m"] or 0) > 59:
            continue
        at = local(today, time(hour, int(found["m"] or 0)))
        at = at if at <= now else local(today - timedelta(days=1), at.time())
        yield Point(found.start(), found.end(), at, None, kind="clock")
    yield from parts_in(text, words, now)


def _span(text: str, words: Words, now: datetime) -> Point | None:
    """Return "in the last 3 days", or None."""
    if not words.has("past", text):
        return None
    # "Les 3 derniers jours"; in Korean "이 지난주" is no number before "last week".
    between = "" if words.language in SPACELESS else rf"(?:(?:{words.source('past')}) ?)?"
    number = whole_pattern(words.language)
    for unit, length in _UNITS.items():
        counted = rf"(?P<n>{number}) ?{between}(?:{words.source(unit)})"
        found = compiled(bounded(counted, words.language)).search(text)
        if found is not None:
            count = min(int(number_of(found["n"], words.language)), 100_000)
            return Point(found.start(), found.end(), now - count * length, None, kind="span")
    return None


def _named(found: re.Match[str], meaning: str, name: str, now: datetime) -> Point:
    if meaning in ("last_hour", "shift"):
        length = SHIFT if meaning == "shift" else timedelta(hours=1)
        return Point(found.start(), found.end(), now - length, None, name, "span")
    since, until = _bounds(meaning, now)
    kind = "day" if meaning in ("yesterday", "today") else "part" if meaning == "morning" else ""
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


def _joined(points: list[Point], now: datetime) -> list[Point]:
    """Return points with a day and the time or the part of day beside it as one; two times share a day."""
    found: list[Point] = []
    for point in points:
        before = found[-1] if found else None
        if before is None or point.start - before.end > _ADJACENT:
            found.append(point)
            continue
        kinds = {before.kind, point.kind}
        if kinds == {"day", "clock"}:
            day, clock = (before, point) if before.kind == "day" else (point, before)
            found[-1] = replace(_at(clock, day), start=before.start, end=point.end)
            if len(found) > 1 and clock is before and found[-2].kind == "clock":
                found[-2] = _at(found[-2], day)  # "between 8 and 10 yesterday"
        elif "part" in kinds and kinds & {"clock", "moment"}:
            found = _in_part(found, point, now)
        elif kinds == {"day", "part"} and not (before.name and point.name):
            day, part = (before, point) if before.kind == "day" else (point, before)
            found[-1] = of_day(part, day, now)
        elif (before.kind, point.kind) == ("moment", "clock"):
            found.append(_at(point, before))
        else:
            found.append(point)
    return found


def _in_part(found: list[Point], point: Point, now: datetime) -> list[Point]:
    """Return the points with one more, of which one is a time of day and one the part of day beside it."""
    before = found[-1]
    part = before if before.kind == "part" else point
    clocks = [point] if part is before else [one for one in found[-2:] if one.kind in _MOMENTS]
    kept = found[: -1 if part is before else -len(clocks)]
    for clock in clocks:
        at = clock.since
        if part.since.hour >= 12 > at.hour:
            at += timedelta(hours=12)
            at = at - timedelta(days=1) if clock.kind == "clock" and at > now else at
        kept.append(replace(clock, since=at))
    return [
        *kept[:-1],
        replace(kept[-1], start=min(kept[-1].start, part.start), end=max(kept[-1].end, part.end)),
    ]


def _at(clock: Point, day: Point) -> Point:
    """Return a time of day as a moment of another day."""
    return replace(clock, since=local(day.since.date(), clock.since.time()), kind="moment")


def beside(meaning: str, text: str, point: Point, language: str) -> bool:
    """Return whether a word such as "since" stands before a point, in spaceless scripts also after."""
    words = words_of(language)
    near = text[max(point.start - _ADJACENT, 0) : point.start]
    near = near.rstrip()
    # "À revoir aujourd'hui": a short word says "until" right before the point alone.
    found = list(words.by_meaning[meaning].finditer(near))
    if any(len(one[0]) > _SHORT or one.end() == len(near) for one in found):
        return True
    return language in SPACELESS and words.has(meaning, text[point.end : point.end + 4])
