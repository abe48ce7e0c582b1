"""Answers on the verdict: of the whole part, of a place, of a region, of a named type; and how sure it is."""

from __future__ import annotations

import re
from typing import Final

from agents.answers.evidence import LEAST_SHARE
from agents.answers.image.named_type import weighed
from agents.answers.notes.analysis import rule_for
from agents.answers.notes.choice import chosen
from agents.answers.notes.limits import what_passes
from agents.answers.topic import JUDGED, MOST_DESCRIBED, Reply, Topic, same_type, values_of
from agents.questions.form.alternatives import named_fate
from agents.questions.form.polarity import asks_openly
from agents.questions.slots.zone_names import names_section
from knowledge.log.entry import shown_time
from tools.locations import ZONE

CLOSE: Final = 3.0
"""Times the rate of review below which a p-value that passes is told with its distance from that rate."""


def verdict(topic: Topic) -> Reply:
    """Say whether the part, or what of it the question names, is good."""
    intent = topic.intent
    if intent.region is not None:
        return _of_region(topic, intent.region)
    if intent.place is not None and not topic.words.has("read_it", topic.text):
        return _of_place(topic, intent.place)
    if intent.type is not None:
        return _of_type(topic, intent.type)
    return _of_part(topic)


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
        told.append(
            topic.say("It is most unusual {place} {cited}.", place=topic.spot(most), cited=f"[{most.id}]")
        )
    return told


def to_review(topic: Topic) -> Reply:
    """Say that a person is to look, why, and at which place: neither a defect nor its absence is certain.

    Where somebody has looked, it is what was said.
    """
    said = by_a_person(topic)
    return Reply("" if said else topic.say("To be reviewed."), [*said, *finding(topic), *topic.near_limit()])


def _of_part(topic: Topic) -> Reply:
    say, said = topic.say, topic.verdict.person
    bad = topic.verdict.anomalous if said is None else said.verdict == "anomalous"
    sense, closed = topic.intent.sense, topic.intent.closed
    affirmed: bool | None = None
    if said is None and topic.verdict.decision == "review":
        # Neither yes nor no: a person decides.
        lead = say("To be reviewed.")
    elif closed and sense != "open":
        affirmed = bad is (sense == "bad")
        lead = topic.yes_no(affirmed)
    else:
        # "What is wrong with it?" asks for no such word.
        wanted = not asks_openly(topic.text, topic.asked.spoken) or topic.words.has("good", topic.text)
        lead = chosen(topic) or ((say("NG.") if bad else say("OK.")) if wanted else "")
    body = [*by_a_person(topic), *finding(topic), *topic.near_limit()]
    unread = topic.words.has("read_it", topic.text)
    if said is None and (unread or topic.words.has("reads", topic.text)):
        # That it looks like the good ones makes no text the right one.
        body.insert(0, say("Text and codes aren't read; it is compared with good parts as an image [score]."))
        if unread and re.search(r"\d", topic.text):
            # "Does it read KX-4718?"
            lead, affirmed = say("That can't be told."), None
        elif unread and closed:
            lead, affirmed = topic.yes_no(False), False
        elif unread or not bad:
            lead, affirmed = "", None
    if topic.intent.zone is not None:
        told = "No zone {zone} is set for this product, so this is about the whole part [score]."
        unset = say(told, zone=topic.intent.zone)
        if bad:
            # The section that is asked about may well be good.
            return Reply("", [unset, *body], None)
        body.insert(1, unset)
    if bad and topic.defect is not None:
        body += rule_for(topic)
    return Reply(lead, body, affirmed)


def by_a_person(topic: Topic) -> list[str]:
    """Return what a person said of this very image; what is measured stands after it."""
    said = topic.verdict.person
    if said is None:
        return []
    told = topic.say(JUDGED[said.verdict], name=said.image, time=shown_time(said.at), id="score")
    return [told]


def type_by_a_person(topic: Topic) -> list[str]:
    """Return the type that a person named for this image, and when; none without one."""
    if topic.type_said is None:
        return []
    told = topic.say("It is of the type {type} [score].", type=topic.type_name(topic.type_said))
    return [told, *by_a_person(topic)]


def _answered(topic: Topic, bad: bool) -> tuple[str, bool | None]:
    """Return the first words for something that is bad or good, and whether they affirm."""
    if not topic.intent.closed or topic.intent.sense == "open":
        return (topic.say("NG.") if bad else topic.say("OK.")), None
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
    if topic.verdict.anomalous and not bad and topic.regions:
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
        yes = same_type(named, topic.defect.name)
        return topic.yes_no(yes), yes, []
    there = any(topic.lies_in(one, place, 0.3) for one in topic.regions[:1])
    lead, reasons = weighed(topic, named) if there else (topic.say("Possibly."), [])
    return lead, None, [*map(topic.located, topic.regions[:1]), *reasons]


def _exceeds(topic: Topic) -> bool:
    """Return whether the place that is asked about has a spot above the limit of a normal pixel."""
    times = float(values_of(topic.seen("describe_region")).get("times_limit", 0.0))
    return times > 1 and (topic.verdict.anomalous or topic.verdict.decision == "review")


def place_finding(topic: Topic, place: str) -> tuple[bool, str]:
    """Return whether a place is anomalous, and the sentence on what was measured there."""
    say, seen = topic.say, topic.seen("describe_region")
    where = say.sentence(topic.where(place))
    if seen is None or "times_limit" not in seen.values:
        return False, say("That place was not measured [score].")
    cited, times = f"[{seen.evidence.id}]", f"{float(seen.values['times_limit']):.2f}"
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


def _of_type(topic: Topic, named: str) -> Reply:
    say, defect = topic.say, topic.defect
    asks_good = topic.intent.sense == "good"
    good = asks_good and topic.words.has("good", topic.text)
    if topic.intent.closed and (good or named_fate(topic.text, topic.words) is not None):
        return _of_part(topic)  # "Can this stain be passed?", whichever type it is of
    if topic.type_said is not None and topic.intent.closed:
        said = same_type(named, topic.type_said) is not asks_good
        return Reply(topic.yes_no(said), type_by_a_person(topic), said)
    if topic.verdict.decision == "review":
        return to_review(topic)  # neither that it is there, nor that it is not
    if not topic.verdict.anomalous:
        lead, affirmed = _answered(topic, False)
        return Reply(lead, [*finding(topic), *topic.near_limit()], affirmed)
    if defect is None:
        lead, reasons = (say("Possibly."), []) if asks_good else weighed(topic, named)
        return Reply(lead, [finding(topic)[0], *reasons, _undecided(topic, named)], None)
    affirmed = same_type(named, defect.name) is not asks_good
    if not topic.intent.closed:
        return Reply(say("NG."), finding(topic), None)
    return Reply(topic.yes_no(affirmed), [*finding(topic), *topic.near_limit()], affirmed)


def _undecided(topic: Topic, named: str) -> str:
    message = "Whether it is of the type {type} is not certain: no note or example decides [type]."
    return topic.say(message, type=topic.type_as_asked or named)


def confidence(topic: Topic) -> Reply:
    """Say how sure the verdict is, in plain words before the p-value; or how sure the type that is named."""
    say, one, named = topic.say, topic.verdict, topic.intent.type
    if topic.words.has("judgeable", topic.text):
        return _of_photograph(topic)
    if named is not None and one.anomalous and topic.defect is None:
        # The p-value says nothing about the type.
        unsure, undecided = say("Not very sure."), [_undecided(topic, named)]
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
    return Reply(lead, [told, *_side(topic), *topic.near_limit()], affirmed)


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
    return Reply("", [*finding(topic), compared, *sure.body], None)


def peak_times(topic: Topic) -> str | None:
    """Return the most unusual place's level in units of the normal limit, or None."""
    values = values_of(topic.seen("locate_peak"))
    return None if not values else f"{float(values['times_limit']):.2f}"
