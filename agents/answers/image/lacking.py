"""Answers on what a failed part may lack: whether something is missing there, and how many things are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agents.answers.image.distance import gap
from agents.answers.image.verdict import finding, to_review, unmeasured
from agents.answers.notes.entries import leading, nearest_type
from agents.answers.topic import Reply, Topic, same_type, values_of
from agents.questions.slots.by_words import is_absence
from tools.records import MeasuredRegion

Likelihood = Literal["likely", "open", "unlikely"]
"""Whether something is missing on a part that failed."""
_FIRST: Final = {
    ("likely", "bad"): "Probably.",
    ("likely", "good"): "Probably not.",
    ("open", "bad"): "Possibly.",
    ("open", "good"): "Possibly not.",
    ("unlikely", "bad"): "Probably not.",
    ("unlikely", "good"): "Probably.",
}
"""First words by likelihood, and by what a yes to the question says of the part."""
_ONE: Final = (
    "Missing things aren't counted: one place differs from good parts, {places} {cited}, and it may hold "
    "several, or none."
)
_SEVERAL: Final = (
    "Missing things aren't counted: {count} places differ from good parts, {places} {cited}, and each may "
    "hold several, or none."
)


def gone(topic: Topic) -> list[MeasuredRegion]:
    """Return the regions where what good parts show is missing."""
    return [one for one in topic.regions if one.look is not None and one.look.change == "missing"]


def may_lack(topic: Topic) -> Reply:
    """Say whether a part that failed may lack something; its first words fit what the question asks for.

    Never that all is there: what differs may always be that something is missing.
    """
    how, good = _likelihood(topic), topic.intent.sense == "good"
    shown = gone(topic)[:1] or (topic.regions[:1] if len(places_of(topic.regions)) == 1 else [])
    told = [*map(topic.located, shown)] or finding(topic)[:1]
    lead = topic.say(_FIRST[how, "good" if good else "bad"])
    return Reply(lead, [*told, *nearest_type(topic)])


def how_many_lack(topic: Topic) -> Reply:
    """Say how many things may be missing: as many as places differ, or as the layout of pieces has it."""
    say, layout = topic.say, topic.seen("check_layout")
    if topic.verdict.decision == "review" or topic.verdict.person is not None:
        return to_review(topic)
    if (unseen := unmeasured(topic)) is not None:
        return unseen
    if not topic.verdict.anomalous:
        return Reply(say("None."), finding(topic))
    missing = [one for one in findings_of_layout(topic) if one.get("kind") == "missing"]
    if missing and layout is not None:
        counted = say(
            "{count} separate pieces were counted [{id}].",
            count=values_of(layout)["count"],
            id=layout.evidence.id,
        )
        return Reply(f"{len(missing)}.", [counted, *finding(topic)[:1]])
    if _likelihood(topic) == "unlikely":
        return Reply(say("Probably none."), finding(topic))
    places = places_of(topic.regions)
    if not places:
        return Reply(say("That can't be told."), finding(topic))
    where, cited = topic.places([one[0] for one in places]), topic.cited(topic.regions)
    told = say(_ONE if len(places) == 1 else _SEVERAL, count=len(places), places=where, cited=cited)
    lead = say("Possibly one.") if len(places) == 1 else say("Possibly {count}.", count=len(places))
    return Reply(lead, [told, *nearest_type(topic)])


def findings_of_layout(topic: Topic) -> list[dict[str, object]]:
    """Return in what the arrangement of pieces differs; nothing where the product has no layout."""
    values = values_of(topic.seen("check_layout"))
    return list(values.get("findings") or []) if values.get("learned") else []


def places_of(regions: Sequence[MeasuredRegion]) -> list[list[MeasuredRegion]]:
    """Return regions by the place that they are of, the strongest first: those that touch are of one."""
    places: list[list[MeasuredRegion]] = []
    for one in regions:
        touching = [place for place in places if any(gap(one.bbox, other.bbox) == 0 for other in place)]
        merged = [each for place in touching for each in place]
        first = min((places.index(place) for place in touching), default=len(places))
        places = [place for place in places if place not in touching]
        places.insert(first, [*merged, one])
    return places


def _likelihood(topic: Topic) -> Likelihood:
    """Return whether it is likely that something is missing, by the type of the defect and what is gone."""
    found, shown = topic.state.get("defect_type"), gone(topic)
    if any(one.get("kind") == "missing" for one in findings_of_layout(topic)):
        return "likely"
    if topic.defect is not None:
        if _may_be(topic, topic.defect.name):
            return "likely"
        return "open" if shown or _is_of_absence(topic, topic.defect.name) else "unlikely"
    first = leading(found) or (found.alternatives[0].name if shown and found and found.alternatives else None)
    return "likely" if first is not None and _may_be(topic, first) else "open"


def _may_be(topic: Topic, name: str) -> bool:
    """Return whether a type is of something missing, and of what the question names where it names one."""
    named = topic.intent.maybe
    other = len(named) == 1 and not same_type(named[0], name)
    return _is_of_absence(topic, name) and not other


def _is_of_absence(topic: Topic, name: str) -> bool:
    """Return whether a type is of something missing, by its name or by its look in the notes."""
    looks = [one.text for one in topic.state["passages"] if one.field == "look" and one.defect == name]
    return any(map(is_absence, (name, *looks)))
