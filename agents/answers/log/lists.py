"""Answers from the log with as many parts as are asked for: the 5 worst, three rejects, the last ten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.answers.log.figures import Told, local, shown
from agents.answers.log.part_names import names_of
from agents.answers.topic import Reply
from agents.questions.learned.encoder import normalised
from anomaly_core.names import plain_name
from tools.classify.scores import UNKNOWN
from tools.history_record import LoggedRecord

LISTED: Final = {
    "worst": "The {count} worst {period}: {names} [{id}].",
    "last": "The last {count} {period}: {names} [{id}].",
    "list": "{names} [{id}].",
}
ONE: Final = {
    "worst": "The worst {period}: {names} [{id}].",
    "last": "The last {period}: {names} [{id}].",
    "list": "{names} [{id}].",
}


def listed(told: Told) -> Reply:
    """Name the parts that are asked for, each with what was decided, or its p-value among the worst."""
    found = told.found
    figure = "worst" if found.figure == "largest" else found.figure
    beside: Callable[[LoggedRecord], str] | None
    # "The three worst, and why?"
    why = told.topic.words.has("why", normalised(told.topic.asked.question))
    beside = {"worst": lambda row: _score(told, row, why=why), "last": told.decision}.get(figure)
    if figure != "worst" and told.topic.words.has("when_at", told.topic.text):
        beside = _time
    named = zip(names_of(found.rows), found.rows, strict=True)
    names = [f'"{name}"' if beside is None else f'"{name}" ({beside(row)})' for name, row in named]
    count = len(names)
    body = [told((ONE if count == 1 else LISTED)[figure], names=", ".join(names), count=count)]
    if found.listed is not None and count < found.listed:
        body.append(told("There are no more than {count} [{id}].", count=count))
    return Reply("", body if figure == "last" else [*body, told.counted()])


def _score(told: Told, row: LoggedRecord, *, why: bool) -> str:
    """Return a part's p-value, and what was found on it, where it is asked why."""
    p = f"p = {row.p_value:.3g}"
    if not why or row.type is None:
        return p
    return f"{p}, {told.say('Unknown defect') if row.type == UNKNOWN else plain_name(row.type)}"


def _time(row: LoggedRecord) -> str:
    return shown(local(row.at))
