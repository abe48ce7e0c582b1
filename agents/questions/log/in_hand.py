"""What a question beside an image asks the log of the part in hand, and of its lot: "who inspected it?"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.form.polarity import asks_openly
from agents.questions.form.question_words import asks_when
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.groups import each_of
from agents.questions.lexicon.words import Words, bounded, tables, words_of
from agents.questions.log.grouped import of_a_group
from agents.questions.log.history import asked_of, log_question, named_figure
from agents.questions.log.several_figures import is_of_the_last
from agents.questions.log.whole_lots import decides_on_a_lot, of_its_lot
from agents.state import Understanding
from tools.log_question import LogQuestion

FILE: Final = Path(__file__).with_name("in_hand.toml")
_RANKS: Final = ("highest", "lowest", "more", "fewer", "worst", "best", "most_frequent", "yield")
_GROUPS: Final = ("which_lot", "which_station", "which_operator")
_SEVERAL: Final = ("alike", "every", "how_many", "them")
"""Meanings of words by which a question is of more parts than the one in hand."""
_AMONG: Final = ("which", "how_many", "every", "some", "nobody")
"""Meanings of words by which a question is of parts of a lot."""


def of_the_part_in_hand(
    one: Understanding, before: Understanding | None, language: str, now: datetime
) -> Understanding:
    """Return a question beside an image as one of the log, where it asks that of the part, or of its lot.

    before: what the same question asks before it. now: see `period_of`.
    """
    text, words = normalised(one.text), words_of(language)
    log = log_question(text, language, now)
    told = (log.since, log.until, log.lot, log.station, log.image_name, log.number, log.latest, log.than)
    named = any(told) or log.alpha is not None or log.bound is not None
    if named or one.region is not None or one.order or one.recorded or is_of_the_last(text, language):
        return of_a_group(of_its_lot(one, language, now), language)
    after = before is not None and before.log is not None and before.log.of_image
    if words.has("accepted_by", text) and not any(words.has(name, text) for name in _SEVERAL):
        by_whom = LogQuestion(figure="corrected", text=text)
        return asked_of(one.model_copy(update={"topic": None, "image": None}), by_whom, closed=False)
    changed = words.has("changed_mind", text) and not any(words.has(name, text) for name in _SEVERAL)
    if changed or _asks_of_its_inspections(one, text, words, after=after):
        asked = LogQuestion(figure="inspections", of_image=True)
        earlier = _has("before", text, language) and not asks_openly(text, language)
        of_it = one.model_copy(update={"topic": None, "image": None})
        return asked_of(of_it, asked, closed=earlier and not changed)
    if _asks_of_its_lot(text, words):
        of_it = one.model_copy(update={"topic": None, "image": None, "other": None})
        return asked_of(of_it, _of_its_lot(log, text, words), closed=False)
    return of_a_group(of_its_lot(one, language, now), language)


def _asks_of_its_inspections(one: Understanding, text: str, words: Words, *, after: bool) -> bool:
    """Return whether a text asks when, by whom, where or in which lot a part was inspected, or if before."""
    ranks = any(words.has(name, text) for name in _RANKS)
    found, done = words.has("found_by", text), _has("done", text, words.language)
    several = any(words.has(name, text) for name in _SEVERAL)
    how_often = words.has("how_often", text) and done and (words.has("it", text) or words.has("piece", text))
    if how_often and not words.names_type(text):
        return True
    if ranks or several or words.has("corrected_by", text) or words.has("corrected", text):
        return False
    if found:
        return True
    decided = any(words.has(name, text) for name in ("failed", "reviewed")) or words.names_type(text)
    if decided or one.type is not None or _asks_of_its_lot(text, words):
        return False
    when = asks_when(text, words.language)
    refers = words.has("it", text) or words.has("this", text)
    earlier = done and _has("before", text, words.language)
    of_it = refers or words.has("piece", text) or words.has("image", text)
    if words.has("inspector", text) or (when and (done or after)) or (earlier and of_it):
        return True
    return (refers or done) and any(words.has(name, text) for name in _GROUPS)


def _asks_of_its_lot(text: str, words: Words) -> bool:
    """Return whether a text asks of other parts of the lot of the part in hand."""
    language = words.language
    if not _has("its_lot", text, language) or decides_on_a_lot(text, language):
        return False
    if words.has("which_lot", text) or each_of(text, language) == "lot":
        return False
    # "¿Qué otras piezas del lote tienen lo mismo?"
    alike = words.has("piece", text) and _has("alike", text, language)
    among = alike or any(words.has(name, text) for name in _AMONG)
    return among or named_figure(text, language) is not None


def _of_its_lot(log: LogQuestion, text: str, words: Words) -> LogQuestion:
    alike = words.has("alike", text) or _has("alike", text, words.language)
    asked: dict[str, object] = {"of_its_lot": True, "this": True}
    if alike and log.figure in ("count", "list", "often", "frequent") and not words.has("passed", text):
        counts = words.has("how_many", text)
        asked |= {"figure": "count" if counts else "list", "decision": "fail", "alike": True}
    return log.model_copy(update=asked)


def _has(name: str, text: str, language: str) -> bool:
    return _patterns(language)[name].search(text) is not None


@cache
def _patterns(language: str) -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(bounded(pattern, language)) for name, pattern in tables(FILE)[language].items()}


def without_vague(found: Sequence[Understanding], language: str) -> list[Understanding]:
    """Return intents without those of the log that name nothing of it, where there are others."""
    clear = [one for one in found if one.log is None or not _is_vague(one.log, words_of(language))]
    return clear or list(found)


def _is_vague(log: LogQuestion, words: Words) -> bool:
    """Return whether a question names nothing that the log holds: "the last digit looks funny"."""
    named = (log.since, log.until, log.decision, log.lot, log.station, log.type, log.image_name, log.alpha)
    meanings = ("inspected", "session", "this", "alike", "every", "some", "nobody")
    told = log.conversation or log.people or named_figure(log.text, words.language) is not None
    return not (any(named) or told or any(words.has(one, log.text) for one in meanings))
