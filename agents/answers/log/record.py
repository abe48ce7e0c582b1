"""Answers on what is recorded of the part in hand, and on how a correction of it is taken back."""

from __future__ import annotations

from agents.answers.image.persons_word import by_a_person
from agents.answers.log.figures import local, shown
from agents.answers.topic import Reply, Topic, values_of
from tools.history_record import HistoryRecord


def record(topic: Topic) -> Reply:
    """Say what the log holds of the part in hand, or how its correction is taken back."""
    return _undone(topic) if topic.intent.recorded == "undo" else _saved(topic)


def _saved(topic: Topic) -> Reply:
    say, seen = topic.say, topic.seen("log_figures")
    thread = say("Questions and answers are kept in their thread alone.")
    if seen is None:
        return Reply(thread)
    found = HistoryRecord.model_validate(seen.values) if values_of(seen) else None
    corrected = by_a_person(topic) or [say("No correction of this image is recorded [score].")]
    if found is None or not found.rows:
        return Reply(
            topic.yes_no(False),
            [say("The log holds no inspection of this image [score]."), *corrected],
            False,
        )
    row = found.rows[0]
    decision = {"pass": "passed", "review": "to be reviewed", "fail": "failed"}[row.decision]
    told = say(
        'The log holds "{name}" of {time}: {decision}, p-value {p} [{id}].',
        name=row.name,
        time=shown(local(row.at)),
        decision=say(decision),
        p=f"{row.p_value:.3g}",
        id=seen.evidence.id,
    )
    return Reply(topic.yes_no(True), [told, *corrected], True)


def _undone(topic: Topic) -> Reply:
    say = topic.say
    if "verdict" not in topic.state:
        return Reply(say("Nothing was recorded here, so there is nothing to take back."))
    said = topic.verdict.person
    if said is None:
        kept = say("No correction of this image is recorded [score].")
        return Reply(say("Nothing was recorded here, so there is nothing to take back."), [kept])
    command = f"iad feedback undo {said.id}"
    return Reply("", [*by_a_person(topic), say("To take it back: {command} [score].", command=command)])
