"""Answers on whether a part is good apart from its strongest defect: "is the rest ok?", "anything else?"."""

from __future__ import annotations

from agents.answers.topic import MOST_DESCRIBED, Reply, Topic


def rest(topic: Topic) -> Reply | None:
    """Say whether more is wrong than the strongest place, or None where that is not asked or not known.

    A part that passed has no such place, and of one that cannot be compared nothing is known.
    """
    words, text, one = topic.words, topic.text, topic.verdict
    regions = topic.state["regions"]
    if not words.has("rest", text) or one.not_comparable or one.decision == "pass" or not regions:
        return None
    say, first, others = topic.say, regions[0], regions[1:]
    if others:
        told = say(
            "Besides the strongest place, {place}, another one stands out: {others} {cited}."
            if len(others) == 1
            else "Besides the strongest place, {place}, {count} more stand out: {others} {cited}.",
            place=topic.spot(first),
            count=len(others),
            others=topic.places(others[:MOST_DESCRIBED]),
            cited=topic.cited(others[:MOST_DESCRIBED]),
        )
    else:
        message = "Besides the strongest place, {place}, nothing exceeds what good parts show {cited}."
        told = say(message, place=topic.spot(first), cited=topic.cited([first]))
    if not topic.intent.closed or topic.intent.sense == "open":
        return Reply("", [told])
    yes = bool(others) is (topic.intent.sense == "bad")
    return Reply(topic.yes_no(yes), [told], yes)
