"""The registry of kinds of question: each kind's tools, plan, notes and wording, in one entry.

Its examples stand in `agents/questions/examples`, under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agents.answers import on_defect, on_history, on_images, on_notes, on_size, on_talk, on_verdict
from agents.answers.topic import Reply, Topic
from agents.questions import plan
from agents.state import Asked, PlannedCall
from tools.records import Kind


@dataclass(frozen=True)
class Entry:
    """A kind of question.

    word: its answer. tools: those that a chat model may call; none of them writes. plan: what it needs
    measured. passages: how many of the notes are looked for. task: MMAD's type of question, arXiv 2410.09453,
    or "" for none. about_part: whether it is about a part, so that a language model may phrase its answer.
    """

    word: Callable[[Topic], Reply]
    tools: tuple[str, ...] = ()
    plan: plan.Plan = plan.nothing
    passages: int = 3
    task: str = ""
    about_part: bool = True


_NOTES: Final = ("retrieve_knowledge", "describe_region")
_LOOK: Final = ("describe_region", "zoom_region")
_MODEL: Final = ("ask_language_model", "zoom_region", "describe_region")

ENTRIES: Final[Mapping[Kind, Entry]] = {
    "verdict": Entry(on_verdict.verdict, _MODEL, plan.measure_place, task="Anomaly Detection"),
    "place": Entry(on_defect.place, _LOOK, task="Defect Localization"),
    "count": Entry(on_defect.count, ("locate_anomalies", "count_components")),
    "type": Entry(on_defect.kind, ("describe_region", "retrieve_knowledge"), task="Defect Classification"),
    "appearance": Entry(on_defect.appearance, _LOOK, plan.measure_place, task="Defect Description"),
    "size": Entry(
        on_size.size, ("describe_region", "measure_part"), plan.measure_scale, task="Defect Description"
    ),
    "confidence": Entry(on_verdict.confidence, ("ask_language_model", "zoom_region", "compare_images")),
    "reference": Entry(on_images.reference, ("retrieve_templates",)),
    "product": Entry(
        on_images.product, ("retrieve_templates", "retrieve_knowledge"), task="Object Classification"
    ),
    "normal": Entry(
        on_notes.normal, ("retrieve_knowledge", "retrieve_templates"), passages=20, task="Object Analysis"
    ),
    "cause": Entry(on_notes.cause, _NOTES, passages=5, task="Defect Analysis"),
    "effect": Entry(on_notes.effect, _NOTES, passages=5, task="Defect Analysis"),
    "action": Entry(on_notes.action, _NOTES, passages=5, task="Defect Analysis"),
    "comparison": Entry(on_images.comparison, ("compare_images", "describe_region"), plan.compare),
    "look_again": Entry(
        on_images.look_again, ("zoom_region", "describe_region", "locate_peak"), plan.look_again
    ),
    "parts": Entry(
        on_images.parts,
        ("count_components", "check_layout", "describe_region"),
        plan.count_parts,
        task="Object Analysis",
    ),
    "reasoning": Entry(on_verdict.reasoning, ("describe_region", "retrieve_knowledge")),
    # Names of files in the log are others' words, which no language model is to read.
    "history": Entry(on_history.history, ("log_figures",), plan.read_log, passages=0, about_part=False),
    "catalogue": Entry(on_notes.catalogue, ("retrieve_knowledge",), passages=5, task="Defect Analysis"),
    "correction": Entry(on_images.correction, _LOOK, plan.take_hint),
    "help": Entry(on_talk.help_, passages=0, about_part=False),
    "greeting": Entry(on_talk.greeting, passages=0, about_part=False),
    "other": Entry(on_talk.other, passages=0, about_part=False),
}


def make_plan(asked: Asked, situation: plan.Situation) -> list[PlannedCall]:
    """Return the tool calls of all that a question asks, in order."""
    return [
        call.model_copy(update={"intent": number})
        for number, intent in enumerate(asked.intents)
        for call in ENTRIES[intent.kind].plan(intent, situation)
    ]


def tools_for(asked: Asked) -> list[str]:
    """Return the tools that a chat model may call for a question."""
    return list(dict.fromkeys(tool for intent in asked.intents for tool in ENTRIES[intent.kind].tools))


def passages_for(asked: Asked) -> int:
    """Return how many passages of the notes are looked for."""
    return max(ENTRIES[intent.kind].passages for intent in asked.intents)


def may_be_phrased(asked: Asked) -> bool:
    """Return whether a language model may phrase the answer.

    The guardrails read English, so that an answer in another language stays as it was composed.
    """
    return (
        asked.language == "en"
        and asked.style == "plain"
        and not asked.options
        and all(ENTRIES[intent.kind].about_part for intent in asked.intents)
    )
