"""What was measured at a place of the image, in a sentence, and whether it is anomalous there."""

from __future__ import annotations

from agents.answers.topic import Topic
from agents.state import Observation
from tools.describe import LEAST_JUDGED


def place_finding(topic: Topic, place: str) -> tuple[bool, str]:
    """Return whether a place is anomalous, and the sentence on what was measured there."""
    return measured_at(topic, place, topic.seen("describe_region"))


def is_beside(seen: Observation | None) -> bool:
    """Return whether a place that was measured lies beside an aligned part, where nothing is judged."""
    return seen is not None and float(seen.values.get("judged", 1.0)) < LEAST_JUDGED


def measured_at(topic: Topic, place: str, seen: Observation | None) -> tuple[bool, str]:
    """Return whether a place is anomalous by what was measured there, and the sentence on it."""
    say = topic.say
    where = say.sentence(topic.where(place))
    if seen is None or "times_limit" not in seen.values:
        return False, say("That place was not measured [score].")
    cited, times = f"[{seen.evidence.id}]", f"{float(seen.values['times_limit']):.2f}"
    if is_beside(seen):
        return False, say(
            "{place} none of the part is seen, so nothing is judged there {cited}.", place=where, cited=cited
        )
    bad = bool(seen.values["stands_out"]) and topic.verdict.anomalous
    if bad:
        message = "{place} the image exceeds what good parts show, at {times} times the normal limit {cited}."
    elif topic.verdict.anomalous and float(seen.values["times_limit"]) > 1:
        message = "{place} one spot reaches {times} times the normal limit, little beside the defect {cited}."
    elif seen.values["stands_out"] or float(seen.values["times_limit"]) > 1:
        message = (
            "{place} one spot reaches {times} times the normal limit, but the part as a whole is within what "
            "good parts show {cited}."
        )
    else:
        message = (
            "{place} the image was measured and is within what good parts show, at {times} of the normal "
            "limit {cited}."
        )
    told = say(message, place=where, times=times, cited=cited)
    return bad, told
