"""Answers to questions without an image, from the catalogue and from the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from agents.answers.catalogue.asked_kinds import GOES_ON, LISTS_ALL
from agents.answers.catalogue.demands import of_the_notes
from agents.answers.catalogue.figures_of_notes import may_be_noted, noted_figures
from agents.answers.catalogue.types import asks_of_types
from agents.answers.compose import each_sentence_once, shortened, yes_or_no_alone
from agents.answers.from_notes import Notes
from agents.answers.kinds import ENTRIES, entry_of
from agents.answers.log.groups import of_the_first
from agents.answers.log.letter import FIGURES as LETTER
from agents.answers.log.letter import as_a_letter, letter
from agents.answers.log.products import product_counted, products_named
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
from agents.questions.log.code_names import veiled, without_names, words_at
from agents.questions.log.compared import direction_of
from agents.questions.log.decisions import of_several_parts
from agents.questions.log.history import named_in_the_log
from agents.questions.log.typed import in_every_language, without_types_as_people
from agents.questions.log.unheld import unheld_of
from agents.questions.log.whole_lots import (
    asks_which_are_good,
    chooses_for_a_lot,
    of_a_whole_lot,
    of_those_that_may_go,
)
from agents.questions.slots.by_words import type_of, types_of
from agents.questions.slots.described import described_type
from agents.questions.slots.grades import names_grade
from agents.questions.slots.limits import stated_measure
from agents.questions.slots.products import product_meant
from agents.questions.slots.types import called_type
from agents.questions.understanding import Reader, understand
from agents.state import Asked, DialogueState, Observation, Turn, Understanding
from anomaly_core.names import name_key, plain_name
from knowledge.catalogue.product_match import mentioned
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.enrolled import enrolled, enrolled_products
from tools.history import look_up
from tools.log_question import LogFigure, LogQuestion
from tools.logged import (
    is_of_the_log,
    logged_names,
    logged_types,
    lots_in,
    names_images,
    names_in_titles,
)  # fmt: skip
from tools.records import EvidenceRecord, Kind, TextAnswerRecord
from tools.retrieve import known_defects, known_products

OF_PARTS: Final = frozenset[Kind](get_args(Kind)) - {"catalogue", "greeting", "help"}
"""Kinds of questions that are about parts of the log, where they name some of it and no image is given."""
NARROWED: Final = frozenset[LogFigure](
    {
        "count",
        "list",
        "worst",
        "yield",
        "first",
        "often",
        "last",
        "lots",
        "stations",
        "operators",
        "products",
        "periods",
    }
)
"""Figures of the log that are of one type of defect where the question means one."""


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
    asked = as_a_letter(context, _of_the_log(context, asked, known), turns).answered_in(language)
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
            replies.append(of_it)
        elif intent.topic is not None:
            seen = _enrolled(context, None if record is None else record.name, number)
            topic = Topic(DialogueState(observations=[seen]), asked, intent, number, say)
            replies.append(entry_of(intent).word(topic))
            observations += [seen] if record is None and f"[{RECORD}]" in replies[-1].text else []
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


def _of_the_log(context: Context, asked: Asked, known: Sequence[str]) -> Asked:
    """Return a question with what it asks of parts that the log holds, by their lot, station, image or type.

    known: names of defects in the notes.
    """
    intents, words = asked.intents, words_of(asked.spoken)
    text = normalised(asked.question)
    compares = any(words.has(one, text) for one in ("compare", "differ", "or")) or direction_of(words, text)
    for_a_lot = chooses_for_a_lot(text, asked.spoken) and lots_in(context, text, words_at(words, text))
    if len(intents) > 1 and (for_a_lot or (compares and names_images(context, text))):
        # "Compare k09 and k10", which its clauses don't; "lot A17: block or ship?"
        intents = [intents[0].model_copy(update={"text": asked.question, "log": None, "kind": "history"})]
    intents = [_of_its_parts(context, one, asked.spoken, known) for one in intents]
    logged, named = logged_types(context), products_named(context, normalised(asked.question), asked.spoken)
    intents = [without_types_as_people(one, [*known, *logged]) for one in intents]
    intents = intents if named else [in_every_language(one, logged) for one in intents]
    return asked.model_copy(update={"intents": intents})


def _of_its_parts(context: Context, one: Understanding, language: str, known: Sequence[str]) -> Understanding:
    text, words = normalised(one.text), words_of(language)
    if one.topic is not None or (one.log is None and unheld_of(words, text) is not None):
        return one
    beside = words_at(words, text)
    of_a_grade = words.has("serious", text) or names_grade(words, text)
    noted = one.log is None or (one.log.figure in ("worst", "list", "count") and of_a_grade)
    if one.log is not None and one.type is None and of_the_notes(one.log, words, text):
        return one.model_copy(update={"log": None, "kind": "action", "near": None})
    figured = one.log is not None and one.type is None and may_be_noted(one.log, words, text)
    if figured and noted_figures(context.domain.passages(), text, language, least=0.5):
        # "After how many strokes do we regrind the die?"
        return one.model_copy(update={"log": None, "kind": "catalogue", "near": None})
    if noted and one.type is None and asks_of_types(words, text):
        # "Which defect is the most serious?" is of the notes.
        kind = one.kind if one.log is None else "effect"
        return one.model_copy(update={"log": None, "kind": kind, "near": None})
    if one.log is None and asks_which_are_good(one, language) and products_named(context, text, language):
        # "Which gauges can I ship?"
        return of_those_that_may_go(named_in_the_log(one, language, datetime.now().astimezone()), language)
    counting = one.kind in ("parts", "count") and words.has("how_many", text)
    # "Did any bottle pass?"
    if one.type is None and of_several_parts(words, text):
        counting |= bool(products_named(context, text, language))
    # "What are the rejects of lot A18?" lists no defects of the notes.
    parts = one.kind in OF_PARTS or (one.kind == "catalogue" and words.has("lot", text))
    if one.log is None and not (parts and (counting or is_of_the_log(context, text, beside))):
        return one
    meant = None
    # "Which of them?" is of the words before it, which are read already.
    own = one.log is None or (one.log.type is None and one.log.figure in NARROWED and text in one.log.text)
    if one.type is None and own:
        types = {name_key(name): name for name in (*known, *logged_types(context)) if name != UNKNOWN}
        called = without_names(text, lots_in(context, text, beside))
        meant = called_type(called, list(types.values()), language)
    of_all = one.kind in ("parts", "count") and meant is None
    if one.log is None and counting and of_all and not is_of_the_log(context, text, beside):
        return one
    if one.log is None:
        one = named_in_the_log(one, language, datetime.now().astimezone())
    named = [] if one.log is None else lots_in(context, text, beside)
    lot = named[0] if len(named) == 1 else one.log.lot if one.log is not None and not named else None
    if lot is not None:
        one = of_a_whole_lot(one, lot, language)
    if one.log is None or meant is None:
        return one
    return one.model_copy(update={"type": meant, "log": one.log.model_copy(update={"type": meant})})


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
