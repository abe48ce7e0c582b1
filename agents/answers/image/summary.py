"""A part in a few words: for a customer in three sentences or in one, and as a line for a log."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.topic import MOST_DESCRIBED, Reply, Topic
from tools.locations import ZONE


def summary(topic: Topic) -> str:
    """Return three sentences for a customer: no ids, no numbers, no jargon."""
    say = topic.say
    told = [say("We inspected one {product} and compared it with good parts.", product=topic.product)]
    bad, person = topic.verdict.anomalous, topic.verdict.person
    if person is not None:
        bad = person.verdict == "anomalous"
        told.append(say("A person judged it defective.") if bad else say("A person judged it good."))
    elif not bad and topic.near_limit():
        told.append(say("Whether it has a defect is not certain yet."))
    elif not bad:
        told.append(say("We found no defect."))
    elif topic.regions:
        told.append(say("We found a defect {places}.", places=topic.places(topic.regions[:1])))
    else:
        told.append(say("It differs from the good parts as a whole."))
    if bad:
        told.append(say("The part does not meet the standard of the good ones."))
    elif person is None and topic.near_limit():
        told.append(say("Before it is released, a person will check it."))
    else:
        told.append(say("The part meets the standard of the good ones."))
    return " ".join(told)


def draft(topic: Topic, look: Sequence[str]) -> Reply:
    """Return a draft of a letter about a part: what was found, and how it looks. look: sentences of that."""
    bad = topic.verdict.anomalous or topic.verdict.person is not None
    told = f"{topic.say('A draft; nothing is sent:')} {summary(topic)}"
    return Reply(told, look if bad else [], whole=True)


def record_line(topic: Topic) -> str:
    """Return one line for a log: product, decision, place, p-value."""
    one = topic.verdict
    decision = {"fail": "NG", "pass": "OK", "review": "REVIEW"}[one.decision]
    places = f", {topic.places(topic.regions[:MOST_DESCRIBED])}" if topic.regions else ""
    defect = f", {topic.type_name(topic.defect.name)}" if topic.regions and topic.defect else ""
    return f"{topic.product}: {decision}{places}{defect}, p = {one.p_value:.3g} [score]."


def summary_sentence(topic: Topic) -> str:
    """Return one sentence for a customer: no ids, no numbers, no jargon."""
    say, product, person = topic.say, topic.product, topic.verdict.person
    called = None if person is None else person.verdict
    if called != "good" and topic.verdict.anomalous and topic.regions:
        told = (
            "We compared one {product} with good parts: it has a defect {places} and does not meet their "
            "standard."
        )
        first = topic.regions[0]
        place = topic.where(first.cell if first.zone is None else f"{ZONE}{first.zone}")
        return say(told, product=product, places=place)
    if called == "anomalous" or (called is None and topic.verdict.anomalous):
        return say(
            "We compared one {product} with good parts: it does not meet their standard.", product=product
        )
    if called is None and topic.near_limit():
        told = "We compared one {product} with good parts: before it is released, a person will check it."
        return say(told, product=product)
    return say("We compared one {product} with good parts: it meets their standard.", product=product)
