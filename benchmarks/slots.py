"""What questions name: places, zones, regions, types, images, limits, scales, periods, names of the log.

    python benchmarks/slots.py [--half development|result] [--show]

`asking/slots.json` was written by somebody who had not read the code, in nine languages, for this alone.
Each question is read by itself, as `understand` does, with the zones of its product; one about the log as
one without an image. A slot is right where its value is: a region that is named by a place or a rank, where
that is read; a type where one is found, since the catalogue's name is not the asker's; a morning from
midnight or from six. `extra`: slots that were read and that the text does not name.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from harness import parser, write

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.slots.places import names_the_edge, place_of
from agents.questions.slots.zone_names import zones_in
from agents.questions.understanding import understand
from agents.state import Asked, Seen, Turn

FILE: Final = Path(__file__).parent / "asking" / "slots.json"
RANKS: Final = {"largest": "largest", "smallest": "smallest", "last": "last_region"}
"""Ranks of regions, each with the meaning of its words."""
HERE: Final = ZoneInfo("UTC")
NOW: Final = datetime(2026, 11, 25, 14, 30, tzinfo=HERE)
SEEN: Final = [
    Seen(number=number, image=f"part_{number}.png", sha256=str(number), store_version=1, found={})
    for number in (1, 2, 3)
]
"""Images of the thread, the last one in hand."""
OF_THE_LOG: Final = ("period", "lot", "station", "operator", "count")
TURN: Final = Turn(number=1, image=3, question="", kind="place", region=1, answer="")
"""The turn before: regions were told of."""


def main() -> None:
    options = parser(__doc__, out="slots.json")
    options.add_argument("--half", choices=["development", "result"], default="development")
    options.add_argument("--show", action="store_true", help="print what is wrong")
    given = options.parse_args()
    questions = [one for one in json.loads(FILE.read_text())["questions"] if one["half"] == given.half]
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    by_language: dict[str, list[bool]] = defaultdict(list)
    for question in questions:
        found, slots = dict(read(question)), question["slots"]
        faults = []
        for name, value in slots.items():
            good = is_right(name, value, found, question)
            wanted[name] += 1
            right[name] += good
            by_language[question["language"]].append(good)
            faults += [] if good else [name]
        more = [name for name in found if name not in slots and not is_meant(name, slots, found)]
        extra.update(more)
        if given.show and (faults or more):
            print(f"{question['id']} {question['text']!r} {question['zones']}\n    {slots}\n    {found}")
            print(f"    wrong: {faults}; extra: {more}")
    total = sum(wanted.values())
    write(
        given,
        {
            "half": given.half,
            "questions": len(questions),
            "slots": total,
            "right": sum(right.values()) / total,
            "extra": sum(extra.values()),
            "right_by_slot": {name: right[name] / count for name, count in sorted(wanted.items())},
            "slots_by_slot": dict(sorted(wanted.items())),
            "extra_by_slot": dict(sorted(extra.items())),
            "right_by_language": {name: sum(all_) / len(all_) for name, all_ in sorted(by_language.items())},
        },
    )


def read(question: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is read in a question, slot by slot."""
    of_the_log = any(name in question["slots"] for name in OF_THE_LOG)
    if of_the_log:
        asked = understand(question["text"], pictured=False, now=NOW)
    else:
        asked = understand(question["text"], [TURN], SEEN, 3, now=NOW)
    text, words = normalised(asked.question), words_of(asked.spoken)
    if zones := zones_in(text, question["zones"], asked.spoken):
        yield "zone", zones[0]
    yield from _of_the_part(asked, zones)
    in_a_name = any(names_the_edge(normalised(name), asked.spoken) for name in zones)
    if names_the_edge(text, asked.spoken) and not in_a_name and not any(one.place for one in asked.intents):
        yield "place", "edge"
    for rank, meaning in RANKS.items():
        if words.has(meaning, text) and not of_the_log:
            yield rank, True
    yield from _of_the_log(asked)


def _of_the_part(asked: Asked, zones: list[str]) -> Iterator[tuple[str, Any]]:
    for name in ("place", "region", "type", "image", "limit", "scale_px_per_mm", "known_length_mm"):
        values = [value for one in asked.intents if (value := getattr(one, name)) is not None]
        if values and not (name == "place" and zones and place_of(zones[0].lower(), asked.spoken)):
            yield name, values[0]


def _of_the_log(asked: Asked) -> Iterator[tuple[str, Any]]:
    logs = [one.log for one in asked.intents if one.log is not None]
    for log in logs[:1]:
        if log.since is not None or log.until is not None:
            yield "period", (_local(log.since), _local(log.until))
        yield from ((name, value) for name in ("lot", "station") if (value := getattr(log, name, None)))
        if number := log.number or log.latest:
            yield "number", number
        if log.people:
            yield "operator", log.people


def _local(moment: str | None) -> str | None:
    if moment is None:
        return None
    return datetime.fromisoformat(moment).astimezone(HERE).strftime("%Y-%m-%dT%H:%M")


def is_right(name: str, value: Any, found: dict[str, Any], question: dict[str, Any]) -> bool:
    """Return whether a slot was read as it is labelled."""
    if name == "period":
        dawn = (value["from"] or "").replace("T06:00", "T00:00") or None
        return found.get("period") in {(value["from"], value["to"]), (dawn, value["to"])}
    if name == "limit":
        limit = found.get("limit")
        return limit is not None and _in_mm(limit.value, limit.unit) == _in_mm(value["value"], value["unit"])
    if name == "scale_px_per_mm":
        return bool(abs(found.get(name, 0) - value) < 0.01 * value)
    if name == "length":
        return bool(found.get("known_length_mm") == _in_mm(value["value"], value["unit"])[0])
    if name == "type":
        return "type" in found
    if name == "place":
        return _side(found.get("place")) == _side(value) or (name not in found and "zone" in found)
    if name == "region":
        return found.get("region") == value or value in found or _side(found.get("place")) == value
    if name == "image":
        return found.get("image") == {"last": 2}.get(value, value) or _names(found, value)
    if name == "operator":
        return any(
            value.lower() in one.lower() or one.lower() in value.lower() for one in found.get(name, [])
        )
    if name in ("lot", "station"):
        return name in found and str(found[name]).lower() in str(value).lower()
    if name == "count":
        return bool(found.get("number") == value)
    return bool(found.get(name) == value)


def is_meant(name: str, slots: dict[str, Any], found: dict[str, Any]) -> bool:
    """Return whether a slot that is not labelled says what another one labels."""
    by_region = "region" in slots and name in ("place", *RANKS)
    same = {"known_length_mm": "length", "number": "count"}
    by_log = name in ("type", "limit", "region", "image") and any(one in slots for one in OF_THE_LOG)
    return by_region or same.get(name) in slots or by_log or name in RANKS


def _names(found: dict[str, Any], value: Any) -> bool:
    return isinstance(value, str) and "." in value and found.get("image") is None


def _side(place: str | None) -> str | None:
    return None if place is None else place.removesuffix(" half").removesuffix(" edge").replace("re", "er")


def _in_mm(value: float, unit: str) -> tuple[float, str]:
    factors = {"mm": 1.0, "um": 1e-3, "cm": 10.0, "in": 25.4, "m": 1000.0}
    if unit in factors:
        return round(value * factors[unit], 6), "mm"
    return value, {"%": "percent"}.get(unit, unit)


if __name__ == "__main__":
    main()
