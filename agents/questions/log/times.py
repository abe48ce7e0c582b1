"""Times in the words of `times.toml`: days, months, parts of a day, hours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import NEVER, SPACELESS, Words, bounded, tables
from agents.questions.log.points import Point, day_point, local

FILE: Final = Path(__file__).with_name("times.toml")
_PARTS: Final = {
    "dawn": (0, 6),
    "morning": (0, 12),
    "afternoon": (12, 18),
    "evening": (18, 24),
    "night": (22, 30),
}
"""Parts of a day, with their hours from its midnight."""
_LATE: Final = "下午|晚上|午後|夜|오후 ?|저녁 ?"
_UNIT: Final = r" ?(?:uhr|h(?![a-z])|o'clock)"
_KANJI: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_THIRDS: Final = {"early": (1, 11), "middle": (11, 21), "late": (21, 0)}
"""Thirds of a month, by their first day and the one after the last."""


def days_in(text: str, words: Words, now: datetime) -> Iterator[Point]:
    """Yield days, weeks, months and years that a text names, the more special first."""
    today, language = now.date(), words.language
    for found in _pattern(language, "before_yesterday").finditer(text):
        yield day_point(*found.span(), today - timedelta(days=2))
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    saturday = today - timedelta(days=(today.weekday() - 5) % 7)
    new_year = today.replace(month=1, day=1)
    for name, since, until in (
        ("week_start", monday, monday + timedelta(days=2)),
        ("month_start", first, first.replace(day=11)),
        ("week_before_last", monday - timedelta(days=14), monday - timedelta(days=7)),
        ("weekend", saturday, saturday + timedelta(days=2)),
        ("last_year", new_year.replace(year=today.year - 1), new_year),
        ("this_year", new_year, new_year.replace(year=today.year + 1)),
    ):
        for found in _pattern(language, name).finditer(text):
            yield Point(*found.span(), local(since), local(until))
    for pattern in _dated(language):
        for found in pattern.finditer(text):
            if (day := _day_of(found, today)) is not None:
                yield day_point(*found.span(), day)
    for found in _months(language).finditer(text):
        yield _month(found, today)


def days_ago(text: str, words: Words, now: datetime) -> Iterator[Point]:
    """Yield days by their distance: "three days ago"."""
    for found in _pattern(words.language, "ago").finditer(text):
        count = next(int(number_of(one, words.language)) for one in found.groups() if one is not None)
        yield day_point(*found.span(), now.date() - timedelta(days=min(count, 10_000)))


def hours_in(text: str, words: Words, now: datetime) -> Iterator[Point]:
    """Yield hours that a text names without a unit, and those of a range: "between 8 and 10", "since 6"."""
    for found in _pattern(words.language, "between").finditer(text):
        held = {name: value for name, value in found.groupdict().items() if value is not None}
        one, other = (_hour(held, ends, words.language) for ends in (("1", "3"), ("2", "4")))
        if one is None or other is None:
            continue
        half = next((held[name] for name in ("half2", "half4") if name in held), "")
        later = half.startswith("p") and one < 12 and one + 12 < other
        one += 12 if later else 0
        other += 12 if other < one and other < 12 and one >= 12 and "late1" in held else 0
        middle = next(found.end(name) for name in ("h1", "h3") if name in held)
        yield _clock(found.start(), middle, one, now)
        yield _clock(middle, found.end(), other, now)
    for found in _pattern(words.language, "hour").finditer(text):
        held = {name: value for name, value in found.groupdict().items() if value is not None}
        name = next((name for name in held if re.fullmatch(r"h\d", name)), "h1")
        hour = _hour(held, (name[1:],), words.language)
        if hour is not None:
            lead = text[found.start() : found.start(name)]
            start = found.start(name) if words.has("until", lead) else found.start()
            yield _clock(start, found.end(), hour, now)
    for found in _pattern(words.language, "noon").finditer(text):
        yield _clock(*found.span(), 12, now)


def parts_in(text: str, words: Words, now: datetime) -> Iterator[Point]:
    """Yield parts of a day: "this afternoon", and "morning", which may stand beside a day."""
    today = now.date()
    for found in _pattern(words.language, "last_night").finditer(text):
        since = local(today - timedelta(days=1), time(18))
        yield Point(*found.span(), since, local(today, time(6)))
    for name, (start, end) in _PARTS.items():
        for found in _pattern(words.language, name).finditer(text):
            # "Tonight" is the night to come, "in the evening" may be that of yesterday.
            begun = local(today, time(start)) <= now or _pattern(words.language, "this_evening").fullmatch(
                found[0]
            )
            day = today if begun else today - timedelta(days=1)
            yield replaced(Point(*found.span(), local(day), None, kind="part"), day, start, end)


def replaced(point: Point, day: date, start: int, end: int) -> Point:
    """Return a part of a day, as hours from its midnight."""
    until = local(day + timedelta(days=end // 24), time(end % 24))
    return Point(point.start, point.end, local(day, time(start)), until, kind="part")


def of_day(part: Point, day: Point, now: datetime) -> Point:
    """Return a part of a day as that of another day, with the words of both; tonight is last night."""
    start = part.since.hour
    length = 24 if part.until is None else (part.until - part.since).total_seconds() / 3600
    date_of = day.since.date()
    if local(date_of, time(start)) > now and start >= 22:
        date_of -= timedelta(days=1)
    one = replaced(part, date_of, start, start + round(length))
    return Point(min(part.start, day.start), max(part.end, day.end), one.since, one.until, kind="part")


def opens(text: str, start: int, end: int, words: Words, within: int) -> bool:
    """Return whether "since" stands beside a place of a text: "since Monday", "from Monday on", "月曜から".

    "From yesterday" alone is the day itself. within: characters before the place.
    """
    near = text[max(start - within, 0) : start].rstrip()
    found = [one[0] for one in words.by_meaning["since"].finditer(near)]
    weak = _pattern(words.language, "from")
    if any(weak.fullmatch(one) is None for one in found):
        return True
    after = text[end : end + 24]
    if found and compiled(rf"\s*(?:{_pattern(words.language, 'onwards').pattern})").match(after):
        return True
    return words.language in SPACELESS and words.has("since", after[:4])


def closes(text: str, start: int, words: Words, within: int) -> bool:
    """Return whether "until" stands before a place of a text; "to" alone does so in a range only."""
    near = text[max(start - within, 0) : start].rstrip()
    weak = _pattern(words.language, "to")
    return any(weak.fullmatch(one[0]) is None for one in words.by_meaning["until"].finditer(near))


def precedes(text: str, start: int, end: int, words: Words, within: int) -> bool:
    """Return whether "before" stands beside a place of a text: what lies before it is meant."""
    before = _pattern(words.language, "before")
    if words.language in SPACELESS:
        return compiled(rf"\s*(?:{before.pattern})").match(text[end : end + 6]) is not None
    near = text[max(start - within, 0) : start].rstrip()
    return (
        compiled(rf"(?:{before.pattern})(?: (?:the|el|la|le|o|a|il|dem|den|der))?$").search(near) is not None
    )


def follows(text: str, start: int, end: int, words: Words, within: int) -> bool:
    """Return whether "after" stands beside a place of a text, and not "since", which goes on until now."""
    after = _pattern(words.language, "after")
    if words.language in SPACELESS:
        return after.match(text, end) is not None
    return after.search(text, max(start - within, 0), end) is not None


def _hour(held: Mapping[str, str], ends: tuple[str, ...], language: str) -> int | None:
    """Return the hour of a match's groups, or None."""
    for end in ends:
        if f"h{end}" in held:
            hour = int(number_of(held[f"h{end}"], language))
            late = f"late{end}" in held or held.get(f"half{end}", "").startswith("p")
            hour += 12 if late and hour < 12 else 0
            return hour if hour < 24 else 0 if hour == 24 else None
    return None


def _clock(start: int, end: int, hour: int, now: datetime) -> Point:
    at = local(now.date(), time(hour))
    at = at if at <= now else local(now.date() - timedelta(days=1), at.time())
    return Point(start, end, at, None, kind="clock")


def _day_of(found: re.Match[str], today: date) -> date | None:
    """Return the day of a month that was last, or None where there is none such."""
    held = {name: value for name, value in found.groupdict().items() if value is not None}
    month = next((int(name[1:]) for name in held if re.fullmatch(r"m\d+", name)), None)
    month = int(held["n"]) if "n" in held else month
    for back in range(13):
        year, number = divmod(12 * today.year + today.month - 1 - back, 12)
        try:
            day = date(year, number + 1, int(held["d"]))
        except ValueError:
            continue
        if day <= today and month in (None, number + 1):
            return day
    return None


def _month(found: re.Match[str], today: date) -> Point:
    """Return the last month of a name, or a third of it."""
    held = {name: value for name, value in found.groupdict().items() if value is not None}
    month = next(int(name[1:]) for name in held if re.fullmatch(r"m\d+", name))
    year = int(held.get("y", today.year - (month > today.month)))
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    third = next((name for name in _THIRDS if f"{name}1" in held or f"{name}2" in held), None)
    if third is not None:
        start, end = _THIRDS[third]
        first, after = first.replace(day=start), first.replace(day=end) if end else after
    return Point(*found.span(), local(first), local(after))


@cache
def _pattern(language: str, name: str) -> re.Pattern[str]:
    """Return a pattern of the table, or one that nothing has."""
    table = _table(language)
    if name not in table:
        return NEVER
    number, count = whole_pattern(language), 0
    end = table["end"]
    unit = _UNIT if language not in SPACELESS else "(?!)"

    def hour(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        last = (name != "between" or count % 2 == 0) and found[0] == "{h}"
        closing = "" if language in SPACELESS else f"(?:{unit}|(?={end}))" if last else f"(?:{unit})?"
        late = f"(?P<late{count}>{_LATE})?" if language in SPACELESS else ""
        return rf"{late}(?P<h{count}>{number})(?: ?(?P<half{count}>[ap]\.?m)\b\.?)?{closing}"

    source = table[name].replace("{n}", f"({number})").replace("{end}", end)
    source = re.sub(r"\{[ho]\}", hour, source)
    return re.compile(bounded(source, language))


@cache
def _dated(language: str) -> list[re.Pattern[str]]:
    """Return patterns of a day of a month."""
    table = _table(language)
    made = [
        one.replace("{m}", _named_months(language)).replace("{end}", table["end"]) for one in table["dated"]
    ]
    return [re.compile(one if language in SPACELESS else rf"(?<![\w.]){one}(?!\w)") for one in made]


@cache
def _months(language: str) -> re.Pattern[str]:
    """Return the pattern of a month, and of a third of it."""
    table = _table(language)

    def third(number: int) -> str:
        return "|".join(f"(?P<{name}{number}>{table[name]})" for name in _THIRDS)

    month = _named_months(language)
    if language in SPACELESS:
        return re.compile(rf"(?:(?P<y>20\d\d) ?[年년] ?)?{month}份?(?:{third(1)})?")
    year = r"(?: (?:de |of |del )?(?P<y>20\d\d)(?!\d))?"
    return re.compile(bounded(rf"(?:(?:{third(1)})[ -]?)?{month}{year}", language))


@cache
def _named_months(language: str) -> str:
    """Return the alternatives of months, a group each."""
    named = _table(language).get("months") or [
        rf"(?<![\d十{''.join(_KANJI[:9])}個个ヶか])(?:{number}|{kanji}) ?[月월]"
        for number, kanji in enumerate(_KANJI, 1)
    ]
    return "(?:" + "|".join(f"(?P<m{number}>{one})" for number, one in enumerate(named, 1)) + ")"


def _table(language: str) -> dict[str, Any]:
    table: dict[str, Any] = tables(FILE)[language]
    return table
