"""The registry of kinds of question: each kind's plan, notes and wording, in one entry.

Its examples stand in `agents/questions/learned/examples`, under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agents.answers.catalogue import notes, suggested
from agents.answers.image import confidence, defect, images, several_zones, size
from agents.answers.log import history
from agents.answers.tool import talk, tool
from agents.answers.topic import Reply, Topic
from agents.questions import plan
from agents.state import Asked, PlannedCall, Understanding
from tools.records import Kind


@dataclass(frozen=True)
class Entry:
    """A kind of question.

    word: its answer. plan: what it needs measured. passages: how many of the notes are looked for. task:
    MMAD's type of question, arXiv 2410.09453, or "" for none. about_part: whether it is about a part, so that
    a language model may phrase its answer.
    """

    word: Callable[[Topic], Reply]
    plan: plan.Plan = plan.nothing
    passages: int = 3
    task: str = ""
    about_part: bool = True


ENTRIES: Final[Mapping[Kind, Entry]] = {
    "verdict": Entry(several_zones.verdict_or_zones, plan.measure_place, task="Anomaly Detection"),
    "place": Entry(defect.place, plan.measure_place, task="Defect Localization"),
    "count": Entry(defect.count),
    "type": Entry(defect.kind, task="Defect Classification"),
    "appearance": Entry(defect.appearance, plan.measure_place, task="Defect Description"),
    "size": Entry(size.size, plan.measure_scale, task="Defect Description"),
    "confidence": Entry(confidence.confidence),
    "reference": Entry(images.reference),
    "product": Entry(images.product, task="Object Classification"),
    "normal": Entry(notes.normal, passages=20, task="Object Analysis"),
    "cause": Entry(suggested.cause, passages=5, task="Defect Analysis"),
    "effect": Entry(notes.effect, passages=5, task="Defect Analysis"),
    "action": Entry(notes.action, passages=5, task="Defect Analysis"),
    "comparison": Entry(images.comparison, plan.compare),
    "look_again": Entry(images.look_again, plan.look_again),
    "parts": Entry(images.parts, plan.count_parts, task="Object Analysis"),
    "reasoning": Entry(confidence.reasoning),
    # Names of files in the log are others' words, which no language model is to read.
    "history": Entry(history.history, plan.read_log, passages=0, about_part=False),
    "catalogue": Entry(notes.catalogue, passages=5, task="Defect Analysis"),
    "correction": Entry(images.correction, plan.take_hint),
    "help": Entry(talk.help_, plan.read_record, passages=0, about_part=False),
    "greeting": Entry(talk.greeting, passages=0, about_part=False),
    "other": Entry(talk.other, passages=5, about_part=False),
}


OF_THE_TOOL: Final = Entry(tool.help_topic, plan.read_products, passages=0, about_part=False)


def entry_of(intent: Understanding) -> Entry:
    """Return the entry of an intent's kind; a topic of help has one of its own."""
    return ENTRIES[intent.kind] if intent.topic is None else OF_THE_TOOL


def make_plan(asked: Asked, situation: plan.Situation) -> list[PlannedCall]:
    """Return the tool calls of all that a question asks, in order."""
    return [
        call.model_copy(update={"intent": number})
        for number, intent in enumerate(asked.intents)
        for call in entry_of(intent).plan(intent, situation)
    ]


def passages_for(asked: Asked) -> int:
    """Return how many passages of the notes are looked for."""
    return max(entry_of(intent).passages for intent in asked.intents)


def may_be_phrased(asked: Asked) -> bool:
    """Return whether a language model may phrase the answer."""
    return (
        asked.style == "plain"
        and not asked.options
        and all(entry_of(intent).about_part for intent in asked.intents)
    )
