"""Answers on two images of a conversation: what each shows, and whether that is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.answers.notes.analysis import CRITICAL, about_type, find_aspect, is_severe
from agents.answers.topic import Reply, Topic, image_name, same_type
from agents.state import Seen
from anomaly_core.names import plain_name
from anomaly_core.numbers import plain_number
from knowledge.catalogue.looks import parse_look
from tools.classify.classify import UNKNOWN
from tools.records import EvidenceRecord, MeasuredRegion, VerdictRecord

_ID = "pair"


def about_two(topic: Topic) -> Reply | None:
    """Answer a question for what two images have in common; None where something else is asked of them."""
    say, words, text = topic.say, topic.words, topic.text
    pair = _pair(topic)
    if not pair:
        return None
    lead, affirmed = "", None
    if words.has("shifted", text):
        lead = say("Which way something is shifted isn't measured.")
    elif words.has("amount", text) or words.has("absent", text):
        lead = say("That can't be told.")
    elif topic.intent.closed and (words.has("same", text) or words.has("alike", text)):
        lead, affirmed = _same(topic, [found for _, found in pair])
    elif (words.has("worse", text) or words.has("better", text)) and (severer := severer_of_two(topic)):
        return severer
    elif words.has("bigger", text):
        return _bigger(topic, pair)
    else:
        return None
    return Reply(lead, each_of_two(topic), affirmed, evidence_of_two(topic))


def longest_of(found: Mapping[str, Any]) -> tuple[float, str] | None:
    """Return the length of the longest defect of an image with its unit; None where none is measured."""
    measured = [one for one in _regions(found) if one.length_px is not None]
    if not measured:
        return None
    longest = max(measured, key=lambda one: one.length_px or 0.0)
    if longest.length_mm is not None:
        return longest.length_mm, "mm"
    return longest.length_px or 0.0, "px"


def how_long(topic: Topic, image: str, longest: tuple[float, str]) -> str:
    """Return the sentence on an image's longest defect. image: as it is named. longest: see `longest_of`."""
    length = f"{plain_number(longest[0])} {longest[1]}"
    return topic.say("{image}: the largest defect is {length} long [thread].", image=image, length=length)


def _bigger(topic: Topic, pair: Sequence[tuple[str, Mapping[str, Any]]]) -> Reply | None:
    """Say which of two images has the larger defect, or whether the one in hand has; None for two units."""
    lengths = [longest_of(found) for _, found in pair]
    if len({unit for _, unit in filter(None, lengths)}) != 1:
        return None
    told = [
        _found(topic, name, found) if length is None else how_long(topic, f'"{name}"', length)
        for (name, found), length in zip(pair, lengths, strict=True)
    ]
    theirs, mine = (0.0 if length is None else length[0] for length in lengths)
    evidence = evidence_of_two(topic)
    if topic.intent.closed:
        return Reply(topic.yes_no(mine > theirs), told, mine > theirs, evidence)
    return Reply(f'"{pair[mine > theirs][0]}".' if mine != theirs else "", told, None, evidence)


def each_of_two(topic: Topic) -> list[str]:
    """Return a sentence on what was found on each of two images; none where there is no other one."""
    return [_found(topic, name, found) for name, found in _pair(topic)]


def evidence_of_two(topic: Topic) -> list[EvidenceRecord]:
    """Return the evidence that the sentences on two images cite."""
    told = [
        f'"{name}": p-value {found["verdict"].p_value:.3g}, {_in_words(found)}'
        for name, found in _pair(topic)
    ]
    return [EvidenceRecord(kind="region", id=_ID, text="; ".join(told))] if told else []


def type_said_of(found: Mapping[str, Any]) -> str | None:
    """Return the type that a person named for an image, or None."""
    said = found["verdict"].person
    return said.defect_type if said is not None and said.verdict == "anomalous" else None


def type_of_found(found: Mapping[str, Any]) -> str | None:
    """Return the type of the defect on an image: as a person said, else where it is likely; or None."""
    kind = found.get("defect_type")
    likely = kind.name if kind is not None and kind.name != UNKNOWN and found["verdict"].anomalous else None
    return type_said_of(found) or likely


def severer_of_two(topic: Topic) -> Reply | None:
    """Say which of two images has the defect that the notes call severer, and by what; None where none."""
    pair = [(name, type_of_found(found)) for name, found in _pair(topic)]
    stated = {
        kind: find_aspect(about_type(topic.state["passages"], kind), "effect", topic.say.language)
        for _, kind in pair
        if kind is not None
    }
    quoted = {kind: one for kind, found in stated.items() for one in found if one.field == "severity"}
    ranks = [None if kind not in quoted else _grade(quoted[kind].sentence) for _, kind in pair]
    if len(pair) < 2 or None in ranks or ranks[0] == ranks[1]:
        return None
    worse = int((ranks[1] or 0) > (ranks[0] or 0))
    chosen = 1 - worse if topic.words.has("better", topic.text) else worse
    told = [
        topic.say("{type}: {quote} [{id}].", type=plain_name(kind), quote=f'"{one.sentence}"', id=one.id)
        for kind, one in quoted.items()
    ]
    told += each_of_two(topic)
    evidence = evidence_of_two(topic)
    if topic.intent.closed:
        return Reply(topic.yes_no(chosen == 1), told, chosen == 1, evidence)
    return Reply(f'"{pair[chosen][0]}".', told, None, evidence)


def _grade(severity: str) -> int | None:
    """Return how severe a severity of the notes is, None where they don't say it in known words."""
    if CRITICAL.search(severity):
        return 2
    severe = is_severe(severity)
    return None if severe is None else int(severe)


def _pair(topic: Topic) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the name of the other image and what was found on it, and those of the one in hand."""
    other: Seen | None = next((one for one in topic.seen_images if one["number"] == topic.intent.other), None)
    if other is None:
        return []
    name = image_name(topic.seen_images, other["number"])
    return [(name, other["found"]), (Path(topic.state["image"]).name, topic.state)]


def _regions(found: Mapping[str, Any]) -> Sequence[MeasuredRegion]:
    return found["regions"] if found["verdict"].anomalous else []


def _in_words(found: Mapping[str, Any]) -> str:
    told = "; ".join(f"at the {one.cell}: {one.text}" for one in _regions(found)) or "no defect"
    said = type_said_of(found)
    return told if said is None else f"{told}; a person called it {plain_name(said)}"


def _found(topic: Topic, name: str, found: Mapping[str, Any]) -> str:
    """Return the sentence on what was found on an image."""
    say, regions = topic.say, _regions(found)
    verdict: VerdictRecord = found["verdict"]
    kind, said = found.get("defect_type"), type_said_of(found)
    if said is not None:
        return say(
            "{image}: a person called it {type} [{id}].",
            image=f'"{name}"',
            type=topic.type_name(said),
            id=_ID,
        )
    if regions and kind is not None and kind.name != UNKNOWN:
        return say(
            '"{name}": {look}, {place}; probably {type} [{id}].',
            name=name,
            look=topic.look(regions[0]),
            place=topic.spot(regions[0]),
            type=topic.type_name(kind.name),
            id=_ID,
        )
    if regions:
        look, place = topic.look(regions[0]), topic.spot(regions[0])
        return say('"{name}": {look}, {place} [{id}].', name=name, look=look, place=place, id=_ID)
    if verdict.decision == "review":
        return say('"{name}": a borderline case, to be reviewed [{id}].', name=name, id=_ID)
    if verdict.anomalous:
        return say('"{name}": it differs from the good parts as a whole [{id}].', name=name, id=_ID)
    return say('"{name}": nothing exceeds what good parts show [{id}].', name=name, id=_ID)


def _same(topic: Topic, pair: Sequence[Mapping[str, Any]]) -> tuple[str, bool | None]:
    """Return the first words on whether two images show one type of defect, and whether they affirm."""
    names = [name for name in map(type_of_found, pair) if name is not None]
    unsaid = [found for found in pair if type_said_of(found) is None]
    if any(found["verdict"].decision == "review" for found in unsaid):
        return topic.say("To be reviewed."), None
    if not all(found["verdict"].anomalous for found in unsaid):
        return topic.yes_no(False), False
    if len(names) < len(pair):
        return _alike(topic, pair), None
    same = same_type(*names)
    return topic.yes_no(same), same


def _alike(topic: Topic, pair: Sequence[Mapping[str, Any]]) -> str:
    """Return the first words on whether two defects, not both of a certain type, seem to be the same.

    They do where the nearest type, the look and the zone agree; they don't where the nearest type and one of
    these, or the look and the zone, differ.
    """
    nearest = [_nearest(found) for found in pair]
    firsts = [next(iter(_regions(found)), None) for found in pair]
    if None in nearest or None in firsts:
        return topic.say("That can't be told.")
    looks = [parse_look(one.text) for one in firsts if one is not None]
    shared = sum(getattr(looks[0], name) == getattr(looks[1], name) for name in ("tone", "shape", "colours"))
    of_type = same_type(*(name for name in nearest if name is not None))
    of_look = shared > 1 and looks[0].tone == looks[1].tone
    of_zone = len({one.zone for one in firsts if one is not None}) == 1
    if of_type and of_look and of_zone:
        return topic.say("Probably.")
    if (not of_type and not (of_look and of_zone)) or not (of_look or of_zone):
        return topic.say("Probably not.")
    return topic.say("That can't be told.")


def _nearest(found: Mapping[str, Any]) -> str | None:
    """Return the type that a defect is, or comes nearest to; None where the notes have none."""
    kind = found.get("defect_type")
    others = [] if kind is None else [one.name for one in kind.alternatives if one.name != UNKNOWN]
    return type_of_found(found) or next(iter(others), None)
