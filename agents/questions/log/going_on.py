"""Questions of the log that go on with the one before: "how many failed?", "which?", "who found them?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.common_words import nameable, without_common
from agents.questions.lexicon.numerals import whole_pattern
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, bounded, words_of
from agents.questions.log.decisions import DECISIONS, GROUPS, is_a_share
from agents.questions.slots.products import product_meant
from agents.state import Turn, Understanding
from anomaly_core.names import plain_name
from knowledge.catalogue.product_match import mentioned
from tools.log_question import LogFigure, LogQuestion

_COUNTED: Final = frozenset[LogFigure]({"count", "often", "yield", "list"})
"""Figures of parts that "which?" asks to name."""
_OF_ANOTHER: Final = ("which_lot", "which_station", "which_operator", "most_frequent")
"""Meanings of words by which "which of them?" asks for no parts."""
_PERIOD: Final = ("since", "until", "period", "latest", "latest_of", "latest_with")
_BESIDE: Final = (
    "which", "follow", "and", "it", "this", "them", "piece", "inspected", "failed", "passed", "reviewed",
    "ask", "is_it", "no", "exactly",
)  # fmt: skip
"""Meanings of words that "and which ones are these?" may have."""
_WERE: Final = re.compile(
    r"(?<![^\W_])(?:were|waren|wurden|erano|furono|fueron|eran|(?:c['’])?étaient|furent|foram|eram)(?!\w)"
    r"|でした|였(?=[나어지던습])"
)
"""What "which were these?" has beside its question word."""
_OWN: Final = (
    "worst", "best", "worse", "better", "yield", "piece", "lot", "last_inspected", "overall", "every",
)  # fmt: skip
"""Meanings of words by which a question says by itself which parts it is of, or ranks them anew."""
_RANKS: Final = ("worst", "best", "worse", "better", "highest", "lowest", "one")
"""Meanings of words by which a question ranks what was told, and of the "one" of "which one?"."""
_CODE: Final = re.compile(r"[a-z]-?\d|\d-?[a-z]")
_ORDINALS: Final = ("second", "third", "fourth", "fifth")
_NOUNS: Final[tuple[tuple[str, LogFigure], ...]] = (
    ("operator", "operators"),
    ("station", "stations"),
    ("lot", "lots"),
)
"""Nouns of groups, and their figures."""
_MOST_WORDS: Final = 6
_MOST_CHARACTERS: Final = 14
"""The same where words do not stand apart."""


def log_before(last: Turn | None) -> LogQuestion | None:
    """Return what the question before asked of the log; None where it came with an image, or did not."""
    return None if last is None or last.image or last.slots is None else last.slots.log


def names_the_counted(
    text: str, last: Turn | None, language: str, products: Sequence[str] = ()
) -> Understanding | None:
    """Return "and which?", after a number of parts, as a question for the names of these; or None.

    products: of the log; "which of them are gears?" is of those of one.
    """
    log, words, plain = log_before(last), words_of(language), normalised(text)
    if log is None or last is None or last.slots is None or log.figure not in _COUNTED:
        return None
    grouped = any(words.has(one, plain) for one in _OF_ANOTHER)
    if not words.has("which", plain) or words.has("how_many", plain) or grouped:
        return None
    rest = _WERE.sub(" ", words.without(plain, *_BESIDE, "one"))
    meant = _product_in(rest, products, language) if words.has("them", plain) else None
    longest = 2 if language in SPACELESS else 3
    if meant is None and (_more(rest, longest) or _CODE.search(rest)):
        # "Which parts of K4 were these?" is of one lot.
        return None
    named = next((decision for meaning, decision in DECISIONS if words.has(meaning, plain)), log.decision)
    asked = {"figure": "list", "decision": named, "bound": None, "every": False, "each": False}
    if meant is not None:
        asked |= {"text": plain_name(meant).lower(), "within": f"{log.text} {log.within}".strip()}
    of_it = {"kind": "history", "text": text, "closed": False, "log": log.model_copy(update=asked)}
    return last.slots.model_copy(update=of_it)


def _product_in(rest: str, products: Sequence[str], language: str) -> str | None:
    """Return the product that all words of a text, beside particles, mean; or None."""
    named = mentioned(rest, products)
    if len(named) != 1:
        meant = product_meant(rest, products, language)
        named = [] if meant is None else [meant]
    told = without_common(rest, language)
    said = [word for word in re.findall(r"[^\W\d_]+", told) if len(word) > 3]
    return named[0] if named and len(said) <= max(len(plain_name(named[0]).split()), 1) else None


def ranks_each(plain: str, last: Turn | None, language: str) -> bool:
    """Return whether a text, in lower case, ranks the groups told before: "which drags it down most?"."""
    log, words = log_before(last), words_of(language)
    if log is None or not log.each or log.figure not in GROUPS or words.has("piece", plain):
        return False
    if not words.has("which", plain) or not any(words.has(one, plain) for one in _RANKS[:-1]):
        return False
    rest = words.without(plain, *_RANKS, *_BESIDE)
    # "Which of the three?"
    unnumbered = compiled(bounded(whole_pattern(language), language)).sub(" ", rest)
    return not _more(unnumbered, 2 if language in SPACELESS else 3)


def goes_on_with_a_group(text: str, last: Turn | None, language: str) -> Understanding | None:
    """Return "and the second?", or "and its inspector?", after a ranking as a question for it; or None."""
    log, words, plain = log_before(last), words_of(language), normalised(text)
    if log is None or last is None or last.slots is None or log.figure not in GROUPS:
        return None
    rest = words.without(plain, *_BESIDE)
    longest = 2 if language in SPACELESS else 3
    if ranks_each(plain, last, language):
        again = log.model_copy(update={"each": False, "rank": None, "bound": None})
        of_it = {"kind": "history", "text": text, "closed": False, "log": again}
        return last.slots.model_copy(update=of_it)
    for number, meaning in enumerate(_ORDINALS, 2):
        if words.has(meaning, plain) and not _more(words.without(rest, meaning, "one"), longest):
            ranked = log.model_copy(update={"rank": number})
            return last.slots.model_copy(update={"kind": "history", "closed": False, "log": ranked})
    for meaning, figure in _NOUNS:
        if (
            figure != log.figure
            and words.has(meaning, plain)
            and not _more(words.without(rest, meaning), longest)
        ):
            first = re.split(r"\.\s|\u3002", last.answer)[0].lower()
            within = f"{first} {log.text} {log.within}".strip()
            asked = {
                "figure": figure,
                "within": within,
                "text": plain,
                "rank": None,
                "bound": None,
                "lot": None,
            }
            of_it = {"kind": "history", "text": text, "closed": False, "log": log.model_copy(update=asked)}
            return last.slots.model_copy(update=of_it)
    return None


def _more(rest: str, longest: int) -> bool:
    return any(len(word) > longest for word in re.findall(r"[^\W_]+", rest))


def in_its_scope(
    one: Understanding, last: Turn | None, language: str, products: Sequence[str] = (), *, put: bool
) -> Understanding:
    """Return a question of the log in the scope of the one before, where it goes on with that.

    products: of the log. put: whether it was put in full from that one.
    """
    log, before = one.log, log_before(last)
    if log is None or before is None or last is None:
        return one
    if put:
        scope = _period(log, before)
        if log.decision is None and log.figure == before.figure:
            scope["decision"] = before.decision
        return one.model_copy(update={"log": log.model_copy(update=scope)})
    if log.figure == "list" and log.decision is None and before.decision and _WERE.search(log.text):
        # "Which parts of K4 were these?", after "how many failed?", is of those that failed.
        log = log.model_copy(update={"decision": before.decision})
        one = one.model_copy(update={"log": log})
    as_share = _is_their_share(log, before, language)
    names = _names_of_those(log, before, language, products)
    if log.conversation or not (as_share or names or _goes_on(log, language)):
        return _of_its_product(one, log, before, language, products)
    scope = {**_period(log, before), "within": f"{before.text} {before.within}".strip()}
    scope["common"] = [*log.common, *before.common]
    scope["stations_within"] = [
        *([before.station] if before.station else before.stations),
        *before.stations_within,
    ]
    if log.decision is None and log.figure in GROUPS | {"list", "count", "last", "worst", "times", "first"}:
        scope["decision"] = before.decision
    if as_share:
        scope["decision"] = before.decision
    kept = None if last.slots is None or log.figure == "frequent" else last.slots.type
    if one.type is None and kept is not None:
        scope["type"] = log.type or kept
        one = one.model_copy(update={"type": kept})
    return one.model_copy(update={"log": log.model_copy(update=scope)})


def _of_its_product(
    one: Understanding, log: LogQuestion, before: LogQuestion, language: str, products: Sequence[str]
) -> Understanding:
    """Return a short question that names no parts of its own as one of the product of the one before."""
    words, text = words_of(language), log.text
    short = len(text) <= _MOST_CHARACTERS if language in SPACELESS else len(text.split()) <= _MOST_WORDS
    # A German noun may seem to be a person's name.
    people = nameable(log.people, text, language)
    named = log.since or log.until or log.lot or log.image_name or people or log.conversation
    if (
        not short
        or named
        or log.figure == "products"
        or words.has("overall", text)
        or words.has("every", text)
    ):
        return one
    told = f"{before.text} {before.within}".strip()
    of_it = mentioned(told, products, before.common)
    meant = of_it[0] if len(of_it) == 1 else None if of_it else product_meant(told, products, language)
    if meant is None:
        return one
    scope = {**_period(log, before), "within": plain_name(meant).lower()}
    return one.model_copy(update={"log": log.model_copy(update=scope)})


def _goes_on(log: LogQuestion, language: str) -> bool:
    """Return whether a question refers to parts before it, or is too short to say which it is of."""
    words, text = words_of(language), log.text
    starts = compiled(rf"(?:{words.source('follow')}|{words.source('and')})[\s,、，]*").match(text)
    if starts is not None or words.has("them", text):
        return not words.has("overall", text)
    if log.than is not None:
        # "Is that worse than yesterday?"
        return words.has("it", text) or words.has("this", text)
    own = any(words.has(one, text) for one in _OWN)
    own |= log.decision is not None and not words.has("finds", text)
    short = len(text) <= _MOST_CHARACTERS if language in SPACELESS else len(text.split()) <= _MOST_WORDS
    named = log.since or log.until or log.lot or log.station or log.people or log.image_name or log.type
    return short and not own and not named and log.figure in GROUPS | {"hours", "first", "times", "found"}


def _names_of_those(log: LogQuestion, before: LogQuestion, language: str, products: Sequence[str]) -> bool:
    """Return whether "the names of the rejects" are of the parts that were counted before it."""
    words, text = words_of(language), log.text
    named = log.since or log.until or log.lot or log.station or log.people or log.image_name or log.type
    of_all = words.has("overall", text) or words.has("every", text) or bool(mentioned(text, products))
    counted = before.figure in _COUNTED and log.figure == "list" and log.number is None
    return counted and log.decision is not None and not named and not of_all


def _is_their_share(log: LogQuestion, before: LogQuestion, language: str) -> bool:
    """Return whether a question wants what was counted before it in percent: "how many failed?", "in %?".

    "And the yield?" is of those that passed, whatever was counted.
    """
    words, text = words_of(language), log.text
    counted = before.figure in _COUNTED and before.decision is not None
    alone = not _more(words.without(text, "percent", "rate", *_BESIDE), 2 if language in SPACELESS else 3)
    return log.figure == "yield" and counted and alone and is_a_share(text, language)


def _period(log: LogQuestion, before: LogQuestion) -> dict[str, object]:
    if log.since or log.until or log.latest or log.than is not None:
        return {}
    return {name: getattr(before, name) for name in _PERIOD}
