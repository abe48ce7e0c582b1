"""Sizes in words, in the unit that is asked for: length and width, and the area of one defect or of all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from agents.answers.notes.limits import NO_SCALE, with_unit
from agents.answers.topic import Topic, length_of, values_of
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import CM, INCH, MICRON, MM
from agents.questions.slots.scales import without_scale
from anomaly_core.numbers import plain_number
from tools.records import MeasuredRegion

OF_AREA: Final = ("percent", "mm2", "px2")
"""Units of limits that an area is held against."""
MILLIMETRES: Final = re.compile(rf"(?<![a-z])(?:{MM}|{CM}|{MICRON}|{INCH})(?![a-z])")
"""Words for units of length, which only a scale gives."""
_ASKED: Final = ((CM, "cm", 10.0), (MICRON, "µm", 0.001), (INCH, "in", 25.4))
"""Units beside millimetres that a question may ask a length in, their signs, and their millimetres."""
Measure = Literal["length", "width", "area"]


@dataclass(frozen=True)
class Sizes:
    """Length and width in pixels, area as a share of the image."""

    region: MeasuredRegion
    length: float
    width: float
    share: float


def sizes_of(topic: Topic, region: MeasuredRegion) -> Sizes:
    """Return the sizes of a region."""
    opened = topic.state["opened"]
    share = region.area_px / (opened.width * opened.height)
    if region.look is not None:
        return Sizes(region, length_of(region), region.look.width_px, share)
    x0, y0, x1, y1 = region.bbox
    return Sizes(region, length_of(region), float(min(x1 - x0, y1 - y0)), share)


def measure_of_text(topic: Topic) -> Measure:
    """Return which measure a question asks for."""
    words, text = topic.words, topic.text
    limit = topic.intent.limit
    of_area = limit is not None and limit.unit in OF_AREA
    if of_area or topic.intent.measured == "share" or words.has("area", text):
        return "area"
    return "width" if words.has("width", text) and not words.has("length", text) else "length"


def in_pixels(topic: Topic) -> bool:
    """Return whether a question wants a size in pixels, and names them not only for a scale."""
    return topic.words.has("pixels", topic.text) and MILLIMETRES.search(topic.text) is None


def in_asked_unit(topic: Topic, millimetres: float, power: int = 1) -> str:
    """Return a length in the unit that a question asks for, "how many cm long?", else in millimetres.

    power: 2 for an area. A unit behind a number is that of a limit or a scale.
    """
    text = without_scale(topic.text)
    for unit, sign, factor in _ASKED:
        if compiled(rf"(?<![a-z\d.,])(?<!\d\s){unit}(?![a-z])").search(text):
            return f"{plain_number(millimetres / factor**power)} {sign}{'²' if power > 1 else ''}"
    return with_unit(millimetres, "mm" if power == 1 else "mm2")


def lacks_scale(topic: Topic, scale: float | None, id_: str = "size") -> list[str]:
    """Return the sentence on a length in millimetres that a question asks for and no scale gives; or none."""
    wanted = scale is None and MILLIMETRES.search(topic.text) is not None
    return [topic.say(NO_SCALE, id=id_)] if wanted else []


def covers_all(topic: Topic) -> bool:
    """Return whether a question is for the area of all defects that were found, of several."""
    one, words = topic.intent, topic.words
    single = one.region is not None or one.place is not None or one.limit is not None
    if len(topic.regions) < 2 or single or topic.rank is not None or words.has("only", topic.text):
        return False
    return measure_of_text(topic) == "area"


def described(topic: Topic, found: Sizes, scale: float | None) -> str:
    """Return a region's size, first in the unit that is asked for; of an area that of all, then of each."""
    say = topic.say
    pixels_first = in_pixels(topic)
    if measure_of_text(topic) == "area":
        if not covers_all(topic):
            return _area(topic, found.region.area_px, scale, pixels_first=pixels_first)
        told = _area(
            topic, sum(one.area_px for one in topic.regions), scale, pixels_first=pixels_first, total=True
        )
        of_all = say("All {count} together: {size}", count=len(topic.regions), size=told)
        return say.joined([of_all, *(_of_each(topic, one, scale) for one in topic.regions)])
    pixels = (f"{found.length:.0f} px", f"{max(found.width, 1):.0f} px")
    if topic.words.has("diameter", topic.text):
        return _diameter(topic, found, scale, pixels)
    if scale is None:
        return say("{length} long and {width} wide, {place} [size].", length=pixels[0], width=pixels[1],
                   place=topic.where(found.region.cell))  # fmt: skip
    millimetres = (in_asked_unit(topic, found.length / scale), in_asked_unit(topic, found.width / scale))
    first, second = (pixels, millimetres) if pixels_first else (millimetres, pixels)
    return say(
        "{length_mm} long and {width_mm} wide, that is {length} by {width} at {scale} px per mm [size].",
        length_mm=first[0],
        width_mm=first[1],
        length=second[0],
        width=second[1],
        scale=plain_number(scale),
    )


def _diameter(topic: Topic, found: Sizes, scale: float | None, pixels: tuple[str, str]) -> str:
    """Return the greatest extent of a region and the one across it, as what is round has but one of them."""
    length, width = pixels
    if scale is not None:
        length, width = (
            f"{in_asked_unit(topic, size / scale)} ({one})"
            for size, one in zip((found.length, found.width), pixels, strict=True)
        )
    told = (
        "Its greatest diameter, the longest way across, is {length}; the widest at right angles to that "
        "{width}, {place} [size]."
    )
    return topic.say(told, length=length, width=width, place=topic.where(found.region.cell))


def _area(topic: Topic, pixels: int, scale: float | None, *, pixels_first: bool, total: bool = False) -> str:
    say, share = topic.say, with_unit(100 * _share(topic, pixels), "percent")
    area = f"{pixels} px" if scale is None else f"{in_asked_unit(topic, pixels / scale**2, 2)} ({pixels} px)"
    if topic.intent.measured == "share":
        if (of_part := share_of_part(topic, pixels)) is not None:
            told = "{part} of the part by its outline, {share} of the image, that is {area} [size]."
            return say(told, part=with_unit(100 * of_part, "percent"), share=share, area=area)
        return say("{share} of the image, that is {area} [size].", share=share, area=area)
    if total:
        area = f"{pixels} px" if pixels_first else area
        return say("{area}, that is {share} of the image [size].", area=area, share=share)
    if scale is None or pixels_first:
        return say("It covers {area} px, {share} of the image [size].", area=pixels, share=share)
    return say(
        "It covers {area}, that is {pixels} px, {share} of the image [size].",
        area=in_asked_unit(topic, pixels / scale**2, 2),
        pixels=pixels,
        share=share,
    )


def _of_each(topic: Topic, region: MeasuredRegion, scale: float | None) -> str:
    amount = with_unit(100 * _share(topic, region.area_px), "percent")
    if topic.intent.measured != "share":
        pixels = scale is None or in_pixels(topic)
        amount = (
            f"{region.area_px} px"
            if pixels or scale is None
            else in_asked_unit(topic, region.area_px / scale**2, 2)
        )
    place = topic.say.sentence(topic.spot(region))
    return topic.say("{place}: {amount} [{id}].", place=place, amount=amount, id=f"size, {region.id}")


def _share(topic: Topic, pixels: int) -> float:
    opened = topic.state["opened"]
    return pixels / (opened.width * opened.height)


def share_of_part(topic: Topic, pixels: int) -> float | None:
    """Return what share of the part's outline an area covers; None where that was not measured."""
    area = values_of(topic.seen("measure_part")).get("area_px")
    return None if not area else min(pixels / float(area), 1.0)


def evidence_of_all(topic: Topic) -> str:
    """Return the areas of all regions and the part's own in words, for the evidence; "" for those of one."""
    told = ""
    if covers_all(topic):
        total = sum(one.area_px for one in topic.regions)
        each = ", ".join(
            f"{one.id} {one.area_px} px, {with_unit(100 * _share(topic, one.area_px), 'percent')}"
            for one in topic.regions
        )
        told = f"; all: {total} px, {with_unit(100 * _share(topic, total), 'percent')} of the image ({each})"
    area = values_of(topic.seen("measure_part")).get("area_px")
    return told if not area else f"{told}; the part covers {area} px"
