"""What the log holds of the part in hand: its inspections, and the other parts of its lot."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from agents.answers.log.figures import MOST_NAMED, Told, local, shown
from agents.answers.log.part_names import names_of
from agents.answers.log.rows import of_row
from agents.answers.topic import JUDGED, Reply
from agents.questions.learned.encoder import normalised
from agents.questions.learned.topics import help_topics
from agents.questions.log.several_figures import of_a_row
from tools.history_record import LoggedRecord

MOST_LISTED: Final = 10
"""Parts of a lot that are named."""


def inspections(told: Told) -> Reply:
    """Say when and by whom the part in hand was inspected, or whether it was before."""
    found, closed = told.found, told.topic.intent.closed
    if not found.rows:
        none = told.say("The log holds no inspection of this image [score].")
        return Reply(told.say("No.") if closed else "", [none], False if closed else None)
    last, first = found.rows[0], found.rows[-1]
    if told.topic.words.has("changed_mind", told.topic.text):
        return _changed(told)
    decided = told('"{name}" of {time}: {decision}, p-value {p} [{id}].', **told.row(last))
    spoken = told.topic.asked.spoken
    if not closed and of_a_row(normalised(told.topic.asked.question), spoken):
        beside = of_row(told, last)
        return Reply(beside.lead, [*beside.body, decided, *_corrected(told), *_earlier(told, found.rows[1:])])
    counted = told(
        "This image was inspected {count} times, first {first}, last {last} [{id}]."
        if len(found.rows) > 1
        else "This image was not inspected before {first} [{id}].",
        first=shown(local(first.at)),
        last=shown(local(last.at)),
        count=found.counts.inspections,
    )
    # The inspection in hand may be logged already.
    before = len(found.rows) > 1 or local(first.at).date() < datetime.now().astimezone().date()
    lead, affirmed = told.yes_no(before)
    return Reply(lead, [counted, decided, *_by(told, last)], affirmed)


def _changed(told: Told) -> Reply:
    """Say what was decided on the part in hand, each time anew, and what alone changes a verdict."""
    rows = [
        row for at, row in enumerate(told.found.rows) if at < MOST_NAMED - 1 or row is told.found.rows[-1]
    ]
    each = [told('{time}: "{name}", {decision}, p-value {p} [{id}].', **told.row(row)) for row in rows[::-1]]
    return Reply("", [" ".join(each), *_corrected(told), told.say(help_topics()["learning"].answer)])


def _by(told: Told, row: LoggedRecord) -> list[str]:
    """Say who inspected a part, where that is logged."""
    message = "It was inspected by {name} [{id}]."
    return [] if row.operator is None else [told(message, name=row.operator)]


def _corrected(told: Told) -> list[str]:
    return [
        told(JUDGED[one.verdict], name=one.name, time=shown(local(one.at)), operator=one.operator)
        for one in told.found.corrections[:1]
    ]


def _earlier(told: Told, rows: list[LoggedRecord]) -> list[str]:
    times = [shown(local(row.at)) for row in rows[:MOST_NAMED]] + ["..."] * (len(rows) > MOST_NAMED)
    return [told("Earlier: {times} [{id}].", times=", ".join(times))] if rows else []


def others_of_its_lot(told: Told) -> Reply:
    """Name the other parts of a lot that failed, where no type tells which are like the one in hand."""
    found = told.found
    unknown = told("The type of its defect is not known, so which parts have the same cannot be told [{id}].")
    if not found.rows:
        return Reply("", [unknown, told("No other part of its lot {lot} failed [{id}].", lot=found.lot)])
    named = list(zip(names_of(found.rows), found.rows, strict=True))
    others = told(
        "Other parts of its lot {lot} that failed: {names} [{id}].",
        lot=found.lot,
        names=_listed([name for name, _ in named]),
    )
    if found.cell is None:
        return Reply("", [unknown, others])
    same = [name for name, row in named if row.cell == found.cell]
    place = told.topic.where(found.cell)
    if same:
        there = told(
            "With their defect in the same place, {place}: {names} [{id}].", place=place, names=_listed(same)
        )
    else:
        there = told("None of these has its defect in the same place, {place} [{id}].", place=place)
    return Reply("", [unknown, others, there])


def _listed(names: list[str]) -> str:
    told = [f'"{name}"' for name in names[:MOST_LISTED]] + ["..."] * (len(names) > MOST_LISTED)
    return ", ".join(told)
