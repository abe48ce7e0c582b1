"""Answers from images: comparison, a second look, parts, good examples, the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.answers.image.confidence import NOT_TOLD_FROM_DAMAGE
from agents.answers.image.lacking import findings_of_layout, how_many_lack, may_lack
from agents.answers.image.measured_place import place_finding
from agents.answers.image.part_asked import COMPARED
from agents.answers.image.presence import (
    UNCOUNTED,
    UNFILLED,
    by_comparison,
    lacks,
    missing_there,
    zone_there,
)
from agents.answers.image.recording import how_to_record, how_to_record_normal
from agents.answers.image.supposed import supposed
from agents.answers.image.two import about_two, each_of_two, evidence_of_two
from agents.answers.image.verdict import (
    finding,
    no_region,
    peak_times,
)
from agents.answers.notes.analysis import about_type, find_aspect, quoted_if
from agents.answers.notes.entries import MOST_CANDIDATES, entries_meant, likely_of
from agents.answers.topic import MOST_DESCRIBED, Reply, Topic, image_name, values_of
from agents.questions.form.alternatives import fate_of
from agents.questions.lexicon.numerals import names_several
from agents.questions.rules.asked_for import plays_down
from agents.questions.rules.of_like_things import asks_how_many_lack
from agents.questions.slots.numbered_regions import IMAGE_NAME
from agents.state import Observation
from tools.records import EvidenceRecord


def comparison(topic: Topic) -> Reply:
    """Say how the image differs from another one, or from the nearest good part."""
    say, seen = topic.say, topic.seen("compare_images")
    values = values_of(seen)
    if (missing := _missing(topic)) is not None:
        return Reply("", [missing, *finding(topic)])
    if seen is None or not values:
        told = [say("The two could not be compared [score].")] if seen is None else [_as_told(seen.evidence)]
        return Reply("", told)
    cited = f"[{seen.evidence.id}]"
    if (both := about_two(topic)) is not None:
        return both
    if str(values["id"]).endswith(f"image:{topic.state['opened'].sha256[:12]}"):
        return Reply("", [say("It is the same image {cited}.", cited=cited)])
    other = say("the nearest good part")
    if topic.intent.other is not None:
        other = f'"{_name(topic, topic.intent.other)}"'
    differs = say(
        "Compared with {other}, it differs most {place} {cited}.",
        other=other,
        place=topic.where(values["features"]["cell"]),
        cited=cited,
    )
    mine, theirs = float(values["p_value"]), values["other_p_value"]
    words, text = topic.words, topic.text
    of_two = topic.intent.other is not None and (words.has("worse", text) or words.has("better", text))
    told, lead, affirmed = [differs], "", None
    if theirs is not None:
        worse = mine < float(theirs)
        # "Which is worse?" is answered by its name, and what follows is of the one that is named.
        named = of_two and not topic.intent.closed
        other_named = named and worse is words.has("better", text)
        if other_named:
            mine, theirs, worse = float(theirs), mine, not worse
        message = (
            "It is the more unusual of the two, with a p-value of {p} against {q}; the smaller, the "
            "more unusual {cited}."
            if worse
            else "It is the less unusual of the two, with a p-value of {p} against {q}; the smaller, the "
            "more unusual {cited}."
        )
        ranked = say(message, p=f"{mine:.3g}", q=f"{float(theirs):.3g}", cited=cited)
        if named:
            lead = f'"{_name(topic, topic.intent.other if other_named else None)}".'
            told = [ranked] if other_named else [ranked, differs]
        elif topic.intent.closed and (words.has("worse", text) or words.has("better", text)):
            affirmed = worse is not words.has("better", text)
            lead = topic.yes_no(affirmed)
            told = [ranked, differs]
        else:
            told = [differs, *each_of_two(topic), ranked]
    elif len(topic.regions) > 1 and not topic.intent.closed:
        told += [topic.located(one) for one in topic.regions[:MOST_DESCRIBED]]
    elif topic.verdict.anomalous or not topic.intent.closed:
        told += finding(topic)[:1]
    levels = abs(float(values["brightness"]))
    if levels >= 3 and not of_two:
        message = "It is {levels} grey levels darker on the whole {cited}."
        if float(values["brightness"]) > 0:
            message = "It is {levels} grey levels brighter on the whole {cited}."
        told.append(say(message, levels=f"{levels:.1f}", cited=cited))
    return Reply(lead, told, affirmed, evidence_of_two(topic))


def _missing(topic: Topic) -> str | None:
    """Return the sentence that the other image was not looked at, where one is meant that was not."""
    if topic.intent.other is not None or topic.intent.region is not None:
        return None
    named = IMAGE_NAME.search(topic.text)
    if named is not None:
        told = '"{name}" has not been looked at in this conversation [score].'
        return topic.say(told, name=named[0])
    ranked = topic.words.has("worse", topic.text) or topic.words.has("better", topic.text)
    # "Is it the same as last time?", but "how does it differ from others?" is of good parts.
    if ranked or (topic.intent.closed and topic.words.has("last", topic.text)):
        return topic.say("Only this image was looked at in this conversation [score].")
    return None


def _name(topic: Topic, number: int | None) -> str:
    """Return the file name of one of the thread's images, the one in hand where None."""
    return Path(topic.state["image"]).name if number is None else image_name(topic.seen_images, number)


def look_again(topic: Topic) -> Reply:
    """Say what a second look at a place shows, or where the most unusual place is."""
    say = topic.say
    told: list[str] = []
    peak, times = topic.seen("locate_peak"), peak_times(topic)
    if peak is not None and times is not None:
        told.append(
            say(
                "The most unusual place is {place}, at {times} times the limit of a normal pixel [{id}].",
                place=topic.where(peak.values["cell"]),
                times=times,
                id=peak.evidence.id,
            )
        )
        if not topic.verdict.anomalous:
            told += finding(topic)
    told += _second_look(topic)
    return Reply("", told or finding(topic))


def _second_look(topic: Topic) -> list[str]:
    say, seen = topic.say, topic.seen("zoom_region")
    if seen is None:
        return []
    values, place, region = seen.values, topic.intent.place, topic.intent.region
    measured = [] if place is None else [place_finding(topic, place)[1]]
    if not values:
        return measured if region is None else [no_region(topic, region)]
    if values["p_value"] is None:
        nothing = say("A second look had no good part to compare with there [{id}].", id=seen.evidence.id)
        return [nothing, *measured]
    message = (
        "A second look {place} at full resolution: it stands out from the same place of {count} good "
        "parts [{id}]."
        if values["anomalous"]
        else "A second look {place} at full resolution: it does not stand out from the same place of {count} "
        "good parts [{id}]."
    )
    told = [say(message, place=_looked_at(topic, values), count=values["templates"], id=seen.evidence.id)]
    if bool(values["anomalous"]) is not topic.verdict.anomalous:
        told.append(say("The verdict on the whole part stays as it was measured [score]."))
    return told


def _looked_at(topic: Topic, values: Mapping[str, Any]) -> str:
    """Return the place that was looked at again, which the crop around it may exceed."""
    place = str(values["place"])
    cell = next((region.cell for region in topic.regions if region.id == place), None)
    return topic.where(cell or (str(values["cell"]) if place.startswith("region-") else place))


def correction(topic: Topic) -> Reply:
    """Take a person's hint: say what is at the place, and how to record that the verdict is wrong."""
    say = topic.say
    told = finding(topic)[:1]
    if topic.intent.place is not None:
        told = [place_finding(topic, topic.intent.place)[1]]
    told += _second_look(topic)[:1]
    named = topic.intent.type
    if plays_down(topic.words, topic.text) and not (named and entries_meant(topic, named)):
        # First the stand: an image shows what differs, and not of what it is made.
        open_ = say(NOT_TOLD_FROM_DAMAGE)
        normal = topic.verdict.anomalous
        kept = how_to_record_normal(topic) if normal else how_to_record(topic, "--verdict good")
        near = likely_of(topic.state.get("defect_type"))[:MOST_CANDIDATES] if normal else []
        stated = {name: find_aspect(about_type(topic.state["passages"], name), "action") for name in near}
        by_notes = [quoted_if(topic, name, found[0]) for name, found in stated.items() if found]
        return Reply("", [open_, *(by_notes or told), kept])
    if topic.intent.supposed and topic.intent.type is not None:
        return supposed(topic, topic.intent.type)
    fate = fate_of(topic.text, topic.asked.spoken)
    label = {"keep": "good", "discard": "anomalous"}.get(fate or "", "good|anomalous")
    usual = topic.words.has("usual", topic.text)
    kept = how_to_record_normal(topic) if usual else how_to_record(topic, f"--verdict {label}")
    return Reply("", [*told, kept])


def parts(topic: Topic) -> Reply:
    """Say how many pieces the image shows, and whether they lie as in good parts."""
    say = topic.say
    if topic.intent.zones:
        return zone_there(topic)
    if asks_how_many_lack(topic.words, topic.text):
        return how_many_lack(topic)
    if topic.words.has("amount", topic.text):
        return by_comparison(topic, say(UNFILLED))
    if topic.words.has("matches", topic.text):
        return by_comparison(topic, say(COMPARED))
    counted, layout = topic.seen("count_components"), topic.seen("check_layout")
    told: list[str] = []
    affirmed: bool | None = None
    wrong = findings_of_layout(topic)
    number = values_of(counted).get("count")
    asks_count = topic.words.has("how_many", topic.text)
    if counted is not None and number == 1 and (asks_count or not wrong or lacks(topic)):
        return _of_one_piece(topic, counted.evidence)
    if topic.intent.closed and not asks_count:
        return _of_what_belongs(topic, layout if wrong else None)
    if topic.say.language == "en":
        told += [_as_told(one.evidence) for one in (counted, layout) if one is not None]
    else:
        if counted is not None and number is not None:
            told.append(
                say("{count} separate pieces were counted [{id}].", count=number, id=counted.evidence.id)
            )
        if layout is not None and values_of(layout).get("learned"):
            message = "The arrangement differs from that of good parts [{id}]." if wrong else (
                "The arrangement is that of good parts [{id}]."
            )  # fmt: skip
            told.append(say(message, id=layout.evidence.id))
    if not told:
        told = [say("The pieces of this part can't be told apart in the image [score].")]
    return Reply("", told, affirmed)


def _of_what_belongs(topic: Topic, layout: Observation | None) -> Reply:
    """Say whether what is named is there, which only comparison tells. layout: where it is wrong."""
    if layout is None:
        return by_comparison(topic, topic.say(COMPARED))
    message = "The arrangement differs from that of good parts [{id}]."
    english = topic.say.language == "en"
    differs = _as_told(layout.evidence) if english else topic.say(message, id=layout.evidence.id)
    if topic.verdict.decision == "review":
        return Reply(topic.say("To be reviewed."), [differs, *topic.near_limit()])
    if (seen := missing_there(topic)) is not None:
        return replace(seen, body=[*seen.body, differs])
    if topic.verdict.person is None:
        found = may_lack(topic)
        return replace(found, body=[differs, *found.body])
    return Reply(topic.say("That can't be told."), [differs, *finding(topic)])


def reference(topic: Topic) -> Reply:
    """Name the nearest good part."""
    return Reply("", nearest_good(topic))


def _of_one_piece(topic: Topic, counted: EvidenceRecord) -> Reply:
    """Say what is found of a part in one piece, whose labels, caps or threads nothing counts."""
    if topic.words.has("how_many", topic.text):
        lead = topic.say("To be reviewed.") if topic.verdict.decision == "review" else ""
        return Reply(lead, [topic.say(UNCOUNTED, id=counted.id), *finding(topic), *topic.near_limit()])
    if topic.intent.closed and names_several(topic.text, topic.asked.spoken):
        return by_comparison(topic, topic.say(UNCOUNTED, id=counted.id))
    return by_comparison(topic, topic.say(COMPARED))


def nearest_good(topic: Topic) -> list[str]:
    """Return the sentence that names the nearest good part; none where there is none."""
    told = "The good part nearest to this image is {path} [{id}]."
    return [topic.say(told, path=best.file_name, id=best.id) for best in topic.state.get("templates", [])[:1]]


def product(topic: Topic) -> Reply:
    """Name the product."""
    found = topic.state["product"]
    source = f"[{topic.state['templates'][0].id}]" if topic.state["templates"] else "[score]"
    message = "The image shows the product {product} {cited}."
    return Reply("", [topic.say(message, product=found.name, cited=source)])


def _as_told(evidence: EvidenceRecord) -> str:
    text = evidence.text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]} [{evidence.id}]."
