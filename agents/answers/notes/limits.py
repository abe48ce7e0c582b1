"""Whether a measured defect is within what the catalogue allows of its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from agents.answers.notes.analysis import about_type, find_aspect, quoted
from agents.answers.topic import Reply, Topic
from agents.questions.learned.encoder import normalised
from anomaly_core.numbers import plain_number
from knowledge.catalogue.limits import Tolerance, is_of_offset, parse_limit
from tools.phrases import Phrases
from tools.records import LimitRecord

NO_SCALE: Final = (
    "No scale is known for this product, so lengths in millimetres can't be told: give one in px per mm, "
    "or enrol the product with iad enroll --mm-per-px [{id}]."
)
NO_OFFSET: Final = "How far something is shifted or bent isn't measured; its size is another thing [size]."
NO_ANGLE: Final = "Angles aren't measured [size]."
_UNMEASURED: Final[Mapping[str, str]] = {
    "depth": "A depth can't be measured on an image [size].",
    "offset": NO_OFFSET,
    "angle": NO_ANGLE,
    "other": "What that limit is of isn't measured on an image [size].",
}
"""What is said of a tolerance that nothing measured is held against, by its dimension."""
_SHOWN = {"mm": "mm", "mm2": "mm²", "px": "px", "px2": "px²", "percent": "%", "degree": "°", "count": ""}


@dataclass(frozen=True)
class Measured:
    """A defect's measures. length, width: pixels. area: pixels. share: of the image, in [0, 1].

    count: defects found on the part. scale: pixels a millimetre, or None where it is unknown.
    """

    length: float
    width: float
    area: int
    share: float
    count: int
    scale: float | None


@dataclass(frozen=True)
class Judged:
    """What the catalogue's limits say of a defect. within: None where none of them could be compared.

    told: sentences that cite "size" and the entries. limits: the tolerances in words, for the evidence.
    """

    within: bool | None
    told: list[str]
    limits: list[str]


def judge(topic: Topic, name: str, measured: Measured) -> Judged | None:
    """Return whether a defect is within the limits of a type's entry, or None where none is stated."""
    say = topic.say
    found = find_aspect(about_type(topic.state["passages"], name), "limit", say.language)
    tolerances = [
        # "Key shifted: max 0.5 mm" says by its name what that is of.
        replace(tolerance, dimension="offset") if is_of_offset(tolerance, name) else tolerance
        for one in found
        for tolerance in parse_limit(one.sentence)
    ]
    if not tolerances:
        return None
    results: list[bool] = []
    compared: list[str] = []
    for tolerance in tolerances:
        value = _value(tolerance, measured)
        if value is not None:
            results.append(tolerance.allows(value))
            compared.append(_compared(topic, value, tolerance))
        elif tolerance.dimension in _UNMEASURED:
            compared.append(say(_UNMEASURED[tolerance.dimension]))
        else:
            compared.append(say(NO_SCALE, id="size"))
    # One limit that is exceeded decides; one that could not be compared leaves it open.
    within = False if False in results else True if len(results) == len(tolerances) else None
    verdict = []
    if within is not None:
        verdict = [
            say("It is within the limit [size].") if within else say("It is outside the limit [size].")
        ]
    told = [*quoted(topic, found), *dict.fromkeys(compared), *verdict]
    return Judged(within, told, [_in_words(tolerance) for tolerance in tolerances])


def what_passes(topic: Topic) -> list[str]:
    """Return the sentences on the p-value that passes, and on what the notes allow of the defect."""
    one = topic.verdict
    told = topic.say(
        "A part passes with a p-value of {review} or more; this one has {p} [score].",
        review=f"{one.review:.0%}",
        p=f"{one.p_value:.3g}",
    )
    if topic.defect is None or not one.anomalous:
        return [told]
    about = about_type(topic.state["passages"], topic.defect.name)
    return [told, *quoted(topic, find_aspect(about, "limit", topic.say.language))]


def held_by_notes(topic: Topic, measure: LimitRecord | float) -> tuple[bool, list[str]] | None:
    """Return whether a measure is within what the notes allow of the type that is asked about, and sentences.

    A number is in the unit of the limit. None where the notes give no limit that it can be held against.
    """
    about = about_type(topic.state["passages"], topic.intent.type or "")
    found = find_aspect(about, "limit", topic.say.language)
    for tolerance in (one for finding in found for one in parse_limit(finding.sentence)):
        if tolerance.allows_none:
            return False, quoted(topic, found)
        unit = tolerance.unit
        if unit == "other" or (measure.unit != unit if isinstance(measure, LimitRecord) else unit == "count"):
            continue
        size = measure if isinstance(measure, LimitRecord) else LimitRecord(value=measure, unit=unit)
        within = tolerance.allows(size.value)
        measured = "verdict" in topic.state
        return within, [
            _as_stated(topic.say, size, tolerance.value, within, measured=measured),
            *quoted(topic, found),
        ]
    return None


def is_affirmed(topic: Topic, *, within: bool) -> bool:
    """Return whether a question for yes or no is affirmed by a size that is within the limit, or is not."""
    words, text = topic.words, topic.text
    # "A blowhole of 0.6 mm, do I have to bin the tile?" asks it in a clause of its own.
    whole = normalised(topic.asked.question) or text
    over = topic.intent.sense == "bad" or words.has("at_least", text) or words.has("discard", whole)
    return within is not over


def stated(say: Phrases, measure: LimitRecord, limit: LimitRecord, *, closed: bool) -> Reply:
    """Return whether a measure that a question states is within the limit that it states."""
    within = measure.value <= limit.value
    told = _as_stated(say, measure, limit.value, within)
    lead = f"{say('Yes.') if within else say('No.')} " if closed else ""
    return Reply(f"{lead}{told}", affirmed=within if closed else None)


def _as_stated(
    say: Phrases, measure: LimitRecord, limit: float, within: bool, *, measured: bool = False
) -> str:
    """Return the sentence that holds a stated measure against a limit in its unit.

    measured: whether there is an image, of which it is told what was measured.
    """
    message = (
        "As stated, {value} is within the limit of {limit}; nothing was measured."
        if within
        else "As stated, {value} is above the limit of {limit}; nothing was measured."
    )
    if measured:
        message = (
            "As stated, {value} is within the limit of {limit}."
            if within
            else "As stated, {value} is above the limit of {limit}."
        )
    return say(message, value=with_unit(measure.value, measure.unit), limit=with_unit(limit, measure.unit))


def _compared(topic: Topic, value: float, tolerance: Tolerance) -> str:
    """Return the sentence that holds a measure against a tolerance."""
    say, limit = topic.say, tolerance.value
    if tolerance.dimension != "count" or tolerance.comparison != "at most":
        shown, most = with_unit(value, tolerance.unit), with_unit(limit, tolerance.unit)
        return say("It measures {value}, and the limit is {limit} [size].", value=shown, limit=most)
    found = say("1 region") if value == 1 else say("{count} regions", count=round(value))
    if limit < 1:
        return say("{found}; none is allowed [size].", found=found)
    if limit < 2:
        return say("{found}; one is allowed [size].", found=found)
    return say("{found}; at most {limit} are allowed [size].", found=found, limit=int(limit))


def _value(tolerance: Tolerance, measured: Measured) -> float | None:
    """Return what a tolerance is compared with, in its unit, or None where it is not known."""
    if tolerance.dimension == "count":
        return measured.count
    if tolerance.dimension in _UNMEASURED:
        return None
    pixels = measured.width if tolerance.dimension == "width" else measured.length
    return in_unit(tolerance.unit, pixels, measured.area, measured.share, measured.scale)


def in_unit(unit: str, length: float, area: int, share: float, scale: float | None) -> float | None:
    """Return the measure that a limit in a unit is of; None where it takes a scale. See `Measured`."""
    known = {"percent": 100 * share, "px": length, "px2": float(area)}
    if scale is not None:
        known |= {"mm": length / scale, "mm2": area / scale**2}
    return known.get(unit)


def with_unit(value: float, unit: str) -> str:
    """Return a value with its unit as people write it: pixels without decimals, shares with few."""
    shown = plain_number(value)
    if unit in ("px", "px2", "percent"):
        shown = plain_number(value, 2) if value < 10 else shown if unit == "percent" else f"{value:.0f}"
    return re.sub(r" (?=[%°])", "", f"{shown} {_SHOWN.get(unit, '')}").strip()


def _in_words(tolerance: Tolerance) -> str:
    return f"{tolerance.dimension} {tolerance.comparison} {with_unit(tolerance.value, tolerance.unit)}"
