"""Answers on the defect itself: where, how many, which type, how it looks, how large it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agents.answers.image.chosen_place import at_the_hour, side_chosen
from agents.answers.image.measured_place import place_finding
from agents.answers.image.named_type import (
    another_likely,
    asked_type,
    colour_of,
    nearer,
    offered_types,
    weighed,
)
from agents.answers.image.part_asked import COMPARED, if_it_is, says_it_lacks
from agents.answers.image.persons_word import accepted, by_a_person, type_by_a_person
from agents.answers.image.recording import shown_path
from agents.answers.image.verdict import finding, no_region, of_suspect, to_review, unmeasured
from agents.answers.notes.entries import leading, nearest_types
from agents.answers.topic import MOST_DESCRIBED, Reply, Topic, length_of, same_type
from agents.questions.slots.places import names_the_edge
from anomaly_core.names import plain_name
from tools.locations import ZONE, Box
from tools.records import DefectRecord, MeasuredRegion

UNNUMBERED: Final = (
    "Which of several alike it is isn't counted; its place and the product's named zones tell it [score]."
)
AT_BORDER = 0.02
"""Distance from the image's border, as a share of its side, within which a region reaches it."""


def place(topic: Topic) -> Reply:
    """Say where the defect is, or whether it is where the question says."""
    say, regions = topic.say, topic.chosen
    nothing = _nothing(topic)
    # "In which zone?" asks for none of several alike.
    asked = topic.words.without(topic.text, "where", "clock")
    pointed = topic.words.has("which_of_like", asked) or topic.words.has("which_in_order", asked)
    chosen, hour = side_chosen(topic), at_the_hour(topic)
    answered = topic.intent.closed or chosen.text or hour.text
    which = [say(UNNUMBERED)] if pointed and not answered else []
    if nothing is not None:
        if topic.verdict.decision == "review":
            suspect = of_suspect(topic, place)
            return replace(suspect, body=[*suspect.body, *which]) if which else suspect
        if (unseen := unmeasured(topic)) is not None:
            return unseen
        if says_it_lacks(topic) and not topic.intent.closed:
            return Reply("", [nothing, say(COMPARED), *if_it_is(topic, "limit")])
        # "None. ... Nowhere." would say it twice of the worst of no defects.
        nowhere = say("Nowhere.") if topic.intent.region is None else ""
        lead = say("No.") if topic.intent.closed else nowhere
        return Reply(lead, [nothing], False if topic.intent.closed else None)
    told = [topic.located(one) for one in regions]
    if not topic.intent.closed:
        made = [*chosen.evidence, *hour.evidence]
        return Reply(chosen.lead, [*hour.body, *chosen.body, *told, *which], None, made)
    opened = topic.state["opened"]
    edge = topic.intent.place is None and names_the_edge(topic.text, topic.asked.spoken)
    if topic.intent.place is not None:
        yes = any(topic.lies_in(one, topic.intent.place, 0.5) for one in regions)
        if not yes and topic.intent.place.startswith(ZONE) and topic.seen("describe_region") is not None:
            # Its centre lies elsewhere, and it may still reach into the zone.
            yes, measured = place_finding(topic, topic.intent.place)
            told = [measured, *told]
    elif edge:
        yes = any(_reaches_border(one.bbox, opened.width, opened.height) for one in regions)
    elif topic.words.has("crosses", topic.text):
        untold = say("Only its place in the image and in the product's zones is measured [score].")
        return Reply(say("That can't be told."), [untold, *told])
    else:
        yes = bool(regions)
    return Reply(topic.yes_no(yes), told, yes)


def _listed(topic: Topic) -> list[str]:
    """Return how many defects there are, and each with its place, look and size, the largest first."""
    say, regions = topic.say, sorted(topic.regions, key=length_of, reverse=True)
    told = say("{count} defects {cited}.", count=len(regions), cited=topic.cited(regions))
    each = [
        say("{place}: {look} [{id}].", place=say.sentence(topic.spot(one)), look=topic.look(one), id=one.id)
        for one in regions
    ]
    return [told, " ".join(each)]


def count(topic: Topic) -> Reply:
    """Say how many defects there are."""
    say, regions = topic.say, topic.regions
    number = len(regions)
    only = topic.words.has("only", topic.text)
    affirmed = ((number == 1) if only else (number > 1)) if topic.intent.closed else None
    lead = "" if affirmed is None else topic.yes_no(affirmed)
    if topic.verdict.decision == "review":
        return to_review(topic)
    if (unseen := unmeasured(topic)) is not None:
        return unseen
    if not regions:
        return Reply(
            lead or say("None."),
            [_nothing(topic) or say("It differs from the good parts as a whole [score].")],
            affirmed,
        )
    if number > 1 and topic.words.has("list_all", topic.text):
        return Reply("", _listed(topic))
    message = "One defect, {places} {cited}." if number == 1 else "{count} defects, {places} {cited}."
    told = say(message, count=number, places=topic.places(regions), cited=topic.cited(regions))
    return Reply(lead, [told], affirmed)


def kind(topic: Topic) -> Reply:
    """Say which type the defect is, or whether it is the one that the question names."""
    say, defect, named = topic.say, topic.state.get("defect_type"), asked_type(topic)
    if topic.type_said is not None:
        if not topic.intent.closed or named is None:
            return Reply(f"{say.sentence(topic.type_name(topic.type_said))}.", by_a_person(topic))
        yes = same_type(named, topic.type_said)
        return Reply(topic.yes_no(yes), type_by_a_person(topic), yes)
    nothing = _nothing(topic)
    if nothing is not None and topic.verdict.decision == "review":
        return of_suspect(topic, _of_suspect)
    if nothing is not None and (unseen := unmeasured(topic)) is not None:
        return unseen
    if nothing is not None:
        return Reply(
            say("No.") if topic.intent.closed else say("None."),
            [*accepted(topic), nothing],
            False if topic.intent.closed else None,
        )
    looks = [
        say("It is {look} {cited}.", look=topic.look(one), cited=topic.cited([one]))
        for one in topic.chosen[:1]
    ]
    neither = ""
    offered: list[str] = []
    if topic.intent.choice:
        offered = offered_types(topic)
        found = topic.defect
        if found is not None and any(same_type(one, found.name) for one in offered):
            return Reply("", [_probably(topic, found), *looks])
        neither = say("Neither is established.") if found is None else say("Neither of them.")
    if topic.defect is None:
        source = "type" if defect is not None else "notes"
        unsure = "The type is not certain: no note or confirmed example fits it well enough [{source}]."
        told = nearest_types(topic)
        if leading(defect) is None:
            told = [say(unsure, source=source), *told]
        asked_for = topic.intent.closed and named is not None
        if neither:
            # What speaks for each of them, and against it, says why.
            if len(offered) == 1:
                lead, reasons = weighed(topic, offered[0])
                return Reply(lead, [*reasons, *told, *looks])
            best = nearer(topic, offered)
            if best is not None:
                told = [say("Of these it comes nearer to {type} [type].", type=plain_name(best))]
            ordered = sorted(dict.fromkeys(offered), key=lambda name: name != best)
            reasons = [reason for name in ordered for reason in weighed(topic, name)[1]]
            return Reply(neither, [*told[-1:], *reasons, *looks])
        if asked_for and named is not None:
            lead, reasons = weighed(topic, named)
            return Reply(lead, [*reasons, *told, *looks], None)
        # "What is that red thread?" describes a type.
        described = [reason for name in topic.intent.maybe[:1] for reason in weighed(topic, name)[1]]
        return Reply("", [*described, *told, *looks], None)
    told = [_probably(topic, topic.defect)]
    others = [plain_name(other.name) for other in topic.defect.alternatives[:2]]
    if others:
        told.append(say("Less likely: {types} [type].", types=say.listed(others)))
    if topic.intent.closed and named is not None:
        if denied := another_likely(topic, named):
            return Reply(denied[0], [told[0], *denied[1], *looks], None)
        yes = same_type(named, topic.defect.name)
        return Reply(topic.yes_no(yes), [*told, *looks], yes)
    return Reply(neither, [*told, *looks], None)


def _of_suspect(topic: Topic) -> Reply:
    """Return how the most unusual place looks, and what speaks for and against the types that are named."""
    named = [asked_type(topic), *offered_types(topic)]
    reasons = [reason for name in dict.fromkeys(named) if name for reason in weighed(topic, name)[1]]
    return Reply("", [topic.located(topic.regions[0]), *reasons])


def _probably(topic: Topic, defect: DefectRecord) -> str:
    return topic.say("Probably {type} [type].", type=topic.type_name(defect.name))


def appearance(topic: Topic) -> Reply:
    """Say how the defect, or the place that the question names, looks."""
    if topic.words.has("pictured", topic.text):
        return _shown(topic)
    say = topic.say
    if topic.intent.place is not None and topic.intent.region is None:
        bad, told = place_finding(topic, topic.intent.place)
        there = [one for one in topic.regions if topic.lies_in(one, topic.intent.place, 0.0)]
        looks = [
            say("It is {look} {cited}.", look=topic.look(one), cited=topic.cited([one])) for one in there[:2]
        ]
        if topic.words.has("colour", topic.text):
            tones = [sentence for one in there[:1] for sentence in _tone(topic, one)]
            judged = say("Colours are judged only by comparison with good parts as an image [score].")
            return Reply("", [*(tones or [judged]), *(looks if bad else []), told], None)
        return Reply("", [told, *(looks if bad else [])], None)
    nothing = _nothing(topic)
    if nothing is not None:
        if topic.verdict.decision == "review":
            return of_suspect(topic, appearance)
        if (unseen := unmeasured(topic)) is not None:
            return unseen
        none = [] if topic.verdict.anomalous else [say("There is no defect to describe [score].")]
        return Reply("", [*accepted(topic), *none, nothing], None)
    tones = [sentence for one in topic.chosen[:1] for sentence in _tone(topic, one)]
    looks = [
        say(
            "{place}: {look} [{id}].",
            place=say.sentence(topic.where(one.cell)),
            look=topic.look(one),
            id=one.id,
        )
        for one in topic.chosen
    ]
    probably = [] if tones else [_probably(topic, topic.defect)] if topic.defect else nearest_types(topic)
    return Reply("", [*tones, *looks, *probably], None)


def _shown(topic: Topic) -> Reply:
    """Say where the picture is that marks what was found, and what it shows."""
    command = f"iad inspect {shown_path(topic)} --out FOLDER"
    where = topic.say(
        "Pictures are no part of an answer: {command} writes the heat map, the mask and the overlay, and "
        "the station shows them on the page Inspect [score].",
        command=command,
    )
    found = [topic.located(one) for one in topic.regions[:MOST_DESCRIBED]]
    return Reply("", [where, *(found or finding(topic)), *topic.near_limit()], None)


def _tone(topic: Topic, region: MeasuredRegion) -> list[str]:
    """Return how bright a region is, and which colour it has of its own, where that is asked for."""
    say, hue = topic.say, topic.words.has("colour", topic.text)
    if region.look is None or not (hue or topic.words.has("brightness", topic.text)):
        return []
    number = round(abs(region.look.contrast))
    told = say("It is about as bright as its surroundings [{id}].", id=region.id)
    if number > 0:
        darker = region.look.contrast < 0
        message = (
            "It is {number} grey levels darker than its surroundings [{id}]."
            if darker
            else "It is {number} grey levels brighter than its surroundings [{id}]."
        )
        told = say(message, number=number, id=region.id)
    if not hue:
        return [told]
    if region.look.colour is not None:
        colour = colour_of(topic, region.look.colour)
        return [
            say("Beside its surroundings its colour is {colour} [{id}].", colour=colour, id=region.id),
            told,
        ]
    return [
        told,
        say("It has no colour of its own that stands out, only its brightness [{id}].", id=region.id),
    ]


def _nothing(topic: Topic) -> str | None:
    """Return the sentence that there is nothing to speak of, or None where there is."""
    if topic.absent is not None:
        return no_region(topic, topic.absent)
    return None if topic.regions else finding(topic)[0]


def _reaches_border(box: Box, width: int, height: int) -> bool:
    near_x, near_y = AT_BORDER * width, AT_BORDER * height
    return box[0] <= near_x or box[1] <= near_y or box[2] >= width - near_x or box[3] >= height - near_y
