"""Answers on several zones at once: "are all four holes there?", "is a hole missing?"."""

from __future__ import annotations

from agents.answers.evidence import observations
from agents.answers.image import verdict
from agents.answers.image.measured_place import measured_at
from agents.answers.image.named_type import weighed
from agents.answers.image.persons_word import by_a_person
from agents.answers.image.size import size
from agents.answers.topic import MOST_DESCRIBED, Reply, Topic
from agents.questions.lexicon.words import feature_of
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.limits import states_a_size
from anomaly_core.names import plain_name
from tools.locations import ZONE


def verdict_or_zones(topic: Topic) -> Reply:
    """Say whether the part, or what of it the question names, is good; or a type of a size that it states."""
    stated = topic.intent.type is not None and states_a_size(topic.text, topic.asked.spoken)
    if stated and topic.intent.closed:
        return size(topic)
    return _of_zones(topic) if topic.intent.zones else verdict.verdict(topic)


def _of_zones(topic: Topic) -> Reply:
    """Say whether all of several zones are as in good parts: first of all at once, then those that differ.

    That one differs does not say that what it is named for is missing, unless the notes' look of that fits.
    """
    say, good = topic.say, topic.intent.sense == "good"
    if topic.verdict.decision == "review" and topic.verdict.person is None:
        return verdict.to_review(topic)
    measured = [one for one in observations(topic.state) if one.intent == topic.number]
    zones = [(f"{ZONE}{name}", one) for name, one in zip(topic.intent.zones, measured, strict=False)]
    differ = [
        (place, one)
        for place, one in zones
        if topic.verdict.anomalous and one.values.get("stands_out") and one.values.get("times_limit", 0.0) > 1
    ]
    if topic.intent.others:
        found = [measured_at(topic, place, one) for place, one in zones]
        yes = any(bad for bad, _ in found) is not good
        return Reply(topic.yes_no(yes), [told for _, told in found], yes, whole=True)
    if not differ:
        lead = "Yes, by comparison with good parts." if good else "No, by comparison with good parts."
        said = by_a_person(topic)
        if said and topic.verdict.person is not None and topic.verdict.person.verdict == "anomalous":
            # What a person called defective may be what is asked about.
            return Reply(say("No defect was found there."), [*said, *verdict.finding(topic)])
        return Reply(say(lead), [*said, *verdict.finding(topic)[:1]], good)
    told = []
    for place, one in differ[:MOST_DESCRIBED]:
        there = [region for region in topic.regions if topic.lies_in(region, place, 0.3)]
        exceeds = "{place} the image exceeds what good parts show, at {times} times the normal limit {cited}."
        times, cited = f"{float(one.values['times_limit']):.2f}", f"[{one.evidence.id}]"
        told.append(say(exceeds, place=say.sentence(topic.where(place)), times=times, cited=cited))
        told += [topic.located(region) for region in there[:1]]
    if good:
        return Reply(say("No, by comparison with good parts."), told, False)
    lacking = _lacking_type(topic) if topic.words.has("lacking", topic.text) else None
    lead, reasons = (say("Possibly."), []) if lacking is None else weighed(topic, lacking)
    return Reply(lead, [*told, *reasons], None)


def _lacking_type(topic: Topic) -> str | None:
    """Return the notes' type of what the zones are named for being missing, "missing hole", or None."""
    feature = feature_of(topic.intent.zones[0])
    return next(
        (
            name
            for name in topic.known_types
            if feature is not None and feature_of(plain_name(name)) == feature and is_absence(name)
        ),
        None,
    )
