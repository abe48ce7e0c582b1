"""Answers on where a defect is among places that a question names, and at which hour of a clock."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from agents.answers.topic import MOST_DESCRIBED, Reply, Topic, values_of
from agents.questions.lexicon.patterns import compiled
from agents.questions.slots.by_words import type_of_a_word
from agents.questions.slots.places import EDGE, place_or_edge
from agents.questions.slots.zone_names import zones_in
from anomaly_core.names import plain_name
from tools.locations import ZONE, Box
from tools.records import EvidenceRecord

_HALVES: Final = {side: f"{side} half" for side in ("top", "bottom", "left", "right")}
_ENDS: Final = {"left": 0.0, "right": 1.0, "top": 0.0, "bottom": 1.0}
_MIDDLE: Final = 0.5
_CLEARLY: Final = 0.2
"""How much nearer, in sides of the part or image, a place is to one of two that it lies in neither of."""
_HALF_WAY: Final = (0.45, 0.55)
"""Share of the way from the middle of a part to its edge within which a place is near to neither."""
_OF_A_DISC: Final = 0.88
"""Share of its box that a part's outline fills at most where its edge is taken for round."""
_NO_HOUR: Final = 0.1
"""Share of the way to the edge up to which a place is at no hour of a clock."""
PLACE: Final = "place"
"""Id of what is computed of a place."""


def side_chosen(topic: Topic) -> Reply:
    """Return the place among the alternatives of a question where the defect lies, as first words.

    Which way something is shifted isn't measured: a defect on one side may be of a shift to the other.
    """
    say, pieces = topic.say, topic.intent.choice
    if not pieces or not topic.chosen:
        return Reply()
    named = [one for piece in pieces if (one := place_or_edge(piece, topic.asked.spoken)) is not None]
    places = list(dict.fromkeys(named))
    if len(places) < 2:
        return _zone_chosen(topic)
    if topic.words.has("shifted", topic.text):
        return Reply(say("Which way something is shifted isn't measured."))
    first = topic.chosen[0]
    if EDGE in places:
        return _edge_or_middle(topic, first.bbox) if "center" in places else Reply()
    if topic.words.has("nearer", topic.text) and (side := _nearer(topic, first.bbox, places)) is not None:
        return Reply(f"{say.sentence(topic.where(side))}.")
    there = [one for one in places if topic.lies_in(first, one if " " in one else _HALVES.get(one, one), 0.5)]
    if len(there) > 1:
        return Reply()
    found = there[0] if there else _nearest(topic, first.bbox, places)
    return Reply(say("Neither of them.") if found is None else f"{say.sentence(topic.where(found))}.")


def at_the_hour(topic: Topic) -> Reply:
    """Return at which hour of a clock each place lies, seen from the middle of the part, 12 at the top."""
    if topic.intent.measured != "clock" or not topic.chosen:
        return Reply()
    frame, of_the_part = _frame(topic)
    hours: list[str] = []
    for one in topic.chosen[:MOST_DESCRIBED]:
        x, y = _from_middle(one.bbox, frame)
        if math.hypot(x, y) < _NO_HOUR:
            continue
        across, down = x * (frame[2] - frame[0]), y * (frame[3] - frame[1])
        hours.append(str(round(math.degrees(math.atan2(across, -down)) / 30) % 12 or 12))
    middle = "the part's outline" if of_the_part else "the image"
    if not hours:
        told = "In the middle, so at no hour of a clock [{id}]."
        text = f"{topic.chosen[0].id} lies in the middle of {middle}"
    else:
        told = "At {hours} o'clock as the image shows it, 12 at the top [{id}]."
        text = f"seen from the middle of {middle}, 12 at the top: {', '.join(hours)} o'clock"
    listed = topic.say.listed(list(dict.fromkeys(hours)))
    record = EvidenceRecord(kind="region", id=PLACE, text=text)
    return Reply("", [topic.say(told, hours=listed, id=PLACE)], None, [record])


def _zone_chosen(topic: Topic) -> Reply:
    """Return the zone among the alternatives of a question where the defect lies, or that there is none."""
    say, pieces, settings = topic.say, topic.intent.choice, topic.state.get("settings")
    named = {zone for piece in pieces for zone in _zones_of(piece, topic, settings.zones if settings else [])}
    if named:
        zone = topic.chosen[0].zone
        lead = say("Neither of them.")
        return Reply(f"{say.sentence(topic.where(ZONE + zone))}." if zone in named and zone else lead)
    types = {type_of_a_word(piece, topic.asked.spoken, topic.known_types) for piece in pieces}
    if topic.words.has("which_of_like", topic.text) or len(types - {None}) > 1:
        return Reply()
    return Reply("", [say("No zone of these names is set, so only the place in the image is told [score].")])


def _zones_of(piece: str, topic: Topic, zones: Sequence[str]) -> list[str]:
    """Return the zones that an alternative names, by a word of their own too: "the inner" of two rings."""
    held = {zone: set(re.findall(r"\w{3,}", plain_name(zone).lower())) for zone in zones}
    found = []
    for zone, words in held.items():
        own = words.difference(*(held[other] for other in held if other != zone))
        if any(compiled(rf"(?<!\w){re.escape(word)}").search(piece) for word in own):
            found.append(zone)
    return found or zones_in(piece, zones, topic.asked.spoken)


def _edge_or_middle(topic: Topic, box: Box) -> Reply:
    """Return whether a place is nearer to the edge of the part or to its middle, by how far it is out."""
    frame, of_the_part = _frame(topic)
    x, y = _from_middle(box, frame)
    area = values_of(topic.seen("measure_part")).get("area_px") or 0
    whole = (frame[2] - frame[0]) * (frame[3] - frame[1])
    out = math.hypot(x, y) if of_the_part and area <= _OF_A_DISC * whole else max(abs(x), abs(y))
    out = min(out, 1.0)
    near, far = _HALF_WAY
    lead = "Nearer to the middle." if out < near else "Nearer to the edge." if out > far else "Half-way."
    told = (
        "It lies {percent}% of the way from the middle of the part to its edge [{id}]."
        if of_the_part
        else "It lies {percent}% of the way from the middle of the image to its edge [{id}]."
    )
    frame_name = "part" if of_the_part else "image"
    percent = round(100 * out)
    text = f"{topic.chosen[0].id}: {percent}% of the way from the middle of the {frame_name} to its edge"
    record = EvidenceRecord(kind="region", id=PLACE, text=text)
    return Reply(topic.say(lead), [topic.say(told, percent=percent, id=PLACE)], None, [record])


def _frame(topic: Topic) -> tuple[Box, bool]:
    """Return the box of the part where its outline was measured, else of the image, and which it is."""
    opened = topic.state["opened"]
    box: Box | None = values_of(topic.seen("measure_part")).get("box")
    return ((0, 0, opened.width, opened.height), False) if box is None else (box, True)


def _from_middle(box: Box, frame: Box) -> tuple[float, float]:
    """Return how far a box's middle is to the right of and below that of a frame; 1 is the frame's side."""
    x = (box[0] + box[2] - frame[0] - frame[2]) / max(frame[2] - frame[0], 1)
    y = (box[1] + box[3] - frame[1] - frame[3]) / max(frame[3] - frame[1], 1)
    return x, y


def _nearest(topic: Topic, box: Box, places: Sequence[str]) -> str | None:
    """Return the one of several sides or corners that a box is clearly nearest to, or None.

    In the frame of the part where its outline was measured, else of the image: "oben links oder oben rechts?"
    is of the part's corners. What lies on the other half is at none of them.
    """
    frame, _ = _frame(topic)
    x = ((box[0] + box[2]) / 2 - frame[0]) / max(frame[2] - frame[0], 1)
    y = ((box[1] + box[3]) / 2 - frame[1]) / max(frame[3] - frame[1], 1)
    away: dict[str, tuple[float, float]] = {}
    for place in places:
        sides = [side for side in place.split() if side in _ENDS]
        if not sides:
            return None
        gaps = [abs((x if side in ("left", "right") else y) - _ENDS[side]) for side in sides]
        away[place] = (max(gaps), math.hypot(*gaps))
    ranked = sorted(away, key=lambda place: away[place][1])
    if len(ranked) < 2 or away[ranked[0]][0] >= _MIDDLE:
        return None
    clear = away[ranked[1]][1] - away[ranked[0]][1] >= _CLEARLY
    return ranked[0] if clear else None


def _nearer(topic: Topic, box: Box, places: Sequence[str]) -> str | None:
    """Return which of two opposite sides a box is nearer to, or None where they are no such two."""
    sides, opened = {place.split()[0] for place in places}, topic.state["opened"]
    x0, y0, x1, y1 = box
    for (low, high), middle, end in (
        (("left", "right"), (x0 + x1) / 2, opened.width),
        (("top", "bottom"), (y0 + y1) / 2, opened.height),
    ):
        if sides == {low, high}:
            return low if middle < end / 2 else high
    return None
