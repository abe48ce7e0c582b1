"""Drafts of letters about a lot, from the log: "write to the customer that lot H301 is blocked"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.log.figures import MOST_NAMED, Told, local, shown
from agents.answers.log.part_names import names_of
from agents.answers.topic import Reply, Topic
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.state import Asked, Observation, Understanding
from anomaly_core.names import plain_name
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.history_record import HistoryRecord
from tools.log_question import LogFigure, LogQuestion
from tools.logged import lots_in

FIGURES: Final[tuple[LogFigure, ...]] = ("count", "times", "frequent", "worst")
"""What a letter tells of a lot."""

_COUNTED: Final = (
    "Lot {lot}: {count} parts inspected, {passed} passed, {review} to review, {failed} failed [{id}]."
)


def as_a_letter(context: Context, asked: Asked) -> Asked:
    """Return a question that wants a letter about a lot of the log as that alone; else as it is.

    Raises StoreError.
    """
    text = normalised(asked.question)
    lots = lots_in(context, text) if words_of(asked.spoken).has("letter", text) else []
    if len(lots) != 1:
        return asked
    log = LogQuestion(lot=lots[0], text=f"lot {lots[0]}")
    letter = Understanding(kind="history", order="mail", text=asked.question, log=log)
    return asked.model_copy(update={"intents": [letter], "style": "plain"})


def letter(topic: Topic, seen: Sequence[Observation]) -> Reply:
    """Return a draft of what the log holds of a lot. seen: of `FIGURES`, in their order."""
    count, times, frequent, worst = (
        Told(topic, HistoryRecord.model_validate(one.values), one.evidence.id) for one in seen
    )
    counts = count.found.counts
    lines = [
        topic.say("A draft; nothing is sent:"),
        count(
            _COUNTED,
            lot=count.found.lot,
            count=counts.all,
            passed=counts.passed,
            review=counts.review,
            failed=counts.failed,
        ),
    ]
    days = [local(row.at) for row in times.found.rows]
    if days:
        lines.append(times("First {first}, last {last} [{id}].", first=shown(days[0]), last=shown(days[-1])))
    for one in frequent.found.by_type[:MOST_NAMED]:
        name = topic.say("Unknown defect") if one.name == UNKNOWN else plain_name(one.name)
        message = "{type}: {number} of {count} failed parts {period} [{id}]."
        lines.append(frequent(message, type=name, number=one.count, count=counts.failed))
    if counts.failed and worst.found.rows:
        first = worst.found.rows[0].model_copy(update={"name": names_of(worst.found.rows)[0]})
        lines.append(
            worst('The worst is "{name}" of {time}: {decision}, p-value {p} [{id}].', **worst.row(first))
        )
    held = "The lot is to be held: not all of its parts passed [{id}]."
    free = "All inspected parts of the lot passed: nothing stands against its release [{id}]."
    lines.append(count(free if counts.passed == counts.all else held))
    if days:
        until = f" --until {days[-1]:%Y-%m-%d}"
        command = f"iad report --log --since {days[0]:%Y-%m-%d}{until} --out FILE.pdf"
        lines.append(topic.say("The report of that time, as a file to attach: {command}", command=command))
    return Reply("", lines, whole=True)
