"""What a question of the log refers to: "that lot", "there", "he", and which of those named before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from agents.questions.form.clauses import Clause
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon import groups
from agents.questions.lexicon.words import SPACELESS, bounded, tables, words_of
from agents.questions.log.answered import named_first
from agents.questions.log.compared import direction_of
from agents.questions.log.decisions import GROUPS
from agents.questions.log.going_on import goes_on_with_a_group, names_the_counted
from agents.state import Turn, Understanding
from anomaly_core.names import plain_name
from tools.log_question import Chance, LogFigure, LogQuestion
from tools.records import Kind

FILE: Final = Path(__file__).with_name("referents.toml")
_Group = Literal["lot", "station", "operator", "product"]
_FIGURES: Final[Mapping[_Group, LogFigure]] = {
    "lot": "lots", "station": "stations", "operator": "operators", "product": "products",
}  # fmt: skip
_LOGGED: Final[tuple[_Group, ...]] = ("station", "operator", "product")
"""Groups whose names `put_in_full` is given, in its order."""
_BETWEEN: Final = frozenset[Kind]({"greeting", "help", "other"})
_CODED: Final = re.compile(r"[^\W_](?:[\w.-]*\w)?")
_RANKS: Final = ("highest", "lowest", "worst", "best", "worse", "better")
_ASK_ANEW: Final[Mapping[_Group, str]] = {
    "lot": "which_lot", "station": "which_station", "operator": "which_operator",
}  # fmt: skip
"""Meanings of words that ask for one of all of a group: "which lot?"."""
_SHORT: Final = 12
"""Words of a question whether a difference is by chance; four times as many characters."""


def of_what_was_named(plain: str, last: Turn, language: str, logged: Sequence[Sequence[str]]) -> str | None:
    """Return a question of "that lot", "there" or "him" with the name that is meant; None where none is.

    plain: in lower case. logged: see `carried.put_in_full`.
    """
    log = None if last.slots is None else last.slots.log
    if log is None or (last.image and log.figure not in GROUPS):
        return None
    patterns = _patterns(language)
    for group in _FIGURES:
        found = patterns[group].search(plain)
        named = [] if found is None else _named_first(group, last, log, logged)
        if found is not None and named:
            noun = f"{found['noun']} " if group == "lot" else ""
            # "Peças desse lote" is of the lot: "quais peças lote" would ask for lots.
            noun = f"{of}o {noun}" if (of := found.groupdict().get("of")) else noun
            # A particle stands at its name: "로트 A2의".
            between = "" if language in SPACELESS else " "
            return f"{plain[: found.start()]}{noun}{' '.join(named)}{between}{plain[found.end() :].lstrip()}?"
    lots = _named_first("lot", last, log, logged)
    ranks = any(words_of(language).has(one, plain) for one in (*_RANKS, "more", "fewer", "which_lot"))
    if len(lots) == 1 and not ranks and (found := patterns["the"].search(plain)) is not None:
        return f"{plain[: found.end()]} {lots[0]}{plain[found.end() :]}?"
    references: tuple[tuple[str, tuple[_Group, ...]], ...] = (
        ("there", ("station", "lot")),
        ("person", ("operator",)),
    )
    for name, kinds in references:
        if (found := patterns[name].search(plain)) is None:
            continue
        named = next((names for group in kinds if (names := _named_first(group, last, log, logged))), [])
        if len(named) == 1:
            # "Hat er geprüft?" keeps its verb.
            verb = " ".join(word for word in found[0].split() if word in _VERBS)
            return f"{plain[: found.start()]}{verb} {named[0]} {plain[found.end() :].lstrip()}?".lstrip()
    return None


_VERBS: Final = frozenset({"hat", "hatte", "prüfte", "fand", "verwarf"})


def which_of_the_named(
    text: str, turns: Sequence[Turn], language: str, logged: Sequence[Sequence[str]]
) -> str | None:
    """Return "who has more rejects?", after questions of several, with their names; None where none were."""
    plain, words = normalised(text), words_of(language)
    ranks = direction_of(words, plain) is not None or any(words.has(one, plain) for one in _RANKS)
    # "Which defect appeared more?" ranks no people.
    of_types = words.has("most_frequent", plain) and words.has("of_defects", plain)
    if not ranks or of_types or _names_some(plain, logged):
        return None
    who = _patterns(language)["who"].search(plain) is not None
    if not (who or _patterns(language)["which"].search(plain)):
        return None
    group, names = _named_before(turns, logged, "operator" if who else None)
    anew = any(
        words.has(meaning, plain) for one, meaning in _ASK_ANEW.items() if one not in (group, "operator")
    )
    return None if anew or len(names) < 2 else f"{plain} {' '.join(names)}?"


def of_the_figures_before(
    text: str, turns: Sequence[Turn], language: str, logged: Sequence[Sequence[str]]
) -> Understanding | None:
    """Return a question that goes on with figures: "and which?", "is that by chance?"; or None."""
    last = turns[-1] if turns else None
    of_it = by_chance(text, turns, language, logged) or names_the_counted(
        text, last, language, logged[-1] if logged else ()
    )
    return of_it or goes_on_with_a_group(text, last, language)


def by_chance(
    text: str, turns: Sequence[Turn], language: str, logged: Sequence[Sequence[str]]
) -> Understanding | None:
    """Return "is the difference significant?" as a question of what was compared before it; or None."""
    plain, last = normalised(text), turns[-1] if turns else None
    sense = chance_in(plain, language)
    log = None if last is None or last.image or last.slots is None else last.slots.log
    if sense is None or log is None or last is None or last.slots is None or _names_some(plain, logged):
        return None
    length = len(plain) / 4 if language in SPACELESS else len(plain.split())
    if length > _SHORT or _patterns(language)["difference"].search(plain) is None:
        return None
    asked: dict[str, object] = {"chance": sense, "bound": None, "rank": None, "every": False}
    held = _named_in(last, logged)
    if log.figure not in GROUPS | {"trend"} and log.than is None and max(map(len, held.values())) < 2:
        group, names = _named_before(turns, logged, None)
        if group is None or len(names) < 2:
            return None
        asked |= {"figure": _FIGURES[group], "text": " ".join(names), "lot": None, "decision": None}
    # "Is it no coincidence?" would be answered by a yes or no that may mean either.
    closed = not asks_openly(plain, language) and not words_of(language).has("no", plain)
    of_it = {"kind": "history", "text": text, "closed": closed, "log": log.model_copy(update=asked)}
    return last.slots.model_copy(update=of_it)


def of_a_difference(text: str, language: str) -> list[Clause]:
    """Return "is the difference between Ann and Bob significant?" as the one clause that it is; else none."""
    plain = normalised(text)
    asks = chance_in(plain, language) is not None and words_of(language).has("compare", plain)
    return [Clause(text, "comparison", 1.0, "open")] if asks else []


def chance_in(text: str, language: str) -> Chance | None:
    """Return whether a text, in lower case, asks if a difference is significant, or by chance; else None."""
    patterns = _patterns(language)
    if patterns["significant"].search(text):
        return "significant"
    return "chance" if patterns["chance"].search(text) else None


def _named_first(group: _Group, last: Turn, log: LogQuestion, logged: Sequence[Sequence[str]]) -> list[str]:
    """Return what the answer before named first of a group, else what its question named of it."""
    if log.figure != _FIGURES[group]:
        return _named_in(last, logged)[group]
    first = named_first(last, log)
    if group == "lot":
        return [one for one in _CODED.findall(first) if re.search(r"\d", one)]
    return _standing(first.lower(), _of_group(group, logged))


def _named_before(
    turns: Sequence[Turn], logged: Sequence[Sequence[str]], wanted: _Group | None
) -> tuple[_Group | None, list[str]]:
    """Return the group that the questions up to now named some of, one after the other, and their names."""
    group, names = wanted, list[str]()
    for turn in reversed(turns):
        if turn.kind in _BETWEEN:
            continue
        held = {} if turn.image else _named_in(turn, logged)
        if group is None:
            group = next((one for one in _FIGURES if held.get(one)), None)
        own = [] if group is None else held.get(group, [])
        if not own:
            break
        names = [*(name for name in own if name not in names), *names]
    return group, names


def _named_in(turn: Turn, logged: Sequence[Sequence[str]]) -> dict[_Group, list[str]]:
    """Return the names, by group, that a question of the log has."""
    log = None if turn.slots is None else turn.slots.log
    if log is None:
        return {group: [] for group in _FIGURES}
    asked = f"{turn.meant.lower()} {log.text}"
    found = {group: _standing(asked, _of_group(group, logged)) for group in _LOGGED}
    taken = [name for names in found.values() for name in names]
    coded = [] if log.lot is None else [log.lot]
    shape = re.sub(r"\d", "", log.lot or "")
    alike = [
        one for one in _CODED.findall(asked) if re.search(r"\d", one) and re.sub(r"\d", "", one) == shape
    ]
    lots = list(dict.fromkeys([*coded, *(one for one in alike if coded and one not in taken)]))
    return {"lot": lots, **found}


def _of_group(group: _Group, logged: Sequence[Sequence[str]]) -> Sequence[str]:
    at = _LOGGED.index(group)
    return logged[at] if at < len(logged) else ()


def _standing(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that stand in a text, in lower case, in its order."""
    found = []
    for name in names:
        plain = plain_name(name).lower()
        at = re.search(rf"(?<![a-z0-9_]){re.escape(plain)}(?![a-z0-9_])", text)
        found += [] if at is None else [(at.start(), plain)]
    return [name for _, name in sorted(found)]


def _names_some(plain: str, logged: Sequence[Sequence[str]]) -> bool:
    """Return whether a text, in lower case, has a name of the log, or what may be a lot's."""
    coded = any(re.search(r"[a-z]\d|\d[a-z]|\d-\d", one) for one in _CODED.findall(plain))
    return coded or any(_standing(plain, names) for names in logged)


@cache
def _patterns(language: str) -> Mapping[str, re.Pattern[str]]:
    """Return the compiled patterns of a language; those of groups are of a noun that is referred to."""
    table, nouns = tables(FILE)[language], tables(groups.FILE)[language]
    made = {
        name: re.compile(bounded(table[name], language))
        for name in ("there", "person", "who", "which", "significant", "chance", "difference")
    }
    between = " ?" if language in SPACELESS else r"(?:\s|(?<='))"
    for group in _FIGURES:
        referring = rf"(?:{table['that']}){between}(?P<noun>{nouns[group]}){table['behind']}"
        made[group] = re.compile(bounded(referring, language))
    # "The lot", but "the lot K-32" and "the lot with most rejects".
    named = rf"(?:{table['the']}) (?:{words_of(language).source('lot')})(?! ?(?:[a-z]{{0,3}}-?\d|[\"„“«]))"
    made["the"] = re.compile(bounded(named, language))
    return made
