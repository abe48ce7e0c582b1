"""Places of a text that name a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class Point:
    """A period at a place of the text.

    kind: a whole day, a part of a day, a time of day, both as one moment, a span up to now, or another.
    """

    start: int
    end: int
    since: datetime
    until: datetime | None
    name: str = ""
    kind: str = ""


def day_point(start: int, end: int, day: date) -> Point:
    """Return the point of a whole day."""
    return Point(start, end, local(day), local(day + timedelta(days=1)), kind="day")


def local(day: date, at: time = time()) -> datetime:
    """Return a time of a day in the machine's time zone."""
    # Without a zone given, the machine's, with the offset that was in force on that day.
    return datetime.combine(day, at.replace(tzinfo=None)).astimezone()
