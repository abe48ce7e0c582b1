"""Answers to questions without an image, from the catalogue and from the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, get_args

from agents.answers import on_limits, on_notes, on_talk
from agents.answers.analysis import about_type
from agents.answers.compose import each_sentence_once, shortened, yes_or_no_alone
from agents.answers.evidence import notes_evidence
from agents.answers.kinds import ENTRIES, entry_of
from agents.answers.on_doubt import doubt
from agents.answers.on_products import RECORD, of_the_record
from agents.answers.on_types import asks_of_types, compared_types, of_types, worse
from agents.answers.phrases import phrases_of
from agents.answers.topic import Reply, Topic
from agents.questions.encoder import normalised
from agents.questions.history import named_in_the_log
from agents.questions.polarity import asks_openly
from agents.questions.products import product_meant
from agents.questions.slots import measure_of, stated_measure, types_of
from agents.questions.types import called_type, meant_type
from agents.questions.understanding import Reader, understand
from agents.questions.words import same_defect, types_in, words_of
from agents.state import Asked, DialogueState, InspectionState, Observation, Turn, Understanding
from anomaly_core.names import name_key
from knowledge.catalogue.product_match import mentioned
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.enrolled import enrolled, enrolled_products
from tools.history import is_of_the_log, logged_names, logged_products, logged_types, look_up
from tools.phrases import Phrases
from tools.records import (
    EvidenceRecord,
    Kind,
    LogFigure,
    LogQuestion,
    ProductRecord,
    TextAnswerRecord,
)
from tools.retrieve import known_defects, known_products, notes_about, passage_of

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
LISTS: Final = frozenset[Kind]({"type", "product"})
"""Kinds that without an image can only ask which defects there are."""
DEFINES: Final = frozenset[Kind](
    {"verdict", "type", "appearance", "size", "normal", "reasoning", "reference", "product"}
)
"""Kinds that without an image ask for what the catalogue says of the type that they name."""

DESCRIBED: Final = 15
"""Characters from which a question for a type may describe one: "it has a dark round spot, what is it?"."""
MEASURES: Final = DEFINES | {"catalogue", "correction"}
"""Kinds that may hold a stated measure against a type's limit."""
OF_PARTS: Final = frozenset[Kind](get_args(Kind)) - {"catalogue", "greeting", "help"}
"""Kinds of questions that are about parts of the log, where they name some of it and no image is given."""
NARROWED: Final = frozenset[LogFigure](
    {"count", "list", "worst", "yield", "first", "often", "last", "lots", "stations", "operators", "periods"}
)
"""Figures of the log that are of one type of defect where the question means one."""
OF_A_TYPE: Final = frozenset[Kind]({"cause", "effect", "action"})
"""Kinds that are about a type of defect: that of the image, where none is named and the notes are empty."""


def answer_without_image(
    context: Context,
    question: str,
    product: str | None = None,
    reader: Reader | None = None,
    language: str | None = None,
) -> TextAnswerRecord:
    """Answer a question without a thread; see `answer_in_thread`."""
    return answer_in_thread(context, question, product, reader, language)[0]


def answer_in_thread(
    context: Context,
    question: str,
    product: str | None = None,
    reader: Reader | None = None,
    language: str | None = None,
    turns: Sequence[Turn] = (),
) -> tuple[TextAnswerRecord, Asked]:
    """Answer a question from the catalogue and from the log; return how it was understood too.

    product: that it is about, else the one that the question names. reader: see `understand`. language: of
    the answer, the question's own where None. turns: of its thread, oldest first. What needs an image is
    answered by how to name one. Raises StoreError, and ConfigError where no log is kept.
    """
    known = known_defects(context)
    names = known_products(context)
    asked = understand(
        question,
        turns,
        known=known,
        names=names,
        pictured=False,
        reader=reader,
        logged=logged_names(context) if turns else (),
    )
    text = normalised(asked.question)
    compared = stated_measure(text, asked.spoken)
    if compared is not None:
        # Nothing is to be measured or looked up: the question says all that it asks for.
        first = asked.intents[0].model_copy(update={"kind": "size", "limit": compared[1], "log": None})
        asked = asked.model_copy(update={"intents": [first]})
    asked = _of_the_log(context, asked, known).answered_in(language)
    say = phrases_of(asked.language)
    named = product or _product_of(context, asked.question, asked.spoken)
    notes = _Notes(context, asked, say, named, known)
    record, words = enrolled(context, named), words_of(asked.spoken)
    observations: list[Observation] = []
    replies: list[Reply] = []
    for number, intent in enumerate(asked.intents):
        if compared is not None:
            # "Is 2.5 mm over the limit?": a yes would mean that it is not within it.
            closed = not (asks_openly(text, asked.spoken) or words_of(asked.spoken).has("at_least", text))
            replies.append(on_limits.stated(say, *compared, closed=closed))
        elif intent.topic is not None:
            seen = _enrolled(context, None if record is None else record.name, number)
            topic = Topic(DialogueState(observations=[seen]), asked, intent, number, say)
            replies.append(entry_of(intent).word(topic))
            observations += [seen] if record is None and f"[{RECORD}]" in replies[-1].text else []
        elif record is not None and (of_it := of_the_record(say, words, intent, record)):
            replies.append(of_it)
        elif intent.log is not None:
            counted = product or _logged_product(context, intent.log, asked.spoken)
            observations.append(_looked_up(context, intent.log, counted, number, len(observations)))
            topic = Topic(DialogueState(observations=observations), asked, intent, number, say)
            replies.append(ENTRIES["history"].word(topic))
        else:
            replies += notes.replies(number)
    replies = each_sentence_once(list({reply.text: reply for reply in replies}.values()))
    affirmed = next((reply.affirmed for reply in replies if reply.affirmed is not None), None)
    if (word := yes_or_no_alone(asked, affirmed, say)) is not None:
        replies = [word]
    elif in_doubt := doubt(asked, say):
        replies.append(Reply(in_doubt))
    answer = say.joined([reply.text for reply in shortened(asked, replies)])
    used = [EvidenceRecord(kind="knowledge", id=RECORD, text=record.model_dump_json())] if record else []
    told = TextAnswerRecord(
        question=question,
        product=named,
        language=asked.language,
        understood=[intent.printed() for intent in asked.intents],
        affirmed=affirmed,
        answer=answer,
        evidence=[
            *(one.evidence for one in observations),
            *(one for one in used if f"[{RECORD}]" in answer),
            *notes.evidence(answer),
        ],
    )
    return told, asked


def _of_the_log(context: Context, asked: Asked, known: Sequence[str]) -> Asked:
    """Return a question with what it asks of parts that the log holds, by their lot, station, image or type.

    known: names of defects in the notes.
    """
    intents = [_of_its_parts(context, one, asked.spoken, known) for one in asked.intents]
    return asked.model_copy(update={"intents": intents})


def _of_its_parts(context: Context, one: Understanding, language: str, known: Sequence[str]) -> Understanding:
    if one.topic is not None:
        return one
    text, words = normalised(one.text), words_of(language)
    noted = one.log is None or (one.log.figure in ("worst", "list", "count") and words.has("serious", text))
    if noted and one.type is None and asks_of_types(words, text):
        # "Which defect is the most serious?" is of the notes.
        kind = one.kind if one.log is None else "effect"
        return one.model_copy(update={"log": None, "kind": kind, "near": None})
    counting = one.kind in ("parts", "count") and words.has("how_many", text)
    # "What are the rejects of lot A18?" lists no defects of the notes.
    parts = one.kind in OF_PARTS or (one.kind == "catalogue" and words.has("lot", text))
    if one.log is None and not (parts and (counting or is_of_the_log(context, text))):
        return one
    meant = None
    if one.type is None and (one.log is None or (one.log.type is None and one.log.figure in NARROWED)):
        types = {name_key(name): name for name in (*known, *logged_types(context)) if name != UNKNOWN}
        meant = called_type(text, list(types.values()), language)
    if one.log is None and counting and meant is None and not is_of_the_log(context, text):
        return one
    if one.log is None:
        one = named_in_the_log(one, language, datetime.now().astimezone())
    if one.log is None or meant is None:
        return one
    return one.model_copy(update={"type": meant, "log": one.log.model_copy(update={"type": meant})})


class _Notes:
    """The part of an answer that the catalogue gives, and its passages."""

    def __init__(
        self, context: Context, asked: Asked, say: Phrases, product: str | None, known: Sequence[str]
    ) -> None:
        self._context, self._asked, self._say, self._product = context, asked, say, product
        self._known = known
        self._states: list[InspectionState] = []

    def replies(self, number: int) -> list[Reply]:
        """Return what the catalogue says to one of the question's intents, by product."""
        say, asked = self._say, self._asked.intents[number]
        text, spoken = normalised(asked.text), self._asked.spoken
        if pair := compared_types(text, spoken, self._known):
            return [worse(self._topic(self._product, pair, asked, number), *pair)]
        if asked.type is None and asks_of_types(words_of(spoken), text):
            products = [self._product] if self._product is not None else self._context.domain.products()
            listed = [of_types(self._topic(name, [], asked, number)) for name in products]
            found = [Reply("", one) for one in listed if one]
            return found or [Reply("", [say("The notes name no such type [notes].")])]
        intent = self._with_type(number)
        word = ABOUT_NOTES.get(intent.kind)
        if intent.kind in LISTS or (intent.type is not None and intent.kind in DEFINES):
            word = on_notes.catalogue
        unnamed = intent.type is None and intent.kind in OF_A_TYPE and not self._context.domain.products()
        if word is None or unnamed:
            told = say("That is a question about a part: ask it with the part's image, IMAGE “QUESTION”.")
            # "A 1.2 mm blowhole, can I ship it?" was answered by its first half.
            return [] if number and word is None else [Reply(told)]
        # A type is looked for in all notes at once; the types of each product are listed by themselves.
        names = [self._product] if self._product is not None else self._context.domain.products()
        subjects = [self._product] if intent.type is not None or not names else names
        found = []
        if intent.type is not None and intent.type != asked.type:
            found.append(Reply("", [say("By the notes that is {type} [notes].", type=intent.type)]))
        types = self._types(intent)
        for name in subjects:
            topic = self._topic(name, types, intent, number)
            measure = measure_of(topic.text) if intent.kind in MEASURES and intent.type else None
            judged = None if measure is None else on_limits.stated_by_notes(topic, measure)
            found.append(judged or word(topic))
        return found

    def _topic(self, product: str | None, types: Sequence[str], intent: Understanding, number: int) -> Topic:
        """Return an intent with the notes about a product, of types alone where some are given."""
        self._states.append(_state(self._context, product, types))
        return Topic(self._states[-1], self._asked, intent, number, self._say)

    def _types(self, intent: Understanding) -> list[str]:
        """Return the types that an intent is about: those that it names, else the one that it means."""
        types = types_of(normalised(intent.text), self._known)
        if not types and intent.kind == "effect":
            # "Which is more serious, a crack or a dent?" names them in a clause of its own.
            types = types_of(normalised(self._asked.question), self._known)
        return types or ([] if intent.type is None else [intent.type])

    def _with_type(self, number: int) -> Understanding:
        """Return an intent with the type that it means, where it names none that the catalogue has.

        The type is that of what was asked before in the same question, else the nearest entry's by meaning.
        """
        before, intent = self._asked.intents[:number], self._asked.intents[number]
        described = intent.kind == "type" and len(normalised(intent.text)) >= DESCRIBED
        defines = intent.kind == "catalogue" and intent.type is not None
        if intent.kind not in OF_A_TYPE and not (described or defines):
            return intent
        entries = self._context.domain.entries(self._product)
        if intent.type is not None and any(same_defect(one.type, intent.type) for one in entries):
            return intent
        # "Is it serious, a blowhole?" names it afterwards.
        around = [*reversed(before), *self._asked.intents[number + 1 :]]
        named = next((one.type for one in around if one.type is not None), None)
        meant = named if intent.type is None and named else meant_type(intent.text, entries)
        return intent if meant is None else intent.model_copy(update={"type": meant})

    def evidence(self, answer: str) -> list[EvidenceRecord]:
        """Return the passages that an answer cites."""
        passages = {one.id: one for state in self._states for one in state["passages"]}
        cited = [
            EvidenceRecord(kind="knowledge", id=one.id, text=one.text)
            for one in passages.values()
            if f"[{one.id}]" in answer
        ]
        return [*cited, *(notes_evidence(state) for state in self._states[:1] if "[notes]" in answer)]


def _looked_up(
    context: Context, log: LogQuestion, product: str | None, number: int, taken: int
) -> Observation:
    """Return what the log holds for one of the question's intents. taken: number of earlier ones."""
    found = look_up(context, log, product=product)
    evidence = EvidenceRecord(kind="score", id=f"log-{taken + 1}" if taken else "log", text=found.text)
    values = found.model_dump(mode="json")
    return Observation(tool="log_figures", evidence=evidence, values=values, intent=number)


def _enrolled(context: Context, product: str | None, number: int) -> Observation:
    """Return what is enrolled, for one of the question's intents, of a product where one is asked about."""
    found = enrolled_products(context, product)
    evidence = EvidenceRecord(kind="knowledge", id=RECORD, text=found.text)
    values = found.model_dump(mode="json")
    return Observation(tool="product_settings", evidence=evidence, values=values, intent=number)


def _product_of(context: Context, question: str, language: str) -> str | None:
    """Return the product that a question names, else the only one of the notes, or None."""
    match = context.domain.product_of(question)
    if match.named:
        return match.name
    known = context.domain.products()
    return known[0] if len(known) == 1 else product_meant(question, known, language)


def _logged_product(context: Context, log: LogQuestion, language: str) -> str | None:
    """Return the product of the log that a question means by a word of its language, or None."""
    known = logged_products(context)
    return None if mentioned(log.text, known) else product_meant(log.text, known, language)


def _state(context: Context, product: str | None, named: Sequence[str]) -> InspectionState:
    """Return the state of a question that no image came with: product, types and passages alone.

    named: types that it names; the passages are about these.
    """
    types = known_defects(context) if product is None else context.domain.defects(product)
    if not named:
        own = context.domain.passages(product) if product is not None else []
        passages = [passage_of(passage, score=0.0) for passage in own]
    else:
        # "Scratch" is each that is one: "head scratch" and "Graffio".
        alike = [
            name for name in types if any(same_defect(name, one) or one in types_in(name) for one in named)
        ]
        noted = notes_about(context, product, [*named, *alike])
        found = (one for name in (*named, *alike) for one in about_type(noted, name))
        passages = list({one.id: one for one in found}.values())
    return InspectionState(
        product=ProductRecord(name=product or "", similarity=0.0, inferred=product is None),
        expected=[name for name in types if name_key(name) != "good"],
        passages=passages,
        templates=[],
        regions=[],
    )
