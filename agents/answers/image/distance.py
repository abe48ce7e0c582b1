"""Answers on distances, of the defect to an edge, a zone or another defect, and on the part's own size."""

from __future__ import annotations

import math
from typing import Final

from agents.answers.image.area import lacks_scale
from agents.answers.topic import Reply, Topic, values_of
from agents.questions.slots.limits import asks_if_above
from anomaly_core.numbers import plain_number
from tools.locations import ZONE, Box
from tools.records import EvidenceRecord, MeasuredRegion

_FROM: Final = {
    "left": "From the left edge of the image: {distance} [size].",
    "right": "From the right edge of the image: {distance} [size].",
    "top": "From the top edge of the image: {distance} [size].",
    "bottom": "From the bottom edge of the image: {distance} [size].",
}
_FROM_END: Final = {
    "left": "From the part's left end, by its outline: {distance} [size].",
    "right": "From the part's right end, by its outline: {distance} [size].",
    "top": "From the part's top end, by its outline: {distance} [size].",
    "bottom": "From the part's bottom end, by its outline: {distance} [size].",
}


def distance(topic: Topic, region: MeasuredRegion, scale: float | None) -> Reply:
    """Say how far a region's box is from what the question names. scale: pixels a millimetre."""
    say, opened = topic.say, topic.state["opened"]
    edges = _distances(region.bbox, (0, 0, opened.width, opened.height))
    outline: Box | None = values_of(topic.seen("measure_part")).get("box")
    of_the_part = topic.words.has("part_end", topic.text)
    boxes: dict[str, Box] = values_of(topic.seen("list_zones")).get("boxes") or {}
    zone = (topic.intent.place or "").removeprefix(ZONE)
    pixels: list[float] = []
    sides = [side for side in edges if topic.words.has(side, topic.text)]
    if topic.words.has("edge", topic.text) and not sides:
        sides = [min(edges, key=edges.__getitem__)]
    if topic.words.has("apart", topic.text):
        if len(topic.regions) < 2:
            one = say("One defect, {places} {cited}.", places=topic.spot(region), cited=f"[{region.id}]")
            return Reply("", [one])
        pixels = [gap(region.bbox, topic.regions[1].bbox)]
        apart = _amount(pixels[0], scale)
        told = [say("Between the two strongest: {distance}, edge to edge [size].", distance=apart)]
    elif zone in boxes:
        pixels = [gap(region.bbox, boxes[zone])]
        away = _amount(pixels[0], scale)
        told = [say("From the zone {zone}: {distance}, edge to edge [size].", zone=zone, distance=away)]
    elif of_the_part and outline is not None:
        ends = _distances(region.bbox, outline)
        nearest = [min(ends, key=ends.__getitem__)]
        pixels = [ends[side] for side in sides or nearest]
        told = [say(_FROM_END[side], distance=_amount(ends[side], scale)) for side in sides or nearest]
    elif of_the_part:
        told = [say("The part's outline can't be told from its background here [size].")]
    elif sides:
        pixels = [edges[side] for side in sides]
        told = [say(_FROM[side], distance=_amount(edges[side], scale)) for side in sides]
    else:
        told = [
            say(
                "That distance can't be measured: only those to the image's edges and to the product's zones "
                "can [size]."
            )
        ]
    measured = ", ".join(f"{side} {_amount(pixels, scale)}" for side, pixels in edges.items())
    text = f"{region.id}, from the image's edges: {measured}; zones: {boxes or 'none'}"
    if outline is not None:
        told_ends = ", ".join(
            f"{side} {_amount(pixels, scale)}" for side, pixels in _distances(region.bbox, outline).items()
        )
        text += f"; from the part's ends: {told_ends}"
    lead, affirmed = _held(topic, pixels, scale)
    evidence = [EvidenceRecord(kind="region", id="size", text=text)]
    return Reply(lead, [*told, *lacks_scale(topic, scale), topic.located(region)], affirmed, evidence)


def _held(topic: Topic, pixels: list[float], scale: float | None) -> tuple[str, bool | None]:
    """Return the first words on whether distances hold what a question limits them to, and if they affirm.

    "Is it more than 5 mm from the edge?"; neither where the least of them is not known in its unit.
    """
    limit = topic.intent.limit
    known = {"px": 1.0} | ({} if scale is None else {"mm": scale})
    if limit is None or not topic.intent.closed or not pixels or limit.unit not in known:
        return "", None
    more = asks_if_above(topic.text, topic.asked.spoken)
    yes = (min(pixels) / known[limit.unit] > limit.value) is more
    return topic.yes_no(yes), yes


def _distances(box: Box, outer: Box) -> dict[str, int]:
    """Return the distance in pixels of a box from each side of another one that it lies in; 0 beyond it."""
    gaps = (box[0] - outer[0], outer[2] - box[2], box[1] - outer[1], outer[3] - box[3])
    return {side: max(pixels, 0) for side, pixels in zip(_FROM, gaps, strict=True)}


def part_size(topic: Topic, scale: float | None) -> Reply:
    """Say how large the part itself is."""
    seen = topic.seen("measure_part")
    length, width = (values_of(seen).get(name) for name in ("length_px", "width_px"))
    id_ = "score" if seen is None else seen.evidence.id
    if length is None or width is None:
        told = "The part's own size can't be told from its background here [{id}]."
        return Reply("", [topic.say(told, id=id_)])
    told = "The part is {length} long and {width} wide, by its outline in the image [{id}]."
    sides = (_amount(float(side), scale) for side in (length, width))
    size = topic.say(told, length=next(sides), width=next(sides), id=id_)
    return Reply("", [size, *lacks_scale(topic, scale, id_)])


def gap(one: Box, other: Box) -> float:
    """Return the distance in pixels between two boxes (x0, y0, x1, y1), 0 where they touch."""
    x = max(other[0] - one[2], one[0] - other[2], 0)
    y = max(other[1] - one[3], one[1] - other[3], 0)
    return math.hypot(x, y)


def _amount(pixels: float, scale: float | None) -> str:
    """Return a length in millimetres, where the scale is known, and in pixels."""
    plain = f"{pixels:.0f} px"
    return plain if scale is None else f"{plain_number(pixels / scale)} mm ({plain})"
