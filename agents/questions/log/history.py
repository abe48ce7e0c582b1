"""What a question asks of the log: which figure, of which decision, period, lot and image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from agents.questions.form.polarity import asks_openly
from agents.questions.form.question_words import asks_when
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.common_words import common_in
from agents.questions.lexicon.groups import each_of
from agents.questions.lexicon.latest_of import asks_for_defects, type_in
from agents.questions.lexicon.numbered import Numbers, numbers_in
from agents.questions.lexicon.words import IMAGE_FILE, Words, types_in, words_of
from agents.questions.log.bounds import alpha_of, bound_of
from agents.questions.log.called import called_people
from agents.questions.log.code_names import called_names, unveiled, veiled, without_than
from agents.questions.log.compared import compared_periods, direction_of
from agents.questions.log.decisions import DECISIONS, GROUPS, decision_of, is_a_share, is_none
from agents.questions.log.elsewhere import speaks_of_else
from agents.questions.log.grouped import group_in
from agents.questions.log.named_people import people_in
from agents.questions.log.periods import Period, of_the_shift, period_of
from agents.questions.log.referents import chance_in
from agents.questions.log.several_figures import is_of_the_last
from agents.questions.log.unheld import unheld_of
from agents.questions.slots.by_words import without_types
from agents.state import Understanding
from knowledge.log.entry import timestamp
from tools.classify.scores import UNKNOWN
from tools.log_question import LogFigure, LogQuestion, PeriodRecord
from tools.records import Kind

_FIGURES: Final[tuple[tuple[str, LogFigure], ...]] = (
    ("which_lot", "lots"),
    ("corrected_by", "corrected"),
    ("accepted_by", "count"),
    ("corrected", "corrected"),
    ("which_station", "stations"),
    ("which_operator", "operators"),
    ("found_by", "found"),
    ("inspector", "operators"),
    ("drift", "drift"),
    ("trend", "trend"),
    ("since_when", "first"),
    ("first_inspected", "earliest"),
    ("which_shift", "hours"),
    ("which_hour", "hours"),
    ("worst", "worst"),
    ("most_frequent", "frequent"),
    ("how_often", "often"),
    ("yield", "yield"),
    ("last_inspected", "last"),
    ("how_many", "count"),
    ("which", "list"),
)
"""Meaning of a word -> figure; a question's first of these, not its first word, decides."""
_BY_PEOPLE: Final[tuple[tuple[str, LogFigure], ...]] = (("false_alarm", "alarms"), ("missed", "missed"))
"""The same of figures that only people's corrections tell."""
SINGLE: Final = 0.7
"""Probability from which a question as a whole is one thing, whatever its clauses are by themselves."""
ELSEWHERE: Final = 0.6
"""Probability from which a question that names a period, such as lunch, is of nothing here."""
DATED: Final = frozenset[Kind]({"count", "verdict", "type", "parts", "product", "other", "confidence"})
"""Kinds whose questions are of the log where they name a period, as in "how many defects today?"."""
OF_THE_LOG: Final = DATED | {"history", "cause", "comparison", "catalogue", "correction", "place"}
"""Kinds that a question of the log may be taken for."""
OF_NO_IMAGE: Final = GROUPS | frozenset[LogFigure](
    {"yield", "first", "corrected", "frequent", "earliest", "hours", "scores", "places", "alarms", "missed"}
)
"""Figures that a question without an image asks the log for, whatever its kind."""
_TALK: Final = frozenset[Kind]({"greeting", "other"})
"""Kinds that a short question may be taken for."""
_OF_LAST: Final = GROUPS | frozenset[LogFigure]({"count", "found", "list"})
"""Figures that a question for the last part may be taken for: "who inspected the last reject?"."""
_BOUNDED: Final = ("count", "yield")
"""Figures that a number may be held against, beside those by a group."""
_SCOPE: Final = ("since", "until", "period", "than", "latest", "latest_of", "latest_with")
"""What a question of the log has from the one before it, where it names no period of its own."""
_CODE: Final = re.compile(r"(?<![a-z0-9])[a-z]-?\d[\w-]*")


def of_the_log(
    one: Understanding, language: str, now: datetime, products: Sequence[str] = (), *, pictured: bool
) -> Understanding:
    """Return an intent with what it asks of the log, where it is of the kind history, or meant as one.

    pictured: whether the question came with an image. now: see `period_of`. products: their names.
    """
    text, words = _plain(one.text), words_of(language)
    # Beside an image, "is it worse than yesterday?" may compare with another one.
    implied = not pictured or one.kind == "history"
    log, closed = _heard(text, language, now, implied=implied, typed=one.text)
    decided = any(words.has(each, text) for each, _ in DECISIONS)
    held = log.bound is not None and log.bound.percent and (log.figure == "yield" or decided)
    of_all = not pictured and (
        log.figure in {*GROUPS, "places"} or held or (log.alpha is not None and decided)
    )
    # "The rate is higher than yesterday" and "il tasso più alto" name no place.
    numbered = not pictured and _is_numbered(log, one.kind)
    placed = one.place is not None and not (of_all or numbered or (implied and log.than is not None))
    if placed or one.region is not None or words.has("judgeable", text) or unheld_of(words, text):
        return one
    if not pictured and not log.people and speaks_of_else(one, log, language, now, products):
        return one.model_copy(update={"kind": "other", "near": None, "closed": False})
    # "What share of the cells failed?" asks for no size.
    named = of_all or (not pictured and log.figure == "yield" and decided)
    if not (named or numbered) and not _is_meant(one, log, words, closed=closed, pictured=pictured):
        return one
    return asked_of(one, _typed(_whole(log, words), one, words), closed=closed)


def _is_numbered(log: LogQuestion, kind: Kind) -> bool:
    """Return whether a question is of the last 20 parts, the 5 worst, a station in a period, or a lot."""
    dated = (log.since or log.until) is not None
    # "Name three defects that it can have."
    decided = log.decision is not None and kind != "catalogue"
    listed = log.number is not None and (dated or decided or log.figure in ("worst", "last"))
    placed = (dated and log.station is not None) or (log.lot is not None and log.decision is not None)
    # "Is the reject rate higher on line 1 than on line 2?"
    compared = len(log.stations) > 1 and (log.decision is not None or log.figure == "yield")
    return log.latest is not None or listed or placed or compared


def _is_meant(one: Understanding, log: LogQuestion, words: Words, *, closed: bool, pictured: bool) -> bool:
    """Return whether a question's words are of the log, each reason below a question that it is for."""
    figure = named_figure(log.text, words.language)
    # "What is for dinner today?" names a period too.
    elsewhere = one.kind == "other" and one.probability >= ELSEWHERE
    compared = log.than is not None and not elsewhere
    dated = (log.since or log.until) is not None and not elsewhere
    # "May I ship it today?"
    in_hand = one.kind == "verdict" and (log.this or (pictured and figure is None))
    # "From when is a scratch too long?" is of the notes.
    limit = figure == "first" and any(
        words.has(each, log.text) for each in ("limit", "long", "length", "threshold")
    )
    # "Who changed the verdict?" asks for a name; "more rejects than yesterday?"
    rest = log.text if one.type is None else without_types(log.text, [one.type])
    summed = dated and one.kind == "reasoning"  # "today's result, short summary"
    of_any_kind = any(words.has(one, rest) for one in ("corrected_by", "accepted_by")) or (
        not pictured and (compared or summed)
    )
    # "Give me a handover", "who found the crack?"
    given = words.has("handover", log.text) or words.has("found_by", log.text)
    of_any_kind |= not pictured and (given or compared or summed)
    # "Pareto of the screws", but "the top 3 causes of a scratch?" is for the notes.
    of_any_kind |= (
        not pictured and figure in {*GROUPS, "frequent", "hours"} and words.has("ranking", log.text)
    )
    # "And those to review, which are they?"
    of_any_kind |= not pictured and figure == "list" and log.decision is not None and one.kind in _TALK
    # "Is anything quarantined?", but "when must a lot be quarantined?" is for the notes.
    waits = (words.has("on_hold", log.text) or log.decision == "review") and one.type is None
    counts = any(words.has(each, log.text) for each in ("how_many", "anything", "nobody"))
    of_any_kind |= not pictured and counts and waits
    # "How many over 2 mm today?", "any that is too long among those that Mr. Li passed?"
    called = not pictured and any(people_in(one.text, words.language))
    if called and (one.kind in OF_THE_LOG or one.kind == "size") and not elsewhere:
        return True
    # "Any scratches in lot 17B?", "ロット22"
    of_lot = log.lot is not None and (one.kind != "help" or one.probability < SINGLE)
    if not pictured and (of_lot or (one.kind == "size" and one.limit is not None and dated)):
        return True
    of_its_kinds = (
        one.kind == "history" or compared,
        # "How many defects today?"
        one.kind in DATED and dated and not in_hand,
        not pictured and (one.kind == "count" or log.figure == "trend"),
        # "The parts that somebody has to look at?"
        not pictured and log.decision == "review" and words.has("piece", log.text),
        # "What percentage of the bottles is good?", "since when do we get blowholes?"
        not pictured and figure in OF_NO_IMAGE and not limit and not elsewhere,
        # "What is the worst product?"
        not pictured and figure == "worst" and words.has("piece", log.text),
        # "What makes it drift?" is for the notes.
        log.figure == "drift" and (one.kind != "cause" or closed or words.has("since_when", log.text)),
    )
    return of_any_kind or (one.kind in OF_THE_LOG and any(of_its_kinds))


def asked_of(one: Understanding, log: LogQuestion, *, closed: bool) -> Understanding:
    """Return an intent as a question of the log, or of the conversation. closed: see `Understanding`."""
    of_it = {"kind": "history", "place": None, "sense": "open", "closed": closed, "near": None, "log": log}
    return one.model_copy(update=of_it)


def named_in_the_log(one: Understanding, language: str, now: datetime) -> Understanding:
    """Return a question without an image that names a lot, a station or an image of the log as one of it."""
    log, closed = _heard(_plain(one.text), language, now, implied=True, typed=one.text)
    return asked_of(one, _typed(log, one, words_of(language)), closed=closed)


def _typed(log: LogQuestion, one: Understanding, words: Words) -> LogQuestion:
    """Return what is asked of the log with the type of defect and the persons that the question names."""
    unknown = one.type is None and log.figure != "frequent" and words.has("unknown", log.text)
    people = (
        list(people_in(one.text, words.language)) if log.person else called_people(one.text, words.language)
    )
    people = [name for name in people if name.lower() not in (log.lot, log.station)]
    name, common = UNKNOWN if unknown else one.type, log.latest_with
    of_these = name is not None and common is not None and (name == common or common in types_in(name))
    typed = {"type": None, "latest_with": name} if of_these else {"type": name}
    return log.model_copy(update={**typed, "people": people})


def in_its_period(one: Understanding, before: Understanding | None, language: str) -> Understanding:
    """Return a question of the log in the scope of the one before it: "how many today, and the worst?"."""
    earlier = None if before is None else before.log
    if one.log is None and earlier is not None and is_a_share(normalised(one.text), language):
        # "多少个不合格，比例是多少?" asks for no size.
        one = asked_of(one, LogQuestion(figure="yield", text=normalised(one.text)), closed=False)
    log = one.log
    if log is None or earlier is None:
        return one
    if log.figure == "yield" and earlier.decision is not None and is_a_share(log.text, language):
        log = log.model_copy(update={"decision": earlier.decision})
    within = "" if words_of(language).has("overall", log.text) else earlier.text
    scope: dict[str, object] = {"within": within, "common": [*log.common, *earlier.common]}
    if not (log.since or log.until or log.latest):
        scope |= {name: getattr(earlier, name) for name in _SCOPE}
    return one.model_copy(update={"log": log.model_copy(update=scope)})


def named_figure(text: str, language: str) -> LogFigure | None:
    """Return the figure of the log that a text names, or None. text: in lower case."""
    words, text = words_of(language), " ".join(text.split())
    if (group := group_in(text, words)) is not None:
        return group
    if not words.has("alpha", text):
        for meaning, figure in _BY_PEOPLE:
            if words.has(meaning, text):
                return figure
    # "P-8" is a lot.
    if words.has("p_value", _CODE.sub(" ", text)) and any(
        words.has(one, text) for one in ("average", "lowest", "highest")
    ):
        return "scores"
    if words.has("where", text) and words.has("usually", text):
        return "places"
    named = next((figure for meaning, figure in _FIGURES if words.has(meaning, text)), None)
    # "Who found more defects?" ranks people.
    ranks = named == "found" and any(words.has(one, text) for one in ("more", "fewer", "highest", "lowest"))
    return "operators" if ranks else named


def log_question(text: str, language: str, now: datetime) -> LogQuestion:
    """Return what a text asks of the log. text: in lower case. now: see `period_of`."""
    return _heard(text, language, now, implied=True)[0]


def _plain(text: str) -> str:
    """Return a text in lower case, with the "%" at its end that is no mark of a sentence."""
    return normalised(text) + ("%" if re.search(r"%\W*$", text) else "")


def _heard(
    text: str, language: str, now: datetime, *, implied: bool, typed: str = ""
) -> tuple[LogQuestion, bool]:
    """Return what a text asks of the log, and whether for yes or no. implied: see `compared_periods`."""
    words, veil = words_of(language), veiled(text, words_of(language))
    pair = compared_periods(veil, language, now, implied=implied)
    period, rest = period_of(veil, language, now) if pair is None else (pair.first, pair.rest)
    rest = unveiled(rest)
    if period is None and words.has("handover", text):
        period = of_the_shift(now)
    numbers = numbers_in(rest, words)
    rest = numbers.rest
    file = IMAGE_FILE.search(rest)
    # "Have we seen one like this before?" is of the defect in hand, and of more than this conversation.
    alike = words.has("alike", rest)
    figure = named_figure(without_than(rest, words), language) or ("often" if alike else "count")
    figure, number, latest = _numbered(numbers, figure, words)
    if latest is None and number is None and figure in _OF_LAST and is_of_the_last(rest, language):
        figure = "last"
    if latest is None and number is None and figure in ("count", "list") and asks_when(rest, language):
        figure = "times"
    kind = numbers.kind if latest is not None else ""
    latest_of, latest_with = decision_of(words, kind, "count") if kind else None, type_in(kind, words)
    if (
        latest_of == "fail"
        and figure in ("count", "list")
        and asks_for_defects(rest, words, counting=figure == "count")
    ):
        figure = "frequent"
    closed = not asks_openly(without_than(text, words) if pair is None else rest, language)
    asked = LogQuestion(
        **_record(period).model_dump(),
        figure=figure,
        decision=decision_of(words, rest, figure) or ("fail" if alike and figure == "count" else None),
        than=None if pair is None else _record(pair.second),
        **called_names(words, rest, typed),
        number=number,
        latest=latest,
        latest_of=latest_of,
        latest_with=latest_with,
        image_name=None if file is None else file[0],
        this=alike or words.has("this", rest),
        # "Since when do we have these cracks?" is of more than this conversation.
        conversation=not alike and figure not in ("first", "trend", "drift") and words.has("session", rest),
        each=figure in {*GROUPS, "hours"} and each_of(rest, language) is not None,
        every=words.has("every", rest),
        person=words.has("person", rest),
        bound=bound_of(veiled(rest, words), language)
        if figure in GROUPS or (closed and figure in _BOUNDED)
        else None,
        alpha=alpha_of(rest, language),
        chance=chance_in(rest, language) if words.has("compare", rest) else None,
        common=common_in(text, language),
        text=text,
    )
    # "Posso enviar o lote A17?"
    ships = asked.lot is not None and _whole(asked, words) != asked and words.has("keep", rest)
    if asked.lot is not None:
        asked = _whole(asked, words)
    return asked, closed and (ships or _is_closed(asked, words))


def _numbered(numbers: Numbers, figure: LogFigure, words: Words) -> tuple[LogFigure, int | None, int | None]:
    """Return the figure of a question, how many it lists, and of how many of the latest it is."""
    number, latest = numbers.number, numbers.latest
    if numbers.worst and figure in ("count", "list"):
        figure = "worst"
    if number is not None and figure == "count" and not words.has("how_many", numbers.rest):
        figure = "list"
    # "When were the last 4 rejects?"
    if latest is not None and number is None and numbers.kind and words.has("when_at", numbers.rest):
        return "last", latest, None
    # "Show me the last 10", but "which of the last 10 failed?"
    if latest is not None and number is None and (numbers.alone or numbers.shown):
        number, latest = latest, None
        told = numbers.alone or decision_of(words, numbers.rest, "list") is None
        figure = "last" if figure in ("count", "list") and told else figure
    return figure, number, latest


def _is_closed(asked: LogQuestion, words: Words) -> bool:
    """Return whether a question without a question word asks for yes or no, unlike "rejects today?"."""
    held = (
        asked.bound is not None or asked.than is not None or asked.figure in ("drift", "corrected", "often")
    )
    named = asked.lot is not None or len(asked.stations) > 1
    held |= named and words.has("than", asked.text) and direction_of(words, asked.text) is not None
    meanings = ("asks_if", "some", "every", "nobody")
    return held or is_none(words, asked.text) or any(words.has(one, asked.text) for one in meanings)


def _whole(asked: LogQuestion, words: Words) -> LogQuestion:
    """Return a question of a lot, a station or an image as one for all of it: "can lot A17 be released?"."""
    good = asked.decision is None and (words.has("keep", asked.text) or words.has("good", asked.text))
    counts = asked.figure != "count" or any(words.has(one, asked.text) for one in ("how_many", "some", "bad"))
    if counts or not (good or asked.decision == "pass"):
        return asked
    return asked.model_copy(update={"decision": "pass", "every": True})


def in_the_shift(now: datetime) -> dict[str, Any]:
    """Return the fields of the period of a shift that ends now."""
    return _record(of_the_shift(now)).model_dump()


def _record(period: Period | None) -> PeriodRecord:
    if period is None:
        return PeriodRecord()
    since, until = (None if at is None else timestamp(at) for at in (period.since, period.until))
    return PeriodRecord(since=since, until=until, period=period.name)
