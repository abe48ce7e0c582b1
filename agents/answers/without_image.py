"""Answers to questions without an image, from the catalogue alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agents.answers import on_notes, on_talk
from agents.answers.analysis import about_type
from agents.answers.evidence import notes_evidence
from agents.answers.phrases import phrases_of
from agents.answers.topic import Reply, Topic
from agents.questions.understanding import understand
from agents.questions.words import same_defect
from agents.state import InspectionState
from anomaly_core.names import name_key
from tools.context import Context
from tools.records import (
    EvidenceRecord,
    Kind,
    NotesAnswerRecord,
    PassageRecord,
    ProductRecord,
    UnderstoodRecord,
)
from tools.retrieve import known_defects, notes_about, passage_of

ABOUT_NOTES: Final[Mapping[Kind, Callable[[Topic], Reply]]] = {
    "cause": on_notes.cause,
    "effect": on_notes.effect,
    "action": on_notes.action,
    "normal": on_notes.normal,
    "catalogue": on_notes.catalogue,
    "help": on_talk.help_,
    "greeting": on_talk.greeting,
    "other": on_talk.other,
}
"""Kinds that need no image, and their wording."""
LISTS: Final = frozenset[Kind]({"count", "type", "product"})
"""Kinds that without an image can only ask which defects there are."""
DEFINES: Final = frozenset[Kind]({"verdict", "type", "count", "appearance", "size", "place", "normal"})
"""Kinds that without an image ask for what the catalogue says of the type that they name."""


def answer_without_image(context: Context, question: str, product: str | None = None) -> NotesAnswerRecord:
    """Answer a question from the catalogue, about the product given, else the one that the question names.

    Raises StoreMissing.
    """
    context.require_store()
    asked = understand(question, known=known_defects(context))
    product = product or _product_of(context, question)
    names = [product] if product is not None else context.domain.products()
    say = phrases_of(asked.language)
    replies: list[Reply] = []
    passages: dict[str, PassageRecord] = {}
    states: list[InspectionState] = []
    for number, intent in enumerate(asked.intents):
        word = ABOUT_NOTES.get(intent.kind)
        if intent.kind in LISTS or (intent.type is not None and intent.kind in DEFINES):
            word = on_notes.catalogue
        if word is None:
            replies.append(
                Reply(say("That is a question about a part: ask it with the part's image, IMAGE “QUESTION”."))
            )
            continue
        # A type is looked for in all notes at once; the types of each product are listed by themselves.
        subjects = [product] if intent.type is not None or not names else names
        for name in subjects:
            state = _state(context, name, intent.type)
            states.append(state)
            passages |= {one.id: one for one in state["passages"]}
            replies.append(word(Topic(state, asked, intent, number, say)))
    replies = list({reply.text: reply for reply in replies}.values())
    answer = say.joined([reply.text for reply in replies])
    evidence = [
        EvidenceRecord(kind="knowledge", id=one.id, text=one.text)
        for one in passages.values()
        if f"[{one.id}]" in answer
    ]
    if "[notes]" in answer:
        evidence += [notes_evidence(state) for state in states[:1]]
    return NotesAnswerRecord(
        question=question,
        product=product,
        language=asked.language,
        understood=[
            UnderstoodRecord(**intent.model_dump(include=set(UnderstoodRecord.model_fields)))
            for intent in asked.intents
        ],
        affirmed=next((reply.affirmed for reply in replies if reply.affirmed is not None), None),
        answer=answer,
        evidence=evidence,
    )


def _product_of(context: Context, question: str) -> str | None:
    """Return the product that a question names, else the only one of the notes, or None."""
    match = context.domain.product_of(question)
    if match.named:
        return match.name
    known = context.domain.products()
    return known[0] if len(known) == 1 else None


def _state(context: Context, product: str | None, named: str | None) -> InspectionState:
    """Return the state of a question that no image came with: product, types and passages alone."""
    types = known_defects(context) if product is None else context.domain.defects(product)
    if named is None:
        own = context.domain.passages(product) if product is not None else []
        passages = [passage_of(passage, score=0.0) for passage in own]
    else:
        wanted = [named, *(name for name in types if same_defect(name, named))]
        passages = about_type(notes_about(context, product, wanted), named)
    return InspectionState(
        product=ProductRecord(name=product or "", similarity=0.0, inferred=product is None),
        expected=[name for name in types if name_key(name) != "good"],
        passages=passages,
        regions=[],
    )
