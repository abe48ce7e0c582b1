"""The entries of the catalogue that a question, or a defect of no certain type, may be about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.topic import Topic
from agents.questions.lexicon.words import same_defect
from agents.questions.slots.zone_names import names_section
from anomaly_core.names import name_key, plain_name
from tools.classify.classify import UNKNOWN
from tools.records import DefectRecord, PassageRecord

MOST_CANDIDATES: Final = 2
"""Types that an uncertain defect may be of, whose notes are quoted."""
FAR_BEHIND: Final = 8.0
"""Times that a candidate is less likely than the first from which it is not named beside it."""
LEADS: Final = 3.0
"""Times that the first candidate is likelier than the second from which it is told alone; set by hand."""


def types_of_notes(passages: Sequence[PassageRecord]) -> list[str]:
    """Return the types that passages are about, each once."""
    return list(dict.fromkeys(one.defect for one in passages if one.defect is not None))


def entries_meant(topic: Topic, named: str) -> list[str]:
    """Return the types of the notes that a name is of: of a scratch the head's where it lies in the head.

    Where the zone that a question names, or that the strongest region lies in, tells none apart, all of them.
    """
    noted = types_of_notes(topic.state["passages"])
    wanted = name_key(named)
    exact = [name for name in noted if name_key(name) == wanted]
    found = exact or [name for name in noted if wanted in name_key(name) or same_defect(name, named)]
    regions = topic.regions[:1] if "verdict" in topic.state else []
    for zone in (topic.intent.zone, *(one.zone for one in regions)):
        there = [name for name in found if zone is not None and names_section(name, zone)]
        if there:
            return there
    return found


def likely_of(kind: DefectRecord | None) -> list[str]:
    """Return the candidates of an unknown type: the first alone where it leads, else those near it."""
    found = kind.alternatives if kind is not None else []
    if (lead := leading(kind)) is not None:
        return [lead]
    return [one.name for one in found if one.score * FAR_BEHIND >= found[0].score]


def leading(kind: DefectRecord | None) -> str | None:
    """Return the candidate of an unknown type that leads the others by `LEADS`, or None."""
    found = kind.alternatives if kind is not None and kind.name == UNKNOWN else []
    if not found or found[0].score <= 0 or any(found[0].score < LEADS * one.score for one in found[1:]):
        return None
    return found[0].name


def most_like(topic: Topic, name: str) -> str:
    """Return the sentence that an unknown defect is most like a type, which `leading` has told."""
    return topic.say("Most like {type}, not certain [type].", type=topic.type_name(name))


def nearest_types(topic: Topic) -> list[str]:
    """Return the sentence on the types that a defect of no certain type comes nearest to; none without."""
    found = topic.state.get("defect_type")
    if (first := leading(found)) is not None:
        return [most_like(topic, first)]
    near = [plain_name(name) for name in likely_of(found)[:MOST_CANDIDATES] if name != UNKNOWN]
    return [topic.say("It comes nearest to {types} [type].", types=topic.say.listed(near))] if near else []


def likely_types(topic: Topic, passages: Sequence[PassageRecord]) -> list[str]:
    """Return the types that a defect of no certain type may be of, the likeliest first, then of the notes."""
    kind = topic.state.get("defect_type")
    fitting = [one.name for one in kind.alternatives] if kind is not None else []
    return list({name_key(name): name for name in (*fitting, *types_of_notes(passages))}.values())


def nearest_type(topic: Topic) -> list[str]:
    """Return the sentence on the type that the defect is of, or comes nearest to; none without notes."""
    if topic.defect is not None:
        return [topic.say("Probably {type} [type].", type=topic.type_name(topic.defect.name))]
    return nearest_types(topic)
