"""Answers on what belongs to a part, and how full it is: only comparison with good parts tells."""

from __future__ import annotations

from agents.answers.image.lacking import gone, may_lack
from agents.answers.image.measured_place import place_finding
from agents.answers.image.part_asked import if_it_is, says_it_lacks
from agents.answers.image.persons_word import by_a_person, type_by_a_person
from agents.answers.image.verdict import finding
from agents.answers.topic import MOST_DESCRIBED, Reply, Topic, values_of
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.numerals import names_several
from agents.questions.lexicon.words import features_in, sections_in
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.held import OF_NO_NAME
from agents.questions.slots.zone_names import is_of_zone, names_section
from tools.locations import ZONE

UNCOUNTED = "That can't be counted here: only separate pieces are, and this part is one piece [{id}]."
UNFILLED = "How full it is isn't measured; it is compared with good parts as an image [score]."
DIFFERS = "Not as on good parts."
UNTOLD = "Whether something is missing can't be told: the comparison tells only that it differs [score]."


def zone_there(topic: Topic) -> Reply:
    """Say whether what a zone is named for is there: no yes where zone or person speaks against it."""
    say, place = topic.say, f"{ZONE}{topic.intent.zones[0]}"
    bad, told = place_finding(topic, place)
    times = float(values_of(topic.seen("describe_region")).get("times_limit", 0.0))
    there = [one for one in topic.regions if topic.lies_in(one, place, 0.3)][:1]
    said = by_a_person(topic)
    if bad or there or (topic.verdict.anomalous and times > 1):
        return Reply(say(DIFFERS), [*said[:1], told, *map(topic.located, there), say(UNTOLD)])
    if (lacking := _called_missing(topic)) is not None:
        return Reply(say(DIFFERS), [*lacking, told])
    person = topic.verdict.person
    if person is None and topic.verdict.decision == "review":
        return Reply(say("To be reviewed."), [told, *topic.near_limit()])
    if person is not None and person.verdict == "anomalous":
        return Reply(say("No defect was found there."), [*said, told])
    elsewhere = [
        say(
            "But the part has a defect elsewhere, {places} {cited}.",
            places=topic.places(topic.regions[:MOST_DESCRIBED]),
            cited=topic.cited(topic.regions[:MOST_DESCRIBED]),
        )
    ]
    lead = say("Yes, by comparison with good parts.")
    return Reply(lead, [told, *(elsewhere if topic.regions else [])], True)


def _called_missing(topic: Topic) -> list[str] | None:
    """Return what a person said is missing here, or wrong in the zone asked about; None without it."""
    named, zones = topic.type_said, topic.intent.zones
    if named is None or not (is_absence(named) or any(names_section(named, zone) for zone in zones)):
        return None
    return type_by_a_person(topic)


def _differs_there(topic: Topic) -> bool:
    """Return whether a defect lies in a zone that is named for what the question asks for."""
    words = topic.words
    nouns = {
        name for name, noun in (*words.features.items(), *words.sections.items()) if noun.search(topic.text)
    }
    zones = [one.zone for one in topic.regions if one.zone is not None]
    return any(nouns & {*features_in(zone), *sections_in(zone)} for zone in zones)


def lacks(topic: Topic) -> bool:
    """Return whether a question asks what is missing."""
    return topic.words.has("lacking", topic.text)


def missing_there(topic: Topic) -> Reply | None:
    """Return where what good parts show is gone, for a question whether something is; None without it.

    Yes is said where the question names no thing, or a type that is named for the zone of the place.
    """
    shown = gone(topic)
    if not shown or not lacks(topic) or not topic.intent.closed or topic.intent.sense == "good":
        return None
    told = [*map(topic.located, shown[:MOST_DESCRIBED])]
    # "Is a component missing?" names none of those that the notes know.
    thing = len(topic.intent.maybe) == 1
    rest = topic.words.without(topic.text, "lacking", "piece")
    if not thing and subjects_in(rest, topic.asked.spoken, OF_NO_NAME):
        return None  # what it names may be another thing than the one that is gone
    if not thing or any(one.zone and is_of_zone(topic.intent.maybe[0], one.zone) for one in shown):
        return Reply(topic.say("Yes."), told, True)
    return None


def by_comparison(topic: Topic, unmeasured: str) -> Reply:
    """Say what comparison with good parts says of a question for the presence or amount of something.

    A part that passes has what good ones have; of one that does not, the comparison does not say what lacks.
    That two things belong together it does not say at all: each of them may be that of a good part.
    unmeasured: the sentence on what is not measured.
    """
    say, intent = topic.say, topic.intent
    if topic.verdict.person is None and (seen := missing_there(topic)) is not None:
        return seen
    if says_it_lacks(topic) and topic.verdict.decision == "pass" and topic.verdict.person is None:
        return Reply("", [*finding(topic)[:1], unmeasured, *if_it_is(topic, "limit")])
    lead, affirmed = "", None
    person = topic.verdict.person
    of_belonging = not (topic.words.has("amount", topic.text) or topic.words.has("matches", topic.text))
    if person is not None and person.verdict == "anomalous" and intent.closed:
        # What passes by its measurement may be what a person found missing.
        missing = _called_missing(topic)
        # "Is the digit right?" of what somebody called a wrong print.
        wrong = topic.type_said is not None and topic.words.has("correct", topic.text)
        differs = DIFFERS if intent.sense == "good" or missing is None else "Possibly."
        lead = say(differs if wrong or missing is not None else "That can't be told.")
        told = missing or type_by_a_person(topic) or by_a_person(topic)
        return Reply(lead, [*told, *finding(topic)[:1], unmeasured])
    if topic.verdict.decision == "review":
        lead = say("To be reviewed.")
    elif intent.closed and intent.sense == "good" and _differs_there(topic):
        return Reply(say(DIFFERS), [*finding(topic), say(UNTOLD)])
    elif intent.closed and topic.verdict.anomalous and of_belonging and person is None:
        return may_lack(topic)
    elif intent.closed and (topic.verdict.anomalous or topic.words.has("matches", topic.text)):
        lead = say("That can't be told.")
    elif intent.closed and not (intent.sense == "good" and names_several(topic.text, topic.asked.spoken)):
        affirmed = intent.sense == "good"
        lead = (
            say("Yes, by comparison with good parts.")
            if affirmed
            else say("No, by comparison with good parts.")
        )
    untold = intent.closed and topic.verdict.anomalous
    told = [unmeasured, *finding(topic)] if untold else [*finding(topic)[:2], unmeasured]
    return Reply(lead, [*told, *topic.near_limit()], affirmed)
