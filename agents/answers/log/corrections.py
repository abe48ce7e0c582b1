"""What people said of logged parts: verdicts corrected, by whom and why, and who found what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.log.figures import MOST_NAMED, Told, local, shown
from agents.answers.log.groups import MOST_EACH
from agents.answers.topic import JUDGED, Reply
from agents.questions.log.several_figures import of_a_row
from tools.history_record import CorrectedRecord

_BY: Final = {
    "good": '"{name}" was judged good by {operator}, {time} [{id}].',
    "anomalous": '"{name}" was judged anomalous by {operator}, {time} [{id}].',
}


def persons_word(told: Told) -> list[str]:
    """Return what a person said last of the one image that is asked about, by whom and why; or nothing."""
    last = told.found.corrections[:1]
    return [*(_judged(told, one) for one in last), *_reasons(told, last)]


def _judged(told: Told, one: CorrectedRecord, *, by_name: bool = True) -> str:
    """Return what a person said of an image and when; by_name: and who, where that is logged."""
    message = (_BY if by_name and one.operator else JUDGED)[one.verdict]
    return told(message, name=one.name, time=shown(local(one.at)), operator=one.operator)


def _reasons(told: Told, corrections: Sequence[CorrectedRecord]) -> list[str]:
    """Return the reasons given for corrections."""
    return [told('The reason given: "{note}" [{id}].', note=one.note) for one in corrections if one.note]


def corrected(told: Told) -> Reply:
    """Say which verdicts people corrected, and why; by whom, where that is asked."""
    corrections = told.found.corrections
    lead, affirmed = told.yes_no(bool(corrections))
    # "What was corrected, and by whom?"
    asks_who = "operator" in of_a_row(told.topic.text, told.topic.asked.spoken)
    meant = any(told.topic.words.has(one, told.topic.text) for one in ("corrected_by", "accepted_by"))
    by_name = told.found.figure == "found" or asks_who or meant
    if by_name:
        names = list(dict.fromkeys(one.operator for one in corrections if one.operator is not None))
        unnamed = told.say("It is not recorded who.") if corrections else told.say("Nobody.")
        lead, affirmed = (f"{', '.join(names)}." if names else unnamed), None
    if not corrections:
        return Reply(lead, [told("No verdict was corrected {period} [{id}].")], affirmed)
    body = [_judged(told, one, by_name=by_name) for one in corrections[: MOST_NAMED - 1]]
    body[1:1] = _reasons(told, corrections[:1])
    counting = told.topic.words.has("how_many", told.topic.text)
    if len(corrections) == 1 and counting:
        body.insert(0, told("One verdict was corrected {period} [{id}]."))
    elif len(corrections) > 1:
        body.insert(0, told("{count} verdicts were corrected {period} [{id}].", count=len(corrections)))
    return Reply(lead, body, affirmed)


def found_by(told: Told) -> Reply:
    """Name who judged the parts of a type to be of it, else who inspected them."""
    found = told.found
    if any(one.operator is not None for one in found.corrections):
        return corrected(told)
    if not found.number:
        return Reply(told.say("Nobody."), [told.counted()])
    unnamed = told("No person's verdict is logged on that [{id}].")
    by = told("Those parts were inspected by {names} [{id}].", names=told.say.listed([
        f"{one.name} ({one.number})" for one in found.groups[:MOST_EACH]
    ]))  # fmt: skip
    return Reply("", [unnamed, *([by] if found.groups else []), told.counted()])
