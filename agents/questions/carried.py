"""A question that only goes on with the one before, put in full: "and 3.5?", "and the best?", "shorter"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agents.questions.form.clauses import WISH_WORDS
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.learned.languages import WISHES, wished_language
from agents.questions.lexicon.numbered import log_words, with_latest
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import NUMBER, UNIT
from agents.questions.lexicon.words import NEVER, SPACELESS, bounded, words_of
from agents.questions.log.answered import of_the_groups_before
from agents.questions.log.code_names import code_name, codes_at, station_noun
from agents.questions.log.going_on import log_before, ranks_each
from agents.questions.log.periods import period_of
from agents.questions.log.referents import chance_in, of_what_was_named, which_of_the_named
from agents.questions.slots.by_words import type_of, zone_of
from agents.questions.slots.limits import is_size
from agents.questions.slots.products import product_meant
from agents.state import Turn, Understanding
from anomaly_core.names import plain_name
from tools.records import Kind

MOST_WORDS: Final = 7
"""Words of a question that may only go on with the one before; two to three times as many characters."""
_MEASURE: Final = re.compile(rf"(?<![a-z\d.,-]){NUMBER}(?:\s*({UNIT}))?(?![\d-])", re.IGNORECASE)
_LENGTH: Final = re.compile(rf"(?<![a-z\d.,-])({NUMBER})\s*({UNIT})", re.IGNORECASE)
_CODE: Final = re.compile(r"(?<![\w.-])(?=[\w-]*[a-z])(?=[\w-]*\d)[a-z][a-z0-9_-]*(?![\w.])")
"""What may be a lot's or a station's name: "l-501", "st2"."""
_BETWEEN: Final = frozenset[Kind]({"greeting", "help", "other"})
_ENDS: Final = ("lowest", "worst", "best", "highest")


@dataclass(frozen=True)
class Repeated:
    """The wish to hear the last answer again. language: in which, where another one is wished."""

    short: bool
    language: str | None


def type_before(turns: Sequence[Turn]) -> Turn | None:
    """Return the turn whose type of defect a question without one goes on with; None where none is at hand.

    turns: of its thread, oldest first. Thanks and questions about the tool lie between without harm.
    """
    for turn in reversed(turns):
        if turn.slots is not None and turn.slots.type is not None:
            return turn
        if turn.kind not in _BETWEEN:
            return None
    return None


def repeated(text: str, language: str) -> Repeated | None:
    """Return whether a question wants nothing but the last answer again: shorter, or in another language.

    text: with spellings of messages in full.
    """
    rest, words = normalised(text), words_of(language)
    wished = wished_language(text)
    again = [name for name in ("shorter", "repeat") if words.has(name, rest)]
    if wished is None and not again:
        return None
    for pattern in (*WISHES.values(), *(words.by_meaning[name] for name in ("shorter", "repeat", *_FILLERS))):
        rest = pattern.sub(" ", rest)
    rest = WISH_WORDS.sub(" ", rest)
    if any(len(word) > 3 or language in SPACELESS for word in re.findall(r"\w+", rest)):
        return None
    return Repeated("shorter" in again, wished)


_FILLERS: Final = ("here", "this", "it", "follow", "and", "thanks")


def put_in_full(
    text: str,
    turns: Sequence[Turn],
    language: str,
    now: datetime,
    known: Sequence[str] = (),
    logged: Sequence[Sequence[str]] = (),
) -> str:
    """Return a question that only goes on with the one before as that one would be asked in full.

    text: with spellings and amounts of messages in full. turns: of its thread, oldest first. known: names of
    defects in the notes. logged: names of the log, a group each of stations, operators and products.
    """
    last = turns[-1] if turns else None
    if last is None or last.meant == "":
        return text
    plain, before, words = normalised(text), normalised(last.meant), words_of(language)
    same = _beside_the_same(plain, language)
    if same is not None and compiled(rf"(?:wie|que|che|di|as|como|{words.source('than')})(?!\w)").match(same):
        return text  # "Same thing as before?" compares
    if same is not None and log_before(last) is not None:
        full = _in_full(same, last, language, now, known, logged)
        if full is not None and full.startswith(before):
            # "Same for the gears", after a question of one station, is of all stations.
            full = _with_name(same, _unnamed(last, language, logged), language, logged) or full
        if full is not None:
            return full
        same = None if re.search(r"\d", same) else same
    if same is not None and _asks_the_same(plain, language):
        return last.meant
    if last.slots is not None and last.slots.measured == "feature" and words.has("by_how_much", plain):
        # "Is this hole smaller than the others?", "by how much?"
        return f"{last.meant.rstrip(' ?？')} {text}"
    if chance_in(plain, language) is not None or ranks_each(plain, last, language):
        return text
    if (of_several := which_of_the_named(text, turns, language, logged)) is not None:
        return of_several
    if (referring := of_what_was_named(plain, last, language, logged)) is not None:
        return referring
    short = len(plain) <= 3 * MOST_WORDS if language in SPACELESS else len(plain.split()) <= MOST_WORDS
    starts = compiled(rf"(?:{words.source('follow')}|{words.source('and')})[\s,、，]*").match(plain)
    if short and (named := of_the_groups_before(plain, last, words, logged)) is not None:
        return named
    if short and starts is None and log_before(last) is not None:
        # "OK, then today.", "of these the gears?"
        alone = words.without(plain, "filler", "given", "here", "thanks")
        if (told := _with_period(" ".join(alone.split()), before, language, now)) is not None:
            return told
        lists = words.has("which", plain)
        starts = None if lists else compiled(rf"(?:\w+ )?(?:{words.source('them')})[\s,、，]*").match(plain)
    if not short or starts is None:
        return text
    rest = plain[starts.end() :].strip()
    return _in_full(rest, last, language, now, known, logged) or text


def _in_full(
    rest: str,
    last: Turn,
    language: str,
    now: datetime,
    known: Sequence[str],
    logged: Sequence[Sequence[str]],
) -> str | None:
    """Return the question before with what goes on with it, such as "yesterday", in its place; or None."""
    before, words = normalised(last.meant), words_of(language)
    goes_on = last.image == 0 and last.slots is not None and last.slots.type is not None
    ways: tuple[Callable[[], str | None], ...] = (
        lambda: _with_measure(rest, before, language),
        lambda: _with_period(rest, before, language, now),
        lambda: with_latest(before, rest, words),
        lambda: _at_the_other_end(rest, before, language),
        lambda: _of_all(rest, last, language, logged),
        lambda: _with_name(rest, before, language, logged),
        lambda: _with_type(rest, before, language, known, goes_on=goes_on),
        lambda: _counting_the_same(rest, before, language),
    )
    return next((full for way in ways if (full := way())), None)


def _beside_the_same(plain: str, language: str) -> str | None:
    """Return what stands beside "the same" in a text, in lower case: "for lot 56"; None without it."""
    words = words_of(language)
    rest = words.without(plain, "same_question")
    if rest == plain:
        return None
    rest = compiled(bounded(log_words(language)["polite"], language)).sub(" ", rest)
    return " ".join(words.without(rest, "thanks", "filler").split())


def _asks_the_same(plain: str, language: str) -> bool:
    """ "The same question for this one"."""
    words = words_of(language)
    rest = words.without(plain, "same_question")
    beside = ("this", "here", "image", "piece", "and", "thanks", "given", "last", "for_this")
    return rest != plain and not _says_more(rest, language, beside)


def _with_measure(rest: str, before: str, language: str) -> str | None:
    """ "Is a scratch of 2.5 mm ok?", "and 3.5?"."""
    given, held = _MEASURE.search(rest), _LENGTH.search(before)
    if given is None or held is None or _says_more(_MEASURE.sub(" ", rest), language):
        return None
    unit = given[2] or held[3]
    return f"{before[: held.start()]}{given[1]} {unit}{before[held.end() :]}?"


def _with_period(rest: str, before: str, language: str, now: datetime) -> str | None:
    """ "How many failed today?", "and yesterday?"."""
    period, other = period_of(rest, language, now)
    if period is None or _says_more(other, language):
        return None
    held, kept = period_of(before, language, now)
    return f"{kept if held is not None else before} {rest}?"


def _at_the_other_end(rest: str, before: str, language: str) -> str | None:
    """ "Which lot had most rejects?", "and the best?"."""
    words = words_of(language)
    wanted = next((end for end in _ENDS if words.has(end, rest)), None)
    held = next((end for end in _ENDS if words.has(end, before)), None)
    if wanted is None or held is None or _says_more(rest, language, _ENDS):
        return None
    said = words.by_meaning[wanted].search(rest)
    return None if said is None else f"{words.by_meaning[held].sub(said[0], before, count=1)}?"


def _with_name(rest: str, before: str, language: str, logged: Sequence[Sequence[str]]) -> str | None:
    """ "How many did Anna inspect?", "and Ben?"; "and in lot L-501?" where none was named."""
    for group in logged:
        names = [plain_name(name).lower() for name in group]
        given = next((name for name in names if _stands(name, rest)), None)
        held = next((name for name in names if _stands(name, before)), None)
        if given is not None and not _says_more(rest.replace(given, " "), language, _OF_GROUPS):
            return f"{before.replace(held, given) if held else f'{before} {rest}'}?"
    if (of_another := _with_product(rest, before, language, logged)) is not None:
        return of_another
    if (at_station := _at_station(rest, before, language)) is not None:
        return at_station
    if (of_lot := _in_lot(rest, before, language)) is not None:
        return of_lot
    given_code, held_code = _CODE.search(rest), _CODE.search(before)
    if given_code is None or _says_more(_CODE.sub(" ", rest), language, _OF_GROUPS):
        return None
    if held_code is not None and _letters(held_code[0]) == _letters(given_code[0]):
        return f"{before[: held_code.start()]}{given_code[0]}{before[held_code.end() :]}?"
    if held_code is not None and not _says_more(rest, language):
        return f"{before[: held_code.start()]}{given_code[0]}{before[held_code.end() :]}?"
    return f"{before} {rest}?"


def _of_all(rest: str, last: Turn, language: str, logged: Sequence[Sequence[str]]) -> str | None:
    """ "What is the yield on line 2?", "and overall?"."""
    words = words_of(language)
    if log_before(last) is None or not words.has("overall", rest) or _says_more(rest, language, ("overall",)):
        return None
    return f"{_unnamed(last, language, logged)} {rest}?"


def _unnamed(last: Turn, language: str, logged: Sequence[Sequence[str]]) -> str:
    """Return the question before without what it names of the log: products, stations, lots and people."""
    words, before = words_of(language), normalised(last.meant)
    lot, station = code_name(words, "lot", before), code_name(words, "station", before)
    for name in (*(plain_name(name).lower() for group in logged for name in group), lot, station):
        if name is not None:
            before = compiled(rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])").sub(" ", before)
    before = words.without(before, "lot") if lot is not None else before
    before = station_noun(words).sub(" ", before) if station is not None else before
    return " ".join(_without_words_of(None, before, logged[-1] if logged else (), language).split())


def _in_lot(rest: str, before: str, language: str) -> str | None:
    """ "How many failed in lot 55?", "and in lot 56?"."""
    words = words_of(language)
    given, held = code_name(words, "lot", rest), code_name(words, "lot", before)
    if given is None or _says_more(rest.replace(given, " "), language, _OF_GROUPS):
        return None
    if held is None:
        return f"{before.rstrip(' ?？')} {rest}?"
    return f"{compiled(rf'(?<![a-z0-9_]){re.escape(held)}(?![a-z0-9_])').sub(given, before)}?"


def _at_station(rest: str, before: str, language: str) -> str | None:
    """ "How many failed at table 1?", "and at table 2?"; "and at line 2?" where none was named."""
    words = words_of(language)
    given = [one for one in codes_at(words, rest) if one[0] == "station"]
    if len(given) != 1:
        return None
    _, start, end, code = given[0]
    named = station_noun(words).sub(" ", rest[:start] + rest[end:])
    if _says_more(named, language, _OF_GROUPS):
        return None
    held = [one for one in codes_at(words, before) if one[0] == "station"]
    if len(held) == 1:
        return f"{before[: held[0][1]]}{code}{before[held[0][2] :]}?"
    return None if held else f"{before.rstrip(' ?？')} {rest}?"


def _with_product(rest: str, before: str, language: str, logged: Sequence[Sequence[str]]) -> str | None:
    """ "How many plugs failed?", "and of the bottles?", each in the words of its language."""
    products = logged[-1] if logged else []
    given = product_meant(rest, products, language)
    if given is None or _says_more(_without_words_of(given, rest, products, language), language, _OF_GROUPS):
        return None
    return f"{_without_words_of(None, before, products, language)} {plain_name(given).lower()}?"


def _without_words_of(product: str | None, text: str, products: Sequence[str], language: str) -> str:
    """Return a text without the words that mean a product; any of them for None."""
    for word in re.findall(r"[^\W\d_]+", text):
        meant = product_meant(word, products, language)
        if meant is not None and product in (None, meant):
            text = text.replace(word, " ")
    return text


_OF_GROUPS: Final = ("lot", "inspector")


def _letters(code: str) -> str:
    return re.sub(r"[\d_-]", "", code)


def _with_type(rest: str, before: str, language: str, known: Sequence[str], *, goes_on: bool) -> str | None:
    """ "How many scratches are allowed?", "and dents?". goes_on: the question before was of a type too, of
    the one before it: "and the limit?", "and of a dent?"."""
    given, held = type_of(rest, language, known), type_of(before, language, known)
    if given is None or given == held or (held is None and not goes_on):
        return None
    number, measure = _MEASURE.search(rest), _LENGTH.search(before)
    if number is not None:
        # A size of its own is of no other: "mine is 6 mm", "and a burr of 0.2?"; "and 3 dents?" counts.
        if number[2] or measure is None or not is_size(number, rest):
            return None
        return f"{rest[: number.end()]} {measure[3]}{rest[number.end() :]}"
    words = words_of(language)
    said = words.types.get(given, NEVER).search(rest) or compiled(re.escape(given)).search(rest)
    if said is None or _says_more(rest[: said.start()] + rest[said.end() :], language):
        return None
    if held is None:
        return f"{before} {rest}?"
    named = words.types.get(held, NEVER).search(before) or compiled(re.escape(held)).search(before)
    if named is None:
        return None
    return f"{before[: named.start()]}{said[0]}{before[named.end() :]}?"


def _counting_the_same(rest: str, before: str, language: str) -> str | None:
    """ "How many labels should it have?", "and how many does it have?"."""
    words = words_of(language)
    asked, counted = words.find("how_many", rest), words.find("how_many", before)
    noun = zone_of(before, language)
    if asked is None or counted is None or noun is None or zone_of(rest, language) is not None:
        return None
    if words.has("region", rest) or words.has("image", rest) or words.names_type(rest):
        return None
    return f"{rest[: asked.end()]} {noun}{rest[asked.end() :]}?"


def _says_more(rest: str, language: str, beside: Sequence[str] = ()) -> bool:
    """Return whether a text has words of its own beside articles, particles and the meanings given."""
    rest = words_of(language).without(rest, *beside, "limit", "follow", "it", "one")
    longest = 2 if language in SPACELESS else 3
    return any(len(word) > longest for word in re.findall(r"[^\W\d]+", rest))


def _stands(name: str, text: str) -> bool:
    return compiled(rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])").search(text) is not None


def with_limit_before(one: Understanding, last: Turn | None, language: str) -> Understanding:
    """Return "so within the limit or not?" with the limit and the type of the question before."""
    if last is None or last.slots is None or one.limit is not None or one.region is not None:
        return one
    asks = one.kind == "size" and words_of(language).has("limit", normalised(one.text))
    if not asks or asks_openly(normalised(one.text), language):
        return one
    return one.model_copy(update={"limit": last.slots.limit, "type": one.type or last.slots.type})


def only_asks_why(text: str, language: str) -> bool:
    """Return whether a question says no more than "why?", or "the reason?"."""
    plain, words = normalised(text), words_of(language)
    rest = words.without(plain, "why", "reasons")
    return rest != plain and not _says_more(rest, language, ("ask", "this"))
