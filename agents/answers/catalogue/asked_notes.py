"""What a question without an image asks of the notes, and the passages that its answer is from."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.catalogue.asked_kinds import OF_A_TYPE
from agents.answers.catalogue.facts import type_by_look
from agents.answers.catalogue.held import is_clear
from agents.answers.catalogue.noted import state_of_notes
from agents.answers.catalogue.stated_sizes import states_size, told_by
from agents.answers.catalogue.types import asks_to_tell_apart
from agents.answers.catalogue.uncertain import listed_at_most, named_types
from agents.answers.evidence import notes_evidence
from agents.answers.notes.held_sizes import held_sizes
from agents.answers.topic import Reply, Topic
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import common_name, same_defect, types_in, words_of
from agents.questions.slots.by_words import types_of
from agents.questions.slots.described import named_types as types_named
from agents.questions.slots.limits import value_of
from agents.questions.slots.own_words import type_by_own_word
from agents.questions.slots.valued import limits_of_value, types_of_value
from agents.state import Asked, InspectionState, Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
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
        self._resolved: dict[int, Understanding] = {}
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

    def _entries_of(self, name: str | None) -> list[Entry]:
        """Return the entries of a type: of a common word, "scratch", each that is one."""
        if name is None:
            return []
        entries = self._context.domain.entries(None if self._guessed else self._product)
        own = [one for one in entries if same_defect(one.type, name)]
        common = common_name(name)
        if common is not None and (not own or self._product is None or self._guessed):
            own = [one for one in entries if common in types_in(one.type)]
        return own or [one for one in entries if name in types_in(one.type)]

    def _sized(self, intent: Understanding, number: int) -> Reply | None:
        """Return whether a stated size is within the limits of the type's entries, where they can tell it."""
        if not states_size(intent, words_of(self._asked.spoken)):
            return None
        own = self._entries_of(intent.type)
        entries = self._context.domain.entries(None if self._guessed else self._product)
        text, spoken = normalised(intent.text), self._asked.spoken
        found = value_of(text) is not None and not limits_of_value(text, own)
        sure = True
        if found:
            meant, sure = types_of_value(text, spoken, entries, intent.type)
            own = [one for one in entries if one.type in meant]
        topics = [
            self._topic(one.product, [one.type], intent.model_copy(update={"type": one.type}), number)
            for one in own
        ]
        unnamed = found and not types_of(text, self._known)
        named = told_by([(one.type, one.product or "") for one in own], found=unnamed)
        held = held_sizes(dict(zip(named, topics, strict=True))) if topics else None
        if held is None or sure:
            return held
        unknown = self._say("The type of the defect is not certain [{source}].", source="notes")
        return Reply("", [unknown, *held.body], whole=True)

    def _going_on(self, intent: Understanding, number: int) -> Understanding:
        """Return an intent that names no type with what the one before it was found to be about.

        "Why does it get brown? Whom do I tell?" asks twice of the same.
        """
        before = self._resolved.get(number - 1)
        named = intent.type is not None or bool(intent.maybe) or intent.kind not in OF_A_TYPE
        if before is None or named or not (before.type or before.maybe):
            return intent
        entries = self._context.domain.entries(self._product)
        text, words = normalised(intent.text), words_of(self._asked.spoken)
        lists = words.has("which_defect", text) or words.has("every", text)
        if lists or type_by_own_word(intent.text, self._asked.spoken, entries) is not None:
            return intent
        return intent.model_copy(update={"type": before.type, "maybe": before.maybe})

    def _by_look(self, intent: Understanding, number: int) -> str | None:
        return type_by_look(self._topic(self._product, [], intent, number, every=True))

    def _no_entry(self, intent: Understanding, number: int) -> Reply:
        """Say that the notes have no entry of a type, and which types they name."""
        topic = self._topic(self._product, [], intent, number, every=True)
        names = listed_at_most(self._say, named_types(topic))
        return Reply(
            "", [self._say("The notes have no entry for that; they name {types} [notes].", types=names)]
        )

    def _is_described(self, intent: Understanding) -> bool:
        """Return whether a question for one field has a word of one type alone: "another colour"."""
        entries = self._context.domain.entries(self._product)
        unnamed = intent.type is None and not intent.maybe and intent.kind in OF_A_TYPE
        return unnamed and type_by_own_word(intent.text, self._asked.spoken, entries) is not None

    def _is_clear(self, intent: Understanding, number: int) -> bool:
        entries = self._context.domain.entries(self._product)
        described = (
            type_by_own_word(intent.text, self._asked.spoken, entries),
            self._by_look(intent, number),
        )
        return is_clear(intent, self._asked, entries) or intent.type in described

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
