"""The part of an answer to a question without an image that the catalogue gives, and its passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agents.answers.catalogue import notes
from agents.answers.catalogue.asked_kinds import (
    AFFECTS,
    ASPECTS,
    DEFINES,
    DEMANDS,
    DESCRIBED,
    DESCRIBES,
    LISTS,
    LISTS_ALL,
    OF_A_LIMIT,
    OF_A_TYPE,
    OF_FACTS,
    RANKS,
)
from agents.answers.catalogue.asked_notes import AskedNotes
from agents.answers.catalogue.by_product import ordered, types_of_products
from agents.answers.catalogue.demands import NONE_SAYS_SO, asks_by_field, demanded
from agents.answers.catalogue.facts import facts, type_of_facts
from agents.answers.catalogue.figures_of_notes import asks_a_figure, noted_figures
from agents.answers.catalogue.held import asks_a_limit, held_of
from agents.answers.catalogue.stated_sizes import states_size
from agents.answers.catalogue.types import (
    asks_of_types,
    compared_types,
    of_types,
    ranked_types,
    told_apart,
    worse,
)
from agents.answers.catalogue.whole_entries import asks_for_all, whole_entries
from agents.answers.notes.analysis import FIELDS_OF, Aspect, quoted
from agents.answers.notes.effects import affected
from agents.answers.notes.norms import norms
from agents.answers.tool import talk
from agents.answers.topic import Reply, Topic
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import same_defect, types_in, words_of
from agents.questions.slots.by_words import types_of
from agents.questions.slots.conditions import condition_of
from agents.questions.slots.described import described_type
from agents.questions.slots.doubted import held_against, may_mean, narrowed
from agents.questions.slots.held import is_another, meant_type
from agents.questions.slots.limits import measure_of
from agents.questions.slots.own_words import type_by_own_word
from agents.state import Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from tools.records import Kind

ABOUT_NOTES: Final[Mapping[Kind, Callable[[Topic], Reply]]] = {
    "cause": notes.cause,
    "effect": notes.effect,
    "action": notes.action,
    "normal": notes.normal,
    "catalogue": notes.catalogue,
    "help": talk.help_,
    "greeting": talk.greeting,
    "other": talk.other,
}
"""Kinds that need no image, and their wording."""


UNSURE: Final = 0.4
"""Probability of a kind below which a sentence of the notes that holds a question's words answers it."""


class Notes(AskedNotes):
    """The part of an answer that the catalogue gives, and its passages."""

    def of_prose(self, number: int) -> Reply | None:
        """Return the notes' sentences with most words of a question of which it is unsure what it asks."""
        intent = self._asked.intents[number]
        lists = asks_of_types(words_of(self._asked.spoken), normalised(intent.text))
        if intent.kind in OF_FACTS or intent.type is not None or intent.probability >= UNSURE or lists:
            return None
        own = intent.model_copy(update={"kind": "other"})
        told = facts(self._topic(self._product, [], own, number, every=True), several=False)
        return Reply("", told, whole=True) if told else None

    def replies(self, number: int) -> list[Reply]:
        """Return what the catalogue says to one of the question's intents, by product."""
        say, asked = self._say, self._asked.intents[number]
        text, spoken = normalised(asked.text), self._asked.spoken
        if self._apart:
            apart = told_apart(self._topic(self._product, self._apart, asked, number), self._apart)
            return [Reply("", apart, whole=True)] if apart else []
        if pair := compared_types(text, spoken, self._known):
            return [worse(self._topic(self._product, pair, asked, number), *pair)]
        ranked = ranked_types(normalised(self._asked.question), spoken, self._known)
        if ranked and asked.kind in RANKS:
            first = not any(one.kind in RANKS for one in self._asked.intents[:number])
            return [notes.severer(self._topic(self._product, ranked, asked, number), ranked)] if first else []
        if asked.type is None and (of_all := self._of_all(asked, number)):
            return of_all
        aspect = ASPECTS.get(asked.kind)
        if aspect is not None and asked.type is None and len(self._before) > 1:
            topic = self._topic(self._product, self._before, asked, number)
            if each := notes.of_each(topic, self._before, aspect):
                return [Reply("", each, whole=True)]
        if (own := self._whole(asked, number) or self._sized(asked, number)) is not None:
            return [own]
        if figures := self._figures(asked, number):
            return figures
        if (of_products := self._of_products(asked, number)) is not None:
            return [of_products]
        intent = self._going_on(self._with_type(number), number)
        if intent.kind == "normal" and words_of(spoken).has("norm", text):
            return [norms(self._topic(self._product, [], intent, number, every=True, general=True))]
        if intent.type is not None and intent.type == asked.type:
            held = held_of(
                intent, self._asked, self._known, self._types_of_notes(), self._products, self._said
            )
            if not held.sure:
                intent = self._meant(intent, number)
            if not held.sure and intent.type == asked.type:
                if not held.maybe:
                    # "What hardness after grinding burn?" is told by the cause and action of a tint.
                    by_words = self._facts(intent.model_copy(update={"type": None}), number)
                    return by_words or [self._no_entry(intent, number)]
                intent = intent.model_copy(update={"type": None, "maybe": held.maybe})
        if told_of := self._affected(intent, number):
            return [told_of]
        if intent.type is None and words_of(spoken).has("reason_to", text):
            # "Is a dull joint a reason to reject?" is of the limit of what it describes.
            near = may_mean(intent.text, spoken, self._context.domain.entries(self._product))
            intent = intent.model_copy(update={"kind": "catalogue", "maybe": near}) if near else intent
        intent = self._of_facts(intent, number)
        if not self._is_described(intent) and (prose := self._facts(intent, number)):
            return prose
        intent = self._maybe(self._meant(intent, number))
        if asks_a_limit(intent, spoken, LISTS_ALL):
            nearest = meant_type(intent.text, spoken, self._types_of_notes())
            if nearest is None:
                return [self._no_entry(intent, number)]
            intent = intent.model_copy(update={"type": nearest})
        self._resolved[number] = intent
        word = ABOUT_NOTES.get(intent.kind)
        if intent.type is None and not intent.maybe and states_size(intent, words_of(spoken)):
            word = None
        elif intent.kind in LISTS or (intent.type is not None and intent.kind in DEFINES):
            word = notes.catalogue
        unnamed = intent.type is None and intent.kind in OF_A_TYPE and not self._context.domain.products()
        if word is None or unnamed:
            told = say("That is a question about a part: ask it with the part's image, IMAGE “QUESTION”.")
            others = any(one.kind in OF_A_TYPE for one in self._asked.intents)
            return [] if word is None and (number or others) else [Reply(told)]
        # A type is looked for in all notes at once; the types of each product are listed by themselves.
        names = [self._product] if self._product is not None else self._context.domain.products()
        meant = intent.type is not None or bool(intent.maybe)
        subjects = [self._product] if meant or not names else names
        found = []
        # "What causes burrs, and what do we do against it?" has named it.
        named = any(one.type == intent.type for one in self._asked.intents)
        if intent.type is not None and intent.type != asked.type and not named:
            if not self._is_clear(intent, number):
                entries = self._context.domain.entries(self._product)
                near = may_mean(intent.text, spoken, entries, intent.type)
                # "Ha la lama ossidata?" has the word of one of those that are near by meaning.
                near = [name for name in near if asked.type in types_in(name)] or near or [intent.type]
                intent = intent.model_copy(update={"type": None, "maybe": near})
            else:
                found.append(Reply("", [say("By the notes that is {type} [notes].", type=intent.type)]))
        types = self._types(intent)
        for name in subjects:
            topic = self._topic(name, types, intent, number)
            found.append(word(topic))
        return found

    def _of_facts(self, intent: Understanding, number: int) -> Understanding:
        """Return an intent that names no type with the one that its words are of, by another field of it.

        The type is not sure: "who looks after the die?" is asked of a burr, whose cause is a blunt die.
        """
        words, text = words_of(self._asked.spoken), normalised(intent.text)
        if intent.type is not None or intent.maybe or any(words.has(one, text) for one in LISTS_ALL):
            return intent
        limited = any(words.has(one, text) for one in ("limit", "tolerance", "threshold"))
        aspect: Aspect | None = ASPECTS.get(intent.kind) if intent.kind in OF_A_TYPE else None
        aspect = "limit" if aspect is None and intent.kind == "catalogue" and limited else aspect
        if aspect is None:
            return intent
        fields = () if words.has("who", text) else FIELDS_OF[aspect]
        found = type_of_facts(self._topic(self._product, [], intent, number, every=True), fields)
        return intent if found is None else intent.model_copy(update={"maybe": [found]})

    def _facts(self, intent: Understanding, number: int) -> list[Reply]:
        """Return sentences of the notes on what a question is about that names no type."""
        if intent.type is not None or intent.maybe or intent.kind not in OF_FACTS:
            return []
        topic = self._topic(self._product, [], intent, number, every=True)
        several = any(topic.words.has(one, topic.text) for one in ("which_defect", "every", "which"))
        told = facts(topic, several=several)
        return [Reply("", told, whole=several)] if told else []

    def _figures(self, intent: Understanding, number: int) -> list[Reply]:
        """Return the sentence of the notes with the figure that a question asks for, where one has it."""
        topic = self._topic(self._product, [], intent, number, every=True)
        if intent.type is not None or intent.log is not None or not asks_a_figure(topic.words, topic.text):
            return []
        found = noted_figures(topic.state["passages"], topic.text, topic.asked.spoken)
        return [Reply("", quoted(topic, found))] if found else []

    def _of_products(self, intent: Understanding, number: int) -> Reply | None:
        """Return what the notes of several products say where a word of the question may be of each of them.

        Yes or no is said only where it holds for all.
        """
        word = ABOUT_NOTES.get(intent.kind)
        word = notes.catalogue if word is None and intent.kind in DEFINES else word
        if word is None or (self._product is not None and not self._guessed):
            return None
        text, words = normalised(intent.text), words_of(self._asked.spoken)
        entries = self._context.domain.entries(None)
        types = types_of_products(text, self._asked.spoken, intent.type, entries)
        if not types:
            return None
        types = ordered(types, text, entries, self._product)
        topic = self._topic(None, types, intent, number)
        limited = any(words.has(one, text) for one in OF_A_LIMIT)
        aspect = ASPECTS.get(intent.kind) or ("limit" if limited or intent.kind == "verdict" else "look")
        who = intent.kind == "action" and notes.asks_who(topic)
        types = [name for name in types if notes.of_each(topic, [name], aspect, who=who)]
        if not types:
            return None
        told = notes.of_each(topic, types, aspect, who=who)
        leads = {self._judged(intent, number, one, word) for one in entries if one.type in types}
        lead, affirmed = leads.pop() if len(leads) == 1 else ("", None)
        return Reply(lead, told, affirmed, whole=True)

    def _of_all(self, intent: Understanding, number: int) -> list[Reply]:
        """Return the types that are such, where a question asks which ones are."""
        words, text = words_of(self._asked.spoken), normalised(intent.text)
        # What may be reworked is told by words for it.
        by_fate = asks_of_types(words, text) and words.has("rework", text)
        by_fate |= condition_of(text, self._asked.spoken) is not None
        if intent.kind in DEMANDS and asks_by_field(words, text) and not by_fate:
            topic = self._topic(self._product, [], intent, number, every=True)
            if told := demanded(topic, self._products):
                return [Reply("", told, whole=True)]
            if not asks_of_types(words, text) and words.has("which_ones", text):
                return [Reply("", [self._say(NONE_SAYS_SO)])]
        # "Which of them can be reworked?" after a list of parts.
        reworked = not self._before and words.has("of_these", text) and words.has("rework", text)
        if not (asks_of_types(words, text) or (reworked and asks_openly(text, words.language))):
            return []
        own: list[str | None] = [self._product]
        products = own if self._product is not None else [*self._products] or own
        every = products == [None]
        listed = [
            of_types(self._topic(name, [], intent, number, every=every), apart=len(products) > 1)
            for name in products
        ]
        found = [Reply("", one, whole=True) for one in listed if one]
        return found or [Reply("", [self._say("The notes name no such type [notes].")])]

    def _whole(self, intent: Understanding, number: int) -> Reply | None:
        """Return all that the notes say of a type, where a question asks for everything about it."""
        text, spoken = normalised(intent.text), self._asked.spoken
        if not asks_for_all(words_of(spoken), text):
            return None
        entries = self._context.domain.entries(self._product)
        named = intent.type or described_type(text, spoken, entries)
        own = self._entries_of(
            named
            or meant_type(words_of(spoken).without(text, "all_of_it"), spoken, [one.type for one in entries])
        )
        topic = self._topic(None, [one.type for one in own], intent, number)
        own = sorted(own, key=lambda one: plain_name(one.type).lower() not in text)
        return whole_entries(topic, [(one.type, one.product) for one in own]) if own else None

    def _judged(
        self, intent: Understanding, number: int, entry: Entry, word: Callable[[Topic], Reply]
    ) -> tuple[str, bool | None]:
        """Return first words and affirmation of an answer that is of one product's type alone."""
        own = intent.model_copy(update={"type": entry.type})
        topic = self._topic(entry.product, [entry.type], own, number)
        reply = word(topic)
        return (reply.lead, reply.affirmed) if reply.affirmed is not None else ("", None)

    def _types(self, intent: Understanding) -> list[str]:
        """Return the types that an intent is about: those that it names, else the one that it means."""
        types = types_of(normalised(intent.text), self._known)
        if not types and intent.kind == "effect":
            # "Which is more serious, a crack or a dent?" names them in a clause of its own.
            types = types_of(normalised(self._asked.question), self._known)
        return intent.maybe or types or ([] if intent.type is None else [intent.type])

    def _with_type(self, number: int) -> Understanding:
        """Return an intent with the type that it means, where it names none that the catalogue has.

        It may be described, or named in another language.
        """
        intent, spoken = self._asked.intents[number], self._asked.spoken
        limited = any(words_of(spoken).has(one, normalised(intent.text)) for one in ("limit", "tolerance"))
        listing = any(words_of(self._asked.spoken).has(one, normalised(intent.text)) for one in LISTS_ALL)
        kind: Kind
        known = any(intent.type in types_in(name) for name in self._known)
        defined = intent.type is not None and intent.kind in DEFINES and not known
        if (intent.kind in DESCRIBES or limited or defined) and not listing:
            entries = self._context.domain.entries(self._product)
            noted = intent.type is not None and any(same_defect(one.type, intent.type) for one in entries)
            # "Foil torn, what now?" has named it in a clause of its own.
            own = words_of(self._asked.spoken).names_type(normalised(intent.text))
            named = intent.text if own else self._asked.question
            held = narrowed(named, self._asked.spoken, intent.type, entries) if intent.type else []
            found = None if noted or held else described_type(intent.text, self._asked.spoken, entries)
            if found is not None and intent.type is not None:
                held = held_against(intent.text, self._asked.spoken, found, entries)
                held = [] if held == [found] else held
            if held:
                kind = intent.kind if intent.kind in DESCRIBES else "catalogue"
                one = {"type": held[0]} if len(held) == 1 else {"type": None, "maybe": held}
                return intent.model_copy(update={**one, "kind": kind, "near": None})
            apart = normalised(self._asked.question) != normalised(intent.text)
            if found is None and intent.type is None and intent.kind in OF_A_TYPE and apart:
                # "A wrong label, what shall I do?"
                found = described_type(self._asked.question, self._asked.spoken, entries)
            if found is not None and not is_another(intent.type, found, normalised(intent.text), spoken):
                kind = intent.kind if intent.kind in DESCRIBES else "catalogue"
                return intent.model_copy(update={"type": found, "kind": kind, "near": None})
        return intent

    def _meant(self, intent: Understanding, number: int) -> Understanding:
        """Return an intent with the type of what was asked before, else of the nearest entry by meaning."""
        before = self._asked.intents[:number]
        text, words = normalised(intent.text), words_of(self._asked.spoken)
        # "What defects do tiles have?" describes none, "it is dark and round, which defect is it?" does.
        listing = words.has("which_defect", text) and not (words.has("it", text) or words.has("this", text))
        described = intent.kind == "type" and len(text) >= DESCRIBED and not listing
        defines = intent.kind == "catalogue" and intent.type is not None
        if intent.maybe or (intent.kind not in OF_A_TYPE and not (described or defines)):
            return intent
        entries = self._context.domain.entries(self._product)
        if intent.type is not None and any(same_defect(one.type, intent.type) for one in entries):
            return intent
        # "Is it serious, a blowhole?" names it afterwards.
        around = [*reversed(before), *self._asked.intents[number + 1 :]]
        named = next((one.type for one in around if one.type is not None), None)
        own = type_by_own_word(intent.text, self._asked.spoken, entries)
        by_look = None if intent.type is not None else named or own or self._by_look(intent, number)
        meant = by_look or meant_type(intent.text, self._asked.spoken, self._types_of_notes())
        return (
            intent
            if meant is None or is_another(intent.type, meant, text, self._asked.spoken)
            else intent.model_copy(update={"type": meant})
        )

    def _maybe(self, intent: Understanding) -> Understanding:
        """Return an intent that names no type with those that are nearest by meaning, none of them sure."""
        listing = any(words_of(self._asked.spoken).has(one, normalised(intent.text)) for one in LISTS_ALL)
        if intent.type is not None or intent.maybe or intent.kind not in OF_A_TYPE or listing:
            return intent
        entries = self._context.domain.entries(self._product)
        return intent.model_copy(update={"maybe": may_mean(intent.text, self._asked.spoken, entries)})

    def _affected(self, intent: Understanding, number: int) -> Reply | None:
        """Return what the effect of a type says to a question for yes or no that is of no limit."""
        if intent.type is None or intent.kind not in AFFECTS or measure_of(normalised(intent.text)):
            return None
        return affected(self._topic(self._product, self._types(intent), intent, number))
