"""Answers to questions without an image, from the catalogue and from the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.answers.asked_of_log import of_the_log
from agents.answers.catalogue.asked_kinds import GOES_ON, LISTS_ALL
from agents.answers.catalogue.types import asks_of_types
from agents.answers.compose import each_sentence_once, shortened, yes_or_no_alone
from agents.answers.from_notes import Notes
from agents.answers.kinds import ENTRIES, entry_of
from agents.answers.log.groups import of_the_first
from agents.answers.log.letter import FIGURES as LETTER
from agents.answers.log.letter import as_a_letter, letter
from agents.answers.log.products import product_counted
from agents.answers.notes import limits
from agents.answers.phrases import phrases_of
from agents.answers.tool.doubt import doubt
from agents.answers.tool.products import RECORD, of_the_record
from agents.answers.topic import Reply, Topic
from agents.questions.carried import type_before
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.common_words import common_in, nameable
from agents.questions.lexicon.words import common_name, types_in, words_of
from agents.questions.log.code_names import veiled
from agents.questions.slots.by_words import type_of, types_of
from agents.questions.slots.described import described_type
from agents.questions.slots.limits import stated_measure
from agents.questions.slots.products import product_meant
from agents.questions.understanding import Reader, understand
from agents.state import Asked, DialogueState, Observation, Turn
from anomaly_core.names import plain_name
from knowledge.catalogue.product_match import mentioned
from tools.context import Context
from tools.enrolled import enrolled, enrolled_products
from tools.history import look_up
from tools.log_question import LogQuestion
from tools.logged import (
    logged_names,
    names_in_titles,
)  # fmt: skip
from tools.records import EvidenceRecord, TextAnswerRecord
from tools.retrieve import known_defects, known_products


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
        setting=language,
    )
    text = normalised(asked.question)
    known = nameable(known, text, asked.spoken)
    # The digits of "lot 2202" are no size.
    compared = stated_measure(veiled(text, words_of(asked.spoken)), asked.spoken)
    if compared is not None:
        # Nothing is to be measured or looked up: the question says all that it asks for.
        first = asked.intents[0].model_copy(update={"kind": "size", "limit": compared[1], "log": None})
        asked = asked.model_copy(update={"intents": [first]})
    asked = as_a_letter(context, of_the_log(context, asked, known), turns).answered_in(language)
    say = phrases_of(asked.language)
    named = product or _product_of(context, asked.question, asked.spoken, known)
    if named is None and any(one.type is not None and one.log is None for one in asked.intents):
        named = _product_before(context, turns)
    before = type_before(turns)
    if before is not None and before.slots is not None and before.slots.type is not None:
        named = named or _product_of(context, before.meant, before.language, known)
        asked = _going_on(context, asked, before.slots.type, named)
    listed = _listed_before(context, asked, turns, named)
    if listed:
        named = named or _product_of(context, turns[-1].meant, turns[-1].language, known)
        asked = _going_on(context, asked, listed[0], named) if len(listed) == 1 else asked
    texts = [asked.question, *(one.meant or one.question for one in turns)]
    guessed = product is None and named is not None and not _is_named(context, named, texts)
    if guessed:
        products = context.domain.products()
        guessed = product_meant(asked.question, products, asked.spoken, known, surely=True) != named
    put = normalised(question) if turns else None
    notes = Notes(context, asked, say, named, known, listed, guessed=guessed, said=put)
    record, words = enrolled(context, named), words_of(asked.spoken)
    # "What alpha does the toy have?" asks for its own, and for no topic of help.
    of_a_product = record is not None and bool(mentioned(text, [record.name], common_in(text, asked.spoken)))
    observations: list[Observation] = []
    replies: list[Reply] = []
    for number, intent in enumerate(asked.intents):
        own = intent
        if of_a_product and intent.kind == "help":
            own = intent.model_copy(update={"kind": "product"})
        if compared is not None:
            # "Is 2.5 mm over the limit?": a yes would mean that it is not within it.
            closed = not (asks_openly(text, asked.spoken) or words_of(asked.spoken).has("at_least", text))
            replies.append(limits.stated(say, *compared, closed=closed))
        elif (
            record is not None
            and (of_a_product or intent.topic is None)
            and (of_it := of_the_record(say, words, own, record))
        ):
            replies.append(replace(of_it, whole=True))
        elif intent.topic is not None:
            seen = _enrolled(context, None if record is None else record.name, number)
            topic = Topic(DialogueState(observations=[seen]), asked, intent, number, say)
            replies.append(entry_of(intent).word(topic))
            observations += [seen] if record is None and f"[{RECORD}]" in replies[-1].text else []
        elif (prose := notes.of_prose(number)) is not None:
            replies.append(prose)
        elif intent.log is not None and intent.order == "mail":
            figures = (intent.log.model_copy(update={"figure": one}) for one in LETTER)
            observations += [_looked_up(context, one, None, number, at) for at, one in enumerate(figures)]
            topic = Topic(DialogueState(observations=observations), asked, intent, number, say)
            replies.append(letter(topic, observations))
        elif intent.log is not None:
            intent = of_the_first(intent, replies, observations)
            log = intent.log or LogQuestion()
            counted = product or product_counted(context, log, asked.spoken, known)
            observations.append(_looked_up(context, log, counted, number, len(observations)))
            topic = Topic(DialogueState(observations=observations), asked, intent, number, say)
            replies.append(ENTRIES["history"].word(topic))
        else:
            replies += notes.replies(number)
    # What the record or a list of the notes answers leaves no doubt of what was asked.
    told_whole = any(reply.whole for reply in replies)
    replies = each_sentence_once(list({reply.text: reply for reply in replies}.values()))
    affirmed = next((reply.affirmed for reply in replies if reply.affirmed is not None), None)
    if (word := yes_or_no_alone(asked, affirmed, say)) is not None:
        replies = [word]
    elif not told_whole and (in_doubt := doubt(asked, say)):
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
    lists = all(one.type is None and one.log is None for one in asked.intents)
    return told, asked.model_copy(update={"listed": notes.listed(answer) if lists else []})


def _listed_before(
    context: Context, asked: Asked, turns: Sequence[Turn], product: str | None
) -> Sequence[str]:
    """Return the types that the answer before listed, where a question goes on with them."""
    words, text = words_of(asked.spoken), normalised(asked.question)
    lists = asks_of_types(words, text) or words.has("which_defect", text)
    if not turns or lists or any(one.type is not None for one in asked.intents):
        return []
    described = described_type(asked.question, asked.spoken, context.domain.entries(product))
    return turns[-1].listed if described is None else []


def _going_on(context: Context, asked: Asked, before: str, product: str | None) -> Asked:
    """Return a question with the type that was asked about before, where it names and describes none.

    "And its cause?" goes on with it, "which defects may pass?" does not.
    """
    words, text = words_of(asked.spoken), normalised(asked.question)
    listing = asks_of_types(words, text) or any(words.has(one, text) for one in LISTS_ALL)
    if listing or any(one.type is not None for one in asked.intents):
        return asked
    entries = context.domain.entries(product)
    if described_type(asked.question, asked.spoken, entries) is not None:
        return asked
    goes_on = [one.kind in GOES_ON and one.log is None and one.topic is None for one in asked.intents]
    intents = [
        one.model_copy(update={"type": before}) if goes else one
        for one, goes in zip(asked.intents, goes_on, strict=True)
    ]
    return asked.model_copy(update={"intents": intents})


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


def _product_of(context: Context, question: str, language: str, types: Sequence[str]) -> str | None:
    """Return the product that a question names, else the only one of the notes, or None.

    A type that one product's notes alone have tells the product too. types: of all notes.
    """
    match = context.domain.product_of(question)
    if match.named:
        return match.name
    known = context.domain.products()
    if len(known) == 1:
        return known[0]
    text = normalised(question)
    named = types_of(text, types) or [one for one in (type_of(text, language, types),) if one is not None]
    owners = [one for one in known if all(_has_type(context.domain.defects(one), name) for name in named)]
    # A product that has no such type is not the one that a word of the question seems to mean.
    return (
        owners[0]
        if len(owners) == 1
        else product_meant(question, owners or known, language, types, names_in_titles(context))
    )


def _product_before(context: Context, turns: Sequence[Turn]) -> str | None:
    """Return the product that an earlier question of the thread names, the latest first, or None.

    Another product's limit says nothing of the one that a thread is about.
    """
    found = (context.domain.product_of(one.meant or one.question) for one in reversed(turns))
    return next((one.name for one in found if one.named), None)


def _is_named(context: Context, product: str, texts: Sequence[str]) -> bool:
    """Return whether some text has a product's name, or there is no other one."""
    found = [context.domain.product_of(text) for text in texts]
    return any(one.named and one.name == product for one in found) or len(context.domain.products()) < 2


def _has_type(types: Sequence[str], named: str) -> bool:
    """Return whether a name, of the notes or in common English, is of one of the types of a product."""
    common = common_name(named) or named
    return any(plain_name(one).lower() == named or common in types_in(one) for one in types)
