"""Whether a lot may go out or is to be held, "can I ship lot A17?", and which may: "which can I ship?"."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final

from agents.questions.form.alternatives import alternatives_of
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.groups import FILE, asks_which, names_group
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, tables, words_of
from agents.questions.log.decisions import DECISIONS, decision_of
from agents.questions.log.history import asked_of, log_question
from agents.questions.log.points import local
from agents.state import Understanding
from knowledge.log.entry import timestamp
from tools.log_question import LogFigure, LogQuestion

_WHENEVER: Final = {"since": None, "until": None, "period": ""}
"""No period: when parts leave is not when they were inspected."""


def decides_on_a_lot(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks if parts may go out or are to be held."""
    words = words_of(language)
    # "Hay que bloquear el lote?" asks for yes or no.
    openly = asks_openly(words.without(text, "holds"), language)
    counts = words.has("how_many", text) or words.has("released", text) or openly
    return not counts and (words.has("releases", text) or words.has("holds", text))


def chooses_for_a_lot(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks if parts are to be held or may go out: "block or ship?"."""
    words, pieces = words_of(language), alternatives_of(text, language)
    goes = [words.has("releases", piece) for piece in pieces]
    both = words.has("releases", text) and words.has("holds", text) and not pieces
    return (any(goes) and not all(goes)) or (both and language in SPACELESS)


def of_a_whole_lot(one: Understanding, lot: str, language: str) -> Understanding:
    """Return a question of the log that decides on a lot as one for whether all of its parts passed."""
    log, text = one.log, normalised(one.text)
    if log is None or (names := _which_of_it(one, log, lot, language)) is not None:
        return one if log is None or names is None else names
    if not decides_on_a_lot(text, language):
        return one
    held = words_of(language).has("holds", text)
    asked = {"figure": "count", "decision": "pass", "every": True, "lot": lot, "held": held, "bound": None}
    asked |= _WHENEVER
    # "Hold or release?" is neither affirmed nor denied.
    closed = not chooses_for_a_lot(text, language)
    return asked_of(one, log.model_copy(update=asked), closed=closed)


def _which_of_it(
    one: Understanding, log: LogQuestion, lot: str | None, language: str
) -> Understanding | None:
    """Return "which parts of lot A17 can I ship?" as a question for the names of those that passed, or None.

    Those that failed, where it asks which may not go.
    """
    text, words = normalised(one.text), words_of(language)
    # "Which defects of the lot may stay?" is of types.
    other = any(words.has(meaning, text) for meaning in ("how_many", "released", "of_defects"))
    if not (goes_out(text, language) and asks_for_names(text, language)) or other:
        return None
    # "Which of lot A17 may go?", but "which lot may go?".
    of_lots = log.figure == "lots" and asks_which(text, language, "lot")
    if of_lots or log.figure not in ("count", "list", "products", "lots"):
        return None
    turned = words.has("holds", text) or words.has("no", text)
    decision = log.decision or "pass"
    asked: dict[str, object] = {"figure": "list", "decision": "fail" if turned else decision, "lot": lot}
    asked |= {"every": False, "held": False, "each": False, "bound": None, **_WHENEVER}
    return asked_of(one, log.model_copy(update=asked), closed=False)


def asks_which_are_good(one: Understanding, language: str) -> bool:
    """Return whether a question asks which of what it names passed, or may go out: "which gauges are ok?"."""
    text, words = normalised(one.text), words_of(language)
    if one.type is not None or any(words.has(meaning, text) for meaning in ("of_defects", "which_defect")):
        return False
    decided = goes_out(text, language) or decision_of(words, text, "list") is not None
    return decided and asks_for_names(text, language)


def of_those_that_may_go(one: Understanding, language: str) -> Understanding:
    """Return a question of the log for parts that may go out as one for those that passed; others as is."""
    names = None if one.log is None else _which_of_it(one, one.log, one.log.lot, language)
    return one if names is None else names


def asks_for_names(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks which parts: "which ones?", "quelles lames?"."""
    words, which = words_of(language), rf"(?:{tables(FILE)[language]['which']})"
    # "¿Hay que bloquear el lote?" asks for none.
    rest = words.without(text, "holds", "may")
    if language in SPACELESS:
        found = compiled(which).search(rest)
    else:
        found = compiled(rf"\W*(?:[\w']{{1,4}} )?{which}(?!\w)").match(rest)
    return found is not None or words.has("which", text)


def goes_out(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks what may go out, or be used."""
    words = words_of(language)
    permits = any(words.has(meaning, text) for meaning in ("may", "ready", "holds"))
    return permits and any(words.has(meaning, text) for meaning in ("releases", "keep", "holds"))


def of_its_lot(one: Understanding, language: str, now: datetime) -> Understanding:
    """Return a question beside an image that decides on the lot of its part as one of the log."""
    text = normalised(one.text)
    log = log_question(text, language, now)
    if not words_of(language).has("lot", text) or log.lot is not None or one.region is not None:
        return one
    if one.kind not in ("verdict", "action", "history", "other", "effect"):
        return one
    of_it = one.model_copy(update={"log": log.model_copy(update={"of_its_lot": True, "this": True})})
    told = of_a_whole_lot(of_it, "", language)
    return one if told is of_it else told


def of_what_may_go(one: Understanding, language: str, now: datetime) -> Understanding:
    """Return a question for the lots, products or parts that may go out as one for those that all passed."""
    text, words = normalised(one.text), words_of(language)
    holds = words.has("holds", text) or words.has("shames", text)
    if one.topic not in (None, "products") or one.region is not None:
        return one
    if not (holds or words.has("releases", text)):
        return one
    # "Which lots did we ship?" is of the past, "how many parts may go out?" a number.
    permits = holds or any(words.has(meaning, text) for meaning in ("may", "ready", "no"))
    rest = words.without(words.without(text, "releases"), "ready")
    told = any(words.has(name, rest) for name, _ in DECISIONS)
    counts = words.has("how_many", words.without(text, "is_there"))
    if not permits or told or words.has("released", text) or counts:
        return one
    log, figure = log_question(text, language, now), _figure(text, language)
    if log.lot is not None and figure != "lots" and asks_for_names(text, language):
        figure = "list"  # "which of lot A17 can I ship?"
    # "Which parts have to be held?" asks for those to be reviewed, or for what the notes say.
    named = log.image_name is not None or (log.lot is not None and figure != "list")
    if figure is None or (holds and figure == "list") or named:
        return one
    asked = {"figure": figure, "decision": "pass", "every": figure != "list", "each": False, "bound": None}
    if holds or words.has("no", text):  # "which lots can't I ship?"
        asked |= {"held": True} if figure != "list" else {"decision": "fail"}
    if not _is_past(log, now):
        asked |= _WHENEVER
    return asked_of(
        one.model_copy(update={"type": None, "topic": None}), log.model_copy(update=asked), closed=False
    )


def _figure(text: str, language: str) -> LogFigure | None:
    """Return the figure of what a text asks which of, or whether any: of lots, products, or single parts."""
    words = words_of(language)
    some = asks_for_names(text, language) or words.has("anything", text) or words.has("some", text)
    some |= words.has("is_there", text)
    if words.has("which_lot", text) or (some and names_group(text, language, "lot")):
        return "lots"
    if asks_which(text, language, "product") or (some and names_group(text, language, "product")):
        return "products"
    return "list" if some and words.has("piece", text) else None


def _is_past(log: LogQuestion, now: datetime) -> bool:
    """Return whether a question's period is over before today: that of "which of yesterday's lots?"."""
    return log.until is not None and log.until <= timestamp(local(now.date(), time()))
