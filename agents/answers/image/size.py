"""Answers on sizes: in pixels, in millimetres by a given scale, and against a given limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.answers.image.area import (
    OF_AREA,
    Sizes,
    covers_all,
    described,
    evidence_of_all,
    in_asked_unit,
    lacks_scale,
    measure_of_text,
    sizes_of,
)
from agents.answers.image.distance import distance, part_size
from agents.answers.image.naming import as_named
from agents.answers.image.stated_offset import stated_offset
from agents.answers.image.stated_size import of_the_part, stated_size
from agents.answers.image.verdict import finding, no_region, of_suspect, to_review, unmeasured
from agents.answers.notes.analysis import about_type, find_aspect, quoted, quoted_if
from agents.answers.notes.entries import (
    MOST_CANDIDATES,
    entries_meant,
    leading,
    likely_of,
    likely_types,
    most_like,
)
from agents.answers.notes.limits import (
    NO_ANGLE,
    NO_OFFSET,
    NO_SCALE,
    Judged,
    Measured,
    in_unit,
    judge,
    with_unit,
)
from agents.answers.topic import Reply, Topic, values_of
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.slots.limits import asks_if_above, measure_of
from agents.questions.slots.region_ranks import Rank
from anomaly_core.names import name_key
from anomaly_core.numbers import plain_number
from knowledge.catalogue.limits import parse_limit
from tools.records import EvidenceRecord, LimitRecord, MeasuredRegion

OF_FEATURES: Final = (
    "Sizes of what belongs to the part, such as holes, aren't measured, only those of places that differ "
    "from good parts [score]."
)
LARGER: Final = 1.1
"""Ratio of lengths from which another region is named as the largest."""


def size(topic: Topic) -> Reply:
    """Say how large the defect is, and whether a limit holds; of a size that is only stated, what holds."""
    if topic.intent.measured == "feature":
        lead = topic.say("That can't be told.") if topic.intent.closed else ""
        return Reply(lead, [topic.say(OF_FEATURES), *finding(topic), *topic.near_limit()])
    if (offset := stated_offset(topic)) is not None:
        return offset
    topic = _in_noted_unit(topic)
    stated = stated_size(topic)
    if stated is None:
        return _of_part(topic)
    own = _of_part(of_the_part(topic))
    # Whether what was measured is allowed is told after the size that is stated.
    told = [one for one in own.body if "[size]" in one] if topic.verdict.anomalous else own.body[:1]
    return replace(stated, body=[*stated.body, *told], evidence=own.evidence)


def _in_noted_unit(topic: Topic) -> Topic:
    """Return a question whose limit has no unit with that of the notes' limit for the type that it may be."""
    limit = topic.intent.limit
    if limit is None or measure_of(topic.text) is not None:
        return topic
    types = [name for name in (_judged_as(topic)[0],) if name] or likely_of(topic.state.get("defect_type"))
    noted = find_aspect(about_type(topic.state["passages"], types[0]), "limit") if types else []
    units = [tolerance.unit for one in noted for tolerance in parse_limit(one.sentence)]
    unit = next((one for one in units if one in ("mm2", "px", "px2", "percent")), limit.unit)
    own = limit.model_copy(update={"unit": unit})
    return replace(topic, intent=topic.intent.model_copy(update={"limit": own}))


def _of_part(topic: Topic) -> Reply:
    say = topic.say
    if topic.intent.measured == "part":
        return part_size(topic, topic.intent.scale_px_per_mm or topic.scale)
    if topic.regions and topic.absent is not None:
        return Reply("", [no_region(topic, topic.absent)])
    if topic.verdict.decision == "review" and not topic.suspected:
        # Only of a defect is it measured how far it is from something, or its share.
        return to_review(topic) if topic.intent.measured != "defect" else of_suspect(topic, _of_part)
    if not topic.regions and (unseen := unmeasured(topic)) is not None:
        asked = _asks_limit(topic) or _judged_as(topic)[1]
        return replace(unseen, body=[*unseen.body, *(_limit_of_named(topic) if asked else [])])
    if not (topic.verdict.anomalous or topic.suspected):
        asked = _asks_limit(topic) or _judged_as(topic)[1]
        told = [say("There is no defect to measure [score]."), *(_limit_of_named(topic) if asked else [])]
        held = topic.intent.limit is not None or _of_tolerance(topic)
        if held and topic.intent.closed:
            # What is not there exceeds no limit.
            yes = not _asks_for_more(topic)
            return Reply(topic.yes_no(yes), told, yes)
        return Reply("", told)
    if not topic.chosen:
        return Reply("", [say("It differs from the good parts as a whole [score].")])
    found = sizes_of(topic, _region_meant(topic))
    length, known = _part_length(topic), topic.intent.known_length_mm
    by_part = None if known is None or length is None else length / known
    scale = topic.intent.scale_px_per_mm or by_part or topic.scale
    if topic.intent.measured == "distance":
        return distance(topic, found.region, scale)
    text = described(topic, found, scale)
    if topic.words.has("depth", topic.text):
        text = say.joined([say("A depth can't be measured on an image [size]."), text])
    elif _asks_offset(topic):
        text = say.joined([say(NO_OFFSET), text])
    if topic.intent.scale_px_per_mm is None and by_part is not None:
        # By its outline, which a shadow may lengthen: who asks can tell whether it is the part's.
        taken = "The scale takes the part as {length} px long [{id}]."
        text = say.joined([text, say(taken, length=f"{length:.0f}", id=_part_id(topic))])
    limit = topic.intent.limit
    judged = None
    judged_as, exact = _judged_as(topic)
    asks_limit = _asks_limit(topic)
    if len(topic.regions) > 1 and topic.intent.region is None and not covers_all(topic):
        text = say.joined([text, *_larger(topic, found, scale)])
    if limit is None and judged_as is not None and (asks_limit or exact):
        region = found.region
        measured = Measured(found.length, found.width, region.area_px, found.share, len(topic.regions), scale)
        judged = judge(topic, judged_as, measured)
    made = [EvidenceRecord(kind="region", id="size", text=_measured(found, scale, limit, topic, judged))]
    if judged is not None:
        if topic.intent.closed and asks_limit and judged.within is not None:
            yes = judged.within is not _asks_for_more(topic)
            return Reply(topic.yes_no(yes), [*judged.told, *as_named(topic), text], yes, made)
        told = [text, *judged.told]
        if topic.intent.closed and asks_limit:
            return Reply(say("That can't be told."), [*judged.told, text], None, made)
        # Whether it is within comes before how that was found, where it is asked.
        return Reply("", [text, judged.told[-1], *judged.told[:-1]] if asks_limit else told, None, made)
    if limit is None:
        told = [text, *(_limit_of_named(topic) if asks_limit or exact else [])]
        told += lacks_scale(topic, scale)
        if topic.intent.known_length_mm is not None and scale is None:
            told.append(
                say(
                    "The part's own length can't be measured here, so there is no scale [{id}].",
                    id=_part_id(topic),
                )
            )
        if topic.intent.closed and len(told) == 1 and asks_limit:
            return _without_limit(topic, text, made, found, scale)
        return Reply("", told, None, made)
    value = _value(topic, found, scale, limit)
    if value is None:
        untold = say(NO_ANGLE) if limit.unit == "degree" else say(NO_SCALE, id="size")
        return Reply("", [text, untold], None, made)
    above = value > limit.value
    yes = above if _asks_for_more(topic) else not above
    compared = say(
        "It measures {value}, and the limit is {limit} [size].",
        value=with_unit(value, limit.unit),
        limit=with_unit(limit.value, limit.unit),
    )
    if not topic.intent.closed:
        verdict = say("It is above the limit [size].") if above else say("It is within the limit [size].")
        last = re.split(r"[,\uff0c\u3001](?!\d)\s*", topic.text)[-1]
        if topic.words.has("at_least", last) and not asks_openly(last, topic.asked.spoken):
            # "How wide is the gap, above 0.3?"
            return Reply(topic.yes_no(yes), [compared, text], yes, made)
        # "What if the limit were 2 mm?" asks for no size.
        sized = topic.words.has("long", topic.text) or not topic.words.has("given", topic.text)
        return Reply("", [text, compared, verdict] if sized else [verdict, compared, text], None, made)
    return Reply(topic.yes_no(yes), [compared, text], yes, made)


def within_limit(topic: Topic, name: str) -> list[str]:
    """Return whether the largest defect is within what the notes allow of a type; nothing where untold."""
    if not topic.has_defect or not topic.regions:
        return []
    found = sizes_of(topic, topic.by_length[-1])
    area, count = found.region.area_px, len(topic.regions)
    judged = judge(topic, name, Measured(found.length, found.width, area, found.share, count, topic.scale))
    # As one, so that what follows is not left out.
    return [] if judged is None or judged.within is None else [topic.say.joined(judged.told)]


def size_evidence(topic: Topic) -> EvidenceRecord:
    """Return the evidence on how large the largest defect is."""
    found = sizes_of(topic, topic.by_length[-1])
    return EvidenceRecord(kind="region", id="size", text=_measured(found, topic.scale, None, topic, None))


def _without_limit(
    topic: Topic, text: str, made: Sequence[EvidenceRecord], found: Sizes, scale: float | None
) -> Reply:
    """Return a size that no limit is known for, with those of the types that the defect may be of.

    What is outside the limits of all of them is outside whichever it is.
    """
    say, passages = topic.say, topic.state["passages"]
    unknown = topic.defect is None and topic.intent.type is None
    lead = leading(topic.state.get("defect_type")) if unknown else None
    types = [lead] if lead is not None else likely_types(topic, passages) if unknown else []
    noted = {name: find_aspect(about_type(passages, name), "limit", say.language) for name in types}
    told = [quoted_if(topic, name, one) for name in noted for one in noted[name][:1]][:MOST_CANDIDATES]
    if told:
        unsure = say("The type of the defect is not certain [{source}].", source="type")
        if lead is not None:
            unsure, told = most_like(topic, lead), quoted(topic, noted[lead][:1])
        area, count = found.region.area_px, len(topic.regions)
        measured = Measured(found.length, found.width, area, found.share, count, scale)
        near = likely_of(topic.state.get("defect_type"))
        judged = [judge(topic, name, measured) for name, one in noted.items() if one and name in near]
        if topic.words.has("let_pass", topic.text) and not _asks_for_more(topic):
            # What failed stays out, whichever type it is of.
            return Reply(topic.yes_no(False), [unsure, *told, text], False, made)
        if judged and all(one is not None and one.within is False for one in judged):
            yes = _asks_for_more(topic)
            return Reply(topic.yes_no(yes), [unsure, *told, text], yes, made)
        return Reply(say("That can't be told."), [unsure, *told, text], None, made)
    unlimited = say("No limit was given; give one in mm or px [size].")
    if topic.words.has("let_pass", topic.text):
        # Without a limit the verdict decides what may stay.
        return Reply(topic.yes_no(False), [*finding(topic), text, unlimited], False, made)
    return Reply("", [text, unlimited], None, made)


def _region_meant(topic: Topic) -> MeasuredRegion:
    """Return the region that is measured; against a limit the largest, since each has to be within it."""
    limited = topic.intent.limit is not None or topic.intent.closed
    if topic.intent.region is not None or topic.intent.measured == "distance" or not limited:
        return topic.chosen[0]
    if _is_ranked(topic):
        return topic.chosen[0]
    if topic.intent.limit is not None and topic.intent.limit.unit in OF_AREA:
        return max(topic.regions, key=lambda one: one.area_px)
    return topic.by_length[-1]


def _is_ranked(topic: Topic) -> bool:
    """Return whether another region than the largest is meant, which is not the one that decides."""
    return topic.words.has("last_region", topic.text) or topic.rank not in (None, Rank("length"))


def _larger(topic: Topic, found: Sizes, scale: float | None) -> list[str]:
    """Return the sentence on which region was measured, where there are several; and on a larger one."""
    largest = sizes_of(topic, topic.by_length[-1])
    if _is_ranked(topic) or largest.region.id == found.region.id or largest.length < LARGER * found.length:
        message = "That is the one {place} [{id}]."
        return [topic.say(message, place=topic.where(found.region.cell), id=found.region.id)]
    length = (
        with_unit(largest.length, "px") if scale is None else in_asked_unit(topic, largest.length / scale)
    )
    message = "The largest, {place}, is {length} long [{id}]."
    return [topic.say(message, place=topic.where(largest.region.cell), length=length, id=largest.region.id)]


def _judged_as(topic: Topic) -> tuple[str | None, bool]:
    """Return the type whose limits hold, and whether it is no mere common name of several.

    That is the type of the defect, or where none is likely, the one asked about.
    """
    if topic.defect is not None:
        return (None, False) if topic.names_another_type else (topic.defect.name, True)
    named = topic.intent.type
    if named is None:
        return None, False
    found = entries_meant(topic, named)
    return (found[0] if len(found) == 1 else named), any(name_key(one) == name_key(named) for one in found)


def _asks_limit(topic: Topic) -> bool:
    """Return whether a question for a size asks whether it is allowed."""
    asked = ("limit", "tolerance", "good", "acceptable", "at_least", "let_pass", "this_size")
    return any(topic.words.has(one, topic.text) for one in asked)


def _of_tolerance(topic: Topic) -> bool:
    """Return whether a question asks if what there is may be so: "is it in tolerance?", "can it stay?"."""
    return any(topic.words.has(one, topic.text) for one in ("tolerance", "let_pass", "this_size"))


def _limit_of_named(topic: Topic) -> list[str]:
    """Return the catalogue's limit for a type that the question names and that was not found."""
    named = topic.intent.type
    if named is None or not (topic.names_another_type or not topic.has_defect):
        return []
    found = entries_meant(topic, named)
    about = about_type(topic.state["passages"], found[0] if len(found) == 1 else named)
    return quoted(topic, find_aspect(about, "limit", topic.say.language))


def _asks_for_more(topic: Topic) -> bool:
    """Return whether a yes would mean that the limit is exceeded."""
    asked = topic.asked
    passes, other = (topic.words.find(one, topic.text) for one in ("let_pass", "or"))
    if passes is not None and other is not None and passes.start() < other.start():
        return False  # "does it still pass, or is it too large?"
    # "Over 2 mm is scrap. Does it pass?" ends in what is asked of the limit.
    text = normalised(topic.as_put)
    return asks_if_above(text, asked.spoken)


def _asks_offset(topic: Topic) -> bool:
    """Return whether a question asks how far something is shifted or bent: "how much is it bent?"."""
    words, text = topic.words, topic.text
    bent = ("misalignment", "deformation")
    if words.has("degrees", text):
        return True
    if words.has("long", text) or not asks_openly(text, topic.asked.spoken):
        return False
    return words.has("shifted", text) or any(words.types[name].search(text) for name in bent)


def _part_length(topic: Topic) -> float | None:
    """Return the part's length in pixels; None where it was not measured."""
    length = values_of(topic.seen("measure_part")).get("length_px")
    return None if length is None else float(length)


def _part_id(topic: Topic) -> str:
    seen = topic.seen("measure_part")
    return "size" if seen is None else seen.evidence.id


def _value(topic: Topic, found: Sizes, scale: float | None, limit: LimitRecord) -> float | None:
    """Return what a limit is compared with, in its unit, or None without a scale."""
    pixels = found.width if measure_of_text(topic) == "width" else found.length
    return in_unit(limit.unit, pixels, found.region.area_px, found.share, scale)


def _measured(
    found: Sizes, scale: float | None, limit: LimitRecord | None, topic: Topic, judged: Judged | None
) -> str:
    """Return the evidence: what was measured and computed."""
    text = (
        f"{found.region.id}: {found.length:.0f} px long, {max(found.width, 1):.0f} px wide, "
        f"{found.region.area_px} px in area, {with_unit(100 * found.share, 'percent')} of the image"
    )
    if scale is not None:
        text += (
            f"; at {plain_number(scale)} px per mm {in_asked_unit(topic, found.length / scale)} long and "
            f"{in_asked_unit(topic, found.width / scale)} wide"
        )
    text += evidence_of_all(topic)
    if judged is not None:
        text += f"; {len(topic.regions)} found; limits in the notes: {', '.join(judged.limits)}"
    return text if limit is None else f"{text}; limit in the question {with_unit(limit.value, limit.unit)}"
