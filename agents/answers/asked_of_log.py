"""Which questions without an image are of parts that the log holds, by their lot, station, image or type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from agents.answers.catalogue.demands import of_the_notes
from agents.answers.catalogue.figures_of_notes import may_be_noted, noted_figures
from agents.answers.catalogue.types import asks_of_types
from agents.answers.log.products import products_named
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.code_names import without_names, words_at
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
from agents.questions.slots.grades import names_grade
from agents.questions.slots.types import called_type
from agents.state import Asked, Understanding
from anomaly_core.names import name_key
from tools.classify.scores import UNKNOWN
from tools.context import Context
from tools.log_question import LogFigure
from tools.logged import is_of_the_log, logged_types, lots_in, names_images
from tools.records import Kind

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


def of_the_log(context: Context, asked: Asked, known: Sequence[str]) -> Asked:
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
