"""Answers on how sure the verdict is, and how it came about."""

from __future__ import annotations

from typing import Final

from agents.answers.evidence import LEAST_SHARE
from agents.answers.image.named_type import undecided_type
from agents.answers.image.persons_word import by_a_person, reason_given
from agents.answers.image.verdict import finding
from agents.answers.notes.limits import what_passes
from agents.answers.topic import Reply, Topic

CLOSE: Final = 3.0
"""Times the rate of review below which a p-value that passes is told with its distance from that rate."""

NOT_TOLD_FROM_DAMAGE: Final = (
    "Dust, dirt or light cannot be told from damage by what is measured: it is only how much the "
    "image differs from good parts [score]."
)


def confidence(topic: Topic) -> Reply:
    """Say how sure the verdict is, in plain words before the p-value; or how sure the type that is named."""
    say, one, named = topic.say, topic.verdict, topic.intent.type
    if topic.words.has("judgeable", topic.text):
        return _of_photograph(topic)
    if named is not None and one.anomalous and topic.defect is None:
        # The p-value says nothing about the type.
        unsure, undecided = say("Not very sure."), [undecided_type(topic, named)]
        if not topic.intent.closed:
            return Reply(unsure, undecided)
        return Reply(f"{topic.yes_no(False)} {unsure}", undecided, False)
    near, close = one.uncertain or one.decision == "review", _passed_closely(topic)
    lead = say("Not very sure." if near else "Fairly sure." if close else "Quite sure.")
    affirmed = None
    # A yes to "are you sure?" would be a no to "could it be a reflection?".
    if topic.intent.closed and topic.words.has("sure", topic.text) and not close:
        affirmed = not near
        lead = f"{topic.yes_no(affirmed)} {lead}"
    message = (
        "Fewer than {share} of good parts look as unusual as this one (p-value {p}) [score]."
        if one.p_value < LEAST_SHARE
        else "About {share} of good parts look as unusual as this one (p-value {p}) [score]."
    )
    told = say(message, share=f"{100 * max(one.p_value, LEAST_SHARE):.2g}%", p=f"{one.p_value:.3g}")
    # "How sure are you, could it just be a reflection?"
    light = topic.words.has("artefact", topic.text) and one.anomalous
    untold = [say(NOT_TOLD_FROM_DAMAGE)] if light else []
    return Reply(lead, [told, *_side(topic), *untold, *topic.near_limit()], affirmed)


def _of_photograph(topic: Topic) -> Reply:
    """Say whether the image is good enough to be judged, and what is wrong with it."""
    problems = topic.problems
    fine = "The image was taken as those of the good parts were, so it can be judged [score]."
    told = problems or [topic.say(fine)]
    if not topic.intent.closed:
        return Reply("", told)
    return Reply(topic.yes_no(not problems), told, not problems)


def _side(topic: Topic) -> list[str]:
    """Return the sentence on which side of the rates the p-value lies; none where the image decides."""
    say, one = topic.say, topic.verdict
    if one.anomalous:
        message = "That is below the stated rate of {rate}, so the part counts as defective [score]."
        return [say(message, rate=f"{one.alpha:.0%}")]
    if one.not_comparable:
        return []
    if one.decision == "review":
        message = (
            "That is not below the stated rate of {rate}, but below {review}, where a person looks [score]."
        )
        return [say(message, rate=f"{one.alpha:.0%}", review=f"{one.review:.0%}")]
    message = "That is not below the stated rate of {rate}, so the part counts as good [score]."
    told = [say(message, rate=f"{one.alpha:.0%}")]
    if _passed_closely(topic):
        message = "Below {review} a person would look; this part is at {share} [score]."
        told.append(say(message, review=f"{one.review:.0%}", share=f"{100 * one.p_value:.2g}%"))
    return told


def _passed_closely(topic: Topic) -> bool:
    """Return whether a part passed that was near to be reviewed."""
    one = topic.verdict
    return one.decision == "pass" and not one.uncertain and one.p_value < CLOSE * one.review


def reasoning(topic: Topic) -> Reply:
    """Say how the verdict came about; for a customer without ids and numbers."""
    say = topic.say
    source = f"[{topic.state['templates'][0].id}]" if topic.state["templates"] else "[score]"
    compared = say(
        "The part was compared as {product} with its good parts {cited}.", product=topic.product, cited=source
    )
    sure = confidence(topic)
    if topic.words.has("to_pass", topic.text):
        return Reply("", [*what_passes(topic), *finding(topic), *topic.near_limit()], None)
    said = [*by_a_person(topic), *reason_given(topic)]
    return Reply("", [*said, *finding(topic), compared, *sure.body], None)
