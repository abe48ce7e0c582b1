"""Answers on the verdict: of the whole part, of a place, of a region, of a named type; and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from agents.answers.image.aspect import UNCOLOURED, UNREAD, of_an_aspect
from agents.answers.image.measured_place import is_beside, place_finding
from agents.answers.image.named_type import another_likely, is_nearest, undecided_type, weighed
from agents.answers.image.part_asked import claimed, discarded, nearest, of_unset_zone, without_a_sign
from agents.answers.image.persons_word import accepted, by_a_person, type_by_a_person
from agents.answers.image.rest import rest
from agents.answers.notes.analysis import rule_for
from agents.answers.notes.choice import chosen
from agents.answers.topic import MOST_DESCRIBED, Reply, Topic, same_type, values_of
from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.slots.zone_names import names_section
from agents.questions.verdict_words import says_so
from tools.locations import ZONE
from tools.records import MeasuredRegion

DOUBT: Final = "Whether the most unusual place, {place}, is a defect is for a person to decide {cited}."
UNJUDGED: Final = (
    "Values, and which way round a component lies, aren't judged; it is compared with good parts as an image "
    "[score]."
)
UNMEASURED: Final = (
    "It does not stand out from good parts, so its place, look and size can't be told [score]."
)


def verdict(topic: Topic) -> Reply:
    """Say whether the part, or what of it the question names, is good."""
    return without_a_sign(topic, _judged(topic))


def _judged(topic: Topic) -> Reply:
    intent = topic.intent
    if asks_unseen(topic):
        return _unseen(topic)
    if intent.region is not None:
        return _of_region(topic, intent.region)
    if topic.words.has("read_it", topic.text):
        # "Does the chip read MCU-48?" is neither of a place nor of what is chipped.
        return _of_part(topic)
    if intent.closed and (of_it := of_an_aspect(topic)) is not None:
        return of_it(_of_part(topic) if intent.place is None else _of_place(topic, intent.place))
    if intent.place is not None:
        return _of_place(topic, intent.place)
    if intent.type is not None:
        return _of_type(topic, intent.type)
    return rest(topic) or _of_part(topic)


def asks_unseen(topic: Topic) -> bool:
    """Return whether yes or no is asked of which way round something lies, or of its value."""
    known = topic.intent.type is not None and (topic.defect is not None or topic.type_said is not None)
    asked = topic.words.has("value_or_turn", topic.text)
    return asked and not known and not asks_openly(topic.text, topic.asked.spoken)


def _unseen(topic: Topic) -> Reply:
    """Say that an image's comparison tells no value and no polarity, and what was measured."""
    say, place = topic.say, topic.intent.place
    told = say(UNJUDGED)
    measured = finding(topic) if place is None else [place_finding(topic, place)[1]]
    return Reply(say("That can't be told."), [told, *measured, *topic.near_limit()], None)


def finding(topic: Topic) -> list[str]:
    """Return the sentence that says what was found and where, or that nothing was."""
    say, regions = topic.say, topic.regions
    if topic.verdict.decision == "review":
        return _for_review(topic)
    if not topic.verdict.anomalous:
        return [say("Nothing exceeds what good parts show [score].")]
    if not regions:
        return [say("It differs from the good parts as a whole [score].")]
    first = regions[0]
    if len(regions) > 1:
        told = say(
            "There are {count} defects, {places}; the strongest is {look} {cited}.",
            count=len(regions),
            places=topic.places(regions[:MOST_DESCRIBED]),
            look=topic.look(first),
            cited=topic.cited(regions),
        )
    else:
        told = say(
            "There is a defect {place}: {look} {cited}.",
            place=topic.spot(first),
            look=topic.look(first),
            cited=topic.cited([first]),
        )
    if topic.defect is None:
        return [told]
    return [told, say("It is probably of the type {type} [type].", type=topic.type_name(topic.defect.name))]


def _for_review(topic: Topic) -> list[str]:
    """Return the sentences on an image that a person is to look at: why, and at which place."""
    if topic.verdict.not_comparable:
        return topic.near_limit()
    told = [topic.say("Nothing clearly exceeds what good parts show [score].")]
    if topic.state["regions"]:
        most = topic.state["regions"][0]
        message = "It is most unusual {place}: {look} {cited}."
        told.append(
            topic.say(message, place=topic.spot(most), look=topic.look(most), cited=topic.cited([most]))
        )
    return told


def to_review(topic: Topic) -> Reply:
    """Say that a person is to look, why, and at which place: neither a defect nor its absence is certain.

    Where somebody has looked, it is what was said.
    """
    said = by_a_person(topic)
    return Reply("" if said else topic.say("To be reviewed."), [*said, *finding(topic), *topic.near_limit()])


def of_suspect(topic: Topic, answer: Callable[[Topic], Reply]) -> Reply:
    """Return the answer for a part in review: that of its most unusual place, and that this is in doubt.

    answer: the one to a part with a defect. What a person said of the image stands for the doubt.
    """
    say, one, most = topic.say, topic.verdict, topic.state["regions"][:1]
    called_good = one.person is not None and one.person.verdict == "good"
    if not most or one.not_comparable or called_good:
        return to_review(topic)
    own, said = answer(replace(topic, suspected=True)), by_a_person(topic)
    doubt = say(DOUBT, place=topic.spot(most[0]), cited=topic.cited(most))
    lead = say("To be reviewed.") if topic.intent.closed and not said else ""
    return Reply(lead, [*own.body[:3], *(said or [doubt])], None, own.evidence)


def unmeasured(topic: Topic) -> Reply | None:
    """Return that nothing was measured of what a person called defective, or None where that is not so."""
    said = topic.verdict.person
    if said is None or said.verdict != "anomalous" or topic.verdict.anomalous or topic.suspected:
        return None
    if topic.verdict.decision == "review":
        return None
    lead = topic.say("That can't be told.") if topic.intent.closed else ""
    return Reply(lead, [*by_a_person(topic), topic.say(UNMEASURED)])


def _of_part(topic: Topic) -> Reply:
    say, said = topic.say, topic.verdict.person
    bad = topic.verdict.anomalous if said is None else said.verdict == "anomalous"
    sense, closed = topic.intent.sense, topic.intent.closed
    affirmed: bool | None = None
    if said is None and topic.verdict.decision == "review":
        # Neither yes nor no: a person decides.
        lead = say("To be reviewed.")
    elif not says_so(topic.intent, topic.words):
        # "Is this the last one of the shift?" may be no question for the verdict at all.
        lead = say("I took this as: {taken}.", taken=say("whether the part is good"))
    elif closed and sense != "open":
        affirmed = bad is (sense == "bad")
        lead = topic.yes_no(affirmed)
        if bad and sense == "bad" and (fate := discarded(topic)) is not None:
            lead, affirmed = fate, None
    else:
        # "What is wrong with it?" asks for no such word.
        wanted = not asks_openly(topic.text, topic.asked.spoken) or topic.words.has("good", topic.text)
        lead = chosen(topic) or ((say("NG.") if bad else say("OK.")) if wanted else "")
    body = [*by_a_person(topic), *finding(topic), *topic.near_limit()]
    if said is None and not lead:
        body += nearest(topic)
    elif not bad and (affirmed or topic.intent.choice):
        body += claimed(topic)
    unread = topic.words.has("read_it", topic.text)
    if said is None and (unread or topic.words.has("reads", topic.text)):
        # That it looks like the good ones makes no text the right one.
        body.insert(0, say(UNREAD))
        if unread and re.search(r"\d", topic.text):
            # "Does it read KX-4718?"
            lead, affirmed = say("That can't be told."), None
        elif unread and closed:
            lead, affirmed = topic.yes_no(False), False
        elif unread or not bad:
            lead, affirmed = "", None
    elif said is None and not bad and topic.words.has("colour", topic.text):
        body.insert(0, say(UNCOLOURED))
    if topic.intent.zone is not None and not unread:
        told = "No zone {zone} is set for this product, so this is about the whole part [score]."
        unset = say(told, zone=topic.intent.zone)
        if bad:
            near = nearest(topic)
            own = [one for one in body if one not in near]
            return Reply(of_unset_zone(topic, topic.intent.zone), [*own, *near, unset], None)
        body.insert(1, unset)
    if bad and topic.defect is not None:
        body += rule_for(topic)
    return Reply(lead, body, affirmed)


def _answered(topic: Topic, bad: bool) -> tuple[str, bool | None]:
    """Return the first words for something that is bad or good, and whether they affirm."""
    if not topic.intent.closed or topic.intent.sense == "open":
        # "Why is it so yellow?" asks for no such word; "what about the edge?" does.
        why = asks_openly(topic.text, topic.asked.spoken) and not topic.words.has("good", topic.text)
        if why and topic.intent.zone is None:
            return "", None
        return topic.say("NG.") if bad else topic.say("OK."), None
    yes = bad is (topic.intent.sense == "bad")
    return topic.yes_no(yes), yes


def _of_region(topic: Topic, number: int) -> Reply:
    say = topic.say
    chosen = topic.chosen
    lead, affirmed = _answered(topic, bool(chosen))
    if not chosen:
        return Reply(lead, [no_region(topic, number)], affirmed)
    told = say("It is {look} {cited}.", look=topic.look(chosen[0]), cited=topic.cited(chosen))
    return Reply(lead, [told], affirmed)


def no_region(topic: Topic, number: int) -> str:
    """Return the sentence that there is no such region."""
    if not topic.verdict.anomalous:
        return finding(topic)[0]
    if len(topic.regions) == 1:
        return topic.say("There is only one region: {known}.", known=topic.cited(topic.regions))
    return topic.say(
        "There is no region-{number} among those that were measured: {known}.",
        number=number,
        known=topic.cited(topic.regions) if topic.regions else "[score]",
    )


def _of_place(topic: Topic, place: str) -> Reply:
    bad, told = place_finding(topic, place)
    if is_beside(topic.seen("describe_region")):
        return Reply(topic.say("That can't be told.") if topic.intent.closed else "", [told])
    lead, affirmed = _answered(topic, bad)
    said, reasons = topic.verdict.person, list[str]()
    called_bad = said is not None and said.verdict == "anomalous"
    named = topic.type_said is not None and names_section(topic.type_said, place.removeprefix(ZONE))
    if called_bad and named:
        lead, affirmed = _answered(topic, True)
    elif not bad and (_exceeds(topic) or called_bad):
        # Above the limit of a normal pixel, and no defect: neither yes nor no.
        review = topic.verdict.decision == "review" and not called_bad
        lead, affirmed = topic.say("To be reviewed." if review else "No defect was found there."), None
    elif bad and topic.intent.type is not None and topic.intent.sense == "bad":
        lead, affirmed, reasons = _type_there(topic, topic.intent.type, place)
    body = [*(by_a_person(topic) if called_bad else ()), told, *reasons]
    reaching = [] if bad else _reaching(topic)
    if reaching and not called_bad:
        # Its centre lies elsewhere.
        lead, body = topic.say("Possibly."), [*map(topic.located, reaching[:1]), *body]
    elif topic.verdict.anomalous and not bad and topic.regions:
        body.append(
            topic.say(
                "But the part has a defect elsewhere, {places} {cited}.",
                places=topic.places(topic.regions[:MOST_DESCRIBED]),
                cited=topic.cited(topic.regions[:MOST_DESCRIBED]),
            )
        )
    return Reply(lead, [*body, *topic.near_limit()], affirmed)


def _type_there(topic: Topic, named: str, place: str) -> tuple[str, bool | None, list[str]]:
    """Return the first words on whether what is at a place is of a type, whether they affirm, and reasons."""
    if topic.defect is not None:
        if denied := another_likely(topic, named):
            return denied[0], None, denied[1]
        yes = same_type(named, topic.defect.name)
        return topic.yes_no(yes), yes, []
    there = any(topic.lies_in(one, place, 0.3) for one in topic.regions[:1])
    lead, reasons = weighed(topic, named) if there else (topic.say("Possibly."), [])
    return lead, None, [*map(topic.located, topic.regions[:1]), *reasons]


def _reaching(topic: Topic) -> list[MeasuredRegion]:
    """Return the regions that reach into a place which has a spot above the limit of a normal pixel."""
    measured = values_of(topic.seen("describe_region"))
    if not _exceeds(topic) or "bbox" not in measured:
        return []
    x0, y0, x1, y1 = measured["bbox"]
    boxes = [(one, one.bbox) for one in topic.regions]
    return [one for one, box in boxes if box[0] < x1 and box[2] > x0 and box[1] < y1 and box[3] > y0]


def _exceeds(topic: Topic) -> bool:
    """Return whether the place that is asked about has a spot above the limit of a normal pixel."""
    times = float(values_of(topic.seen("describe_region")).get("times_limit", 0.0))
    return times > 1 and (topic.verdict.anomalous or topic.verdict.decision == "review")


def _of_type(topic: Topic, named: str) -> Reply:
    say, defect = topic.say, topic.defect
    asks_good = topic.intent.sense == "good"
    good = asks_good and topic.words.has("good", topic.text)
    fate = named_fate(topic.text, topic.words)
    if chosen(topic):
        # "The pleats are crushed, accept or reject?"
        return _of_part(topic)
    if topic.intent.closed and (good or fate is not None):
        # "Can this stain be passed?", whichever type it is of; so "just a scratch, ship it?".
        sense = "good" if fate is not None and fate[1] == "keep" else topic.intent.sense
        return _of_part(replace(topic, intent=topic.intent.model_copy(update={"sense": sense})))
    if topic.type_said is not None and topic.intent.closed:
        said = same_type(named, topic.type_said) is not asks_good
        return Reply(topic.yes_no(said), type_by_a_person(topic), said)
    if topic.verdict.decision == "review":
        # Neither that it is there, nor that it is not.
        return of_suspect(
            topic, lambda one: Reply("", [one.located(one.regions[0]), *weighed(one, named)[1]])
        )
    if not topic.verdict.anomalous:
        lead, affirmed = _answered(topic, False)
        told = [*accepted(topic), *finding(topic), *topic.near_limit(), *claimed(topic)]
        return Reply(lead, told, affirmed)
    if defect is None:
        lead, reasons = (say("Possibly."), []) if asks_good else weighed(topic, named)
        # Which it is nearer to says more than that it isn't certain.
        near = [] if asks_good or is_nearest(topic, named) else nearest(topic)
        return Reply(lead, [finding(topic)[0], *reasons, *(near or [undecided_type(topic, named)])], None)
    affirmed = same_type(named, defect.name) is not asks_good
    if topic.intent.closed and (denied := another_likely(topic, named)):
        # "Just a scratch, polish it?" is told what to do of what it probably is.
        rule = rule_for(topic) if topic.words.has("merely", topic.text) else []
        found, *probably = finding(topic)
        return Reply(denied[0], [*probably, *(rule or denied[1]), found], None)
    if not topic.intent.closed:
        return Reply(_answered(topic, True)[0], finding(topic), None)
    return Reply(topic.yes_no(affirmed), [*finding(topic), *topic.near_limit()], affirmed)


def peak_times(topic: Topic) -> str | None:
    """Return the most unusual place's level in units of the normal limit, or None."""
    values = values_of(topic.seen("locate_peak"))
    return None if not values else f"{float(values['times_limit']):.2f}"
