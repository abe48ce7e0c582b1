"""Answers that compare lots, stations or two periods: each share, which is worse, and whether by chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agents.answers.on_figures import MOST_NAMED, Told, percent
from agents.answers.topic import Reply
from agents.questions.compared import direction_of
from anomaly_core.names import plain_name
from tools.history_record import GroupRecord
from tools.records import PeriodRecord

CLEAR: Final = 0.05
"""Probability of chance below which a difference is said to be one."""
_GROUPS: Final = {
    "lots": "Lot {name}: {failed} of {count} parts failed {period} [{id}].",
    "stations": "Station {name}: {failed} of {count} parts failed {period} [{id}].",
}
_FAILED: Final = (
    "{name}: {failed} of {count} parts failed ({percent}), {review} to be reviewed ({reviewed}) [{id}]."
)
_PASSED: Final = "{name}: {number} of {count} parts passed ({percent}) [{id}]."
_OF_TYPE: Final = "{name}: {number} of {count} parts had {type} ({percent}) [{id}]."


def groups(told: Told) -> Reply:
    """Say how many parts of each lot, station or period failed, and first which is the worse, where asked."""
    found, compared = told.found, told.found.groups
    if not compared:
        return Reply(told.say("None."), [told("No lot is logged {period} [{id}].")])
    words, text, log = told.topic.words, told.topic.text, told.topic.intent.log
    named = found.figure != "lots" or (log is not None and log.figure != "lots")
    closed = told.topic.intent.closed and not words.has("or", text)
    if found.figure == "periods" or (named and closed and len(compared) == 2):
        lead, affirmed = _in_order(told, closed=closed)
        return Reply(lead, _each(told, compared), affirmed)
    direction = direction_of(words, text)
    by_share = direction in ("worse", "better") or any(words.has(one, text) for one in ("worst", "yield"))
    if named and not by_share and direction is None:
        return Reply("", _each(told, compared))
    # "Which lot is worse?" is of the share, "which had most rejects?" of their number.
    value = _badness(told) if by_share else _number(told)
    compared = sorted(compared, key=value, reverse=True)
    first = compared[-1] if direction in ("better", "fewer") else compared[0]
    lead = f"{first.name}." if any(one.number for one in compared) else told.say("None.")
    return Reply(lead, _each(told, compared))


def _in_order(told: Told, *, closed: bool) -> tuple[str, bool | None]:
    """Return the first words on two groups, and whether the first is more, or worse, as the question asks.

    closed: whether it asks for yes or no, and not for one of them.
    """
    words, text, (one, other) = told.topic.words, told.topic.text, told.found.groups
    direction = direction_of(words, text)
    counting = not closed and words.has("how_many", text)
    if direction is None or counting or not (one.counts.all and other.counts.all):
        return "", None
    by_share = direction in ("worse", "better") or words.has("yield", text)
    value = _badness(told) if direction in ("worse", "better") else _share if by_share else _number(told)
    first, second = (one, other) if direction in ("worse", "more") else (other, one)
    higher, equal = value(first) > value(second), value(first) == value(second)
    unclear = by_share and told.found.chance is not None and told.found.chance >= CLEAR
    if closed and not (higher and unclear):
        return told.topic.yes_no(higher), higher
    if unclear or equal:
        return told.say("No clear difference."), None
    return f"{_name(told, one if higher is (first is one) else other)}.", None


def _share(one: GroupRecord) -> float:
    return one.number / max(one.counts.all, 1)


def _badness(told: Told) -> Callable[[GroupRecord], float]:
    """Return the share that makes a group worse: of parts that did not pass where passing is asked about."""
    good = told.found.decision == "pass"
    return lambda one: 1 - _share(one) if good else _share(one)


def _number(told: Told) -> Callable[[GroupRecord], float]:
    """Return the number that a question ranks by: of all parts where it asks how many were inspected."""
    return (lambda one: one.counts.all) if _of_all(told) else (lambda one: one.number)


def _of_all(told: Told) -> bool:
    words, text = told.topic.words, told.topic.text
    of_number = direction_of(words, text) in ("more", "fewer")
    return of_number and told.found.decision is None and words.has("inspected", text)


def _each(told: Told, compared: Sequence[GroupRecord]) -> list[str]:
    """Return a sentence on each group, on empty ones first, and on the difference of two."""
    found = told.found
    ordered = sorted(compared, key=lambda one: one.counts.all > 0)
    body = [_one(told, one) for one in ordered[:MOST_NAMED]]
    if found.chance is None or len(compared) != 2 or _of_all(told):
        return body
    p = f"{found.chance:.2g}"
    if found.chance >= CLEAR:
        within = "The difference of the shares is within chance (Fisher's exact test, p = {p}) [{id}]."
        return [*body, told(within, p=p)]
    higher = _name(told, max(compared, key=_share))
    clear = "The share is higher by more than chance: {name} (Fisher's exact test, p = {p}) [{id}]."
    return [*body, told(clear, name=higher, p=p)]


def _one(told: Told, one: GroupRecord) -> str:
    found, counts, name = told.found, one.counts, _name(told, one)
    if found.figure in _GROUPS:
        return told(_GROUPS[found.figure], name=name, failed=counts.failed, count=counts.all)
    if not counts.all:
        return told("No part was inspected {period} [{id}].", period=told.period(_period(told, one)))
    message = _OF_TYPE if found.types else _PASSED if found.decision == "pass" else _FAILED
    return told(
        message,
        name=name,
        number=one.number,
        count=counts.all,
        percent=percent(counts.failed if message == _FAILED else one.number, counts.all),
        type=told.say.listed([plain_name(each) for each in found.types]),
        failed=counts.failed,
        review=counts.review,
        reviewed=percent(counts.review, counts.all),
    )


def _period(told: Told, one: GroupRecord) -> PeriodRecord | None:
    return told.found if one.name == told.found.groups[0].name else told.found.than


def _name(told: Told, one: GroupRecord) -> str:
    """Return a group's name as first words: of a lot or station as it is logged."""
    if told.found.figure != "periods":
        return one.name
    return told.say.sentence(told.period(_period(told, one)))
