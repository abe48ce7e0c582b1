"""Whether a lot may go out, or is to be held: "can I ship lot A17?", "must we block it?"."""

from __future__ import annotations

from datetime import datetime

from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import words_of
from agents.questions.log.history import asked_of, log_question
from agents.state import Understanding


def decides_on_a_lot(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks if parts may go out or are to be held."""
    words = words_of(language)
    # "Hay que bloquear el lote?" asks for yes or no.
    openly = asks_openly(words.without(text, "holds"), language)
    counts = words.has("how_many", text) or words.has("released", text) or openly
    return not counts and (words.has("releases", text) or words.has("holds", text))


def of_a_whole_lot(one: Understanding, lot: str, language: str) -> Understanding:
    """Return a question of the log that decides on a lot as one for whether all of its parts passed."""
    log, text = one.log, normalised(one.text)
    if log is None or not decides_on_a_lot(text, language):
        return one
    held = words_of(language).has("holds", text)
    asked = {"figure": "count", "decision": "pass", "every": True, "lot": lot, "held": held, "bound": None}
    # "Can it ship tonight?": when it leaves is not when it was inspected.
    asked |= {"since": None, "until": None, "period": ""}
    return asked_of(one, log.model_copy(update=asked), closed=True)


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
