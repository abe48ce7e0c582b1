"""What a question without an image asks of the notes, and the passages that its answer is from."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.catalogue.noted import state_of_notes
from agents.answers.catalogue.types import asks_to_tell_apart
from agents.answers.evidence import notes_evidence
from agents.answers.topic import Topic
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.slots.described import named_types as types_named
from agents.state import Asked, InspectionState, Understanding
from anomaly_core.names import plain_name
from tools.context import Context
from tools.phrases import Phrases
from tools.records import EvidenceRecord


class AskedNotes:
    """A question without an image, the product that it is about, and the passages of the notes on it."""

    def __init__(
        self,
        context: Context,
        asked: Asked,
        say: Phrases,
        product: str | None,
        known: Sequence[str],
        before: Sequence[str] = (),
        *,
        guessed: bool = False,
        said: str | None = None,
    ) -> None:
        """before: types that the answer before listed, which a question without one goes on with.

        guessed: whether no word of the question is surely the product's name. said: the question as it was
        put, where it only goes on with the one before.
        """
        self._guessed, self._said = guessed, said
        self._before = before
        self._context, self._asked, self._say, self._product = context, asked, say, product
        self._known, self._products = known, context.domain.products()
        self._states: list[InspectionState] = []
        text, spoken = normalised(asked.question), asked.spoken
        apart = asks_to_tell_apart(words_of(spoken), text) and all(one.log is None for one in asked.intents)
        types = types_named(text, spoken, context.domain.entries(product)) if apart else []
        self._apart = types if len(types) > 1 else []

    def _topic(
        self,
        product: str | None,
        types: Sequence[str],
        intent: Understanding,
        number: int,
        *,
        every: bool = False,
        general: bool = False,
    ) -> Topic:
        """Return an intent with the notes about a product, or all; of types alone where some are given."""
        self._states.append(state_of_notes(self._context, product, types, every=every, general=general))
        return Topic(self._states[-1], self._asked, intent, number, self._say)

    def _types_of_notes(self) -> list[str]:
        return [one.type for one in self._context.domain.entries(self._product)]

    def listed(self, answer: str) -> list[str]:
        """Return the types whose passages an answer cites, each once."""
        cited = (one for state in self._states for one in state["passages"] if f"[{one.id}]" in answer)
        return list(dict.fromkeys(plain_name(one.defect) for one in cited if one.defect is not None))

    def evidence(self, answer: str) -> list[EvidenceRecord]:
        """Return the passages that an answer cites."""
        passages = {one.id: one for state in self._states for one in state["passages"]}
        cited = [
            EvidenceRecord(kind="knowledge", id=one.id, text=one.text)
            for one in passages.values()
            if f"[{one.id}]" in answer
        ]
        return [*cited, *(notes_evidence(state) for state in self._states[:1] if "[notes]" in answer)]
