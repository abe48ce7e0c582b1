"""Numbers of parts that a question names: of the last 20, the 5 worst, "show me three rejects"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.lexicon.latest_of import kind_of_parts, what_of_parts
from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.units import UNIT
from agents.questions.lexicon.words import SPACELESS, Words, bounded, tables, words_of

FILE: Final = Path(__file__).with_name("log_words.toml")
MOST: Final = 100_000
_TOLD: Final = (
    "how_many",
    "some",
    "every",
    "nobody",
    "failed",
    "passed",
    "reviewed",
    "yield",
    "worst",
    "asks_if",
)
"""Meanings of words by which a question of the latest parts asks for more than these."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of parts in a text, and the text without the words of `latest`.

    latest: the question is of the latest so many alone. number: how many are to be listed. worst: these are
    the worst. alone: the text names nothing but the latest. shown: it asks to show these. kind: the words
    that say of which parts the latest are, "" for any: "rejects" of "the last 5 rejects".
    """

    latest: int | None
    number: int | None
    rest: str
    worst: bool = False
    alone: bool = False
    shown: bool = False
    kind: str = ""


def numbers_in(text: str, words: Words) -> Numbers:
    """Return the numbers of parts that a text, in lower case, names."""
    worst = _first(_patterns(words.language)["worst"], text, words)
    listed = worst or _first(_patterns(words.language)["show"], text, words)
    latest = _first(_patterns(words.language)["latest"], text, words)
    if latest is not None and listed is not None and latest[0].start() < listed[0].end() <= latest[0].end():
        listed = None
    if latest is None:
        return Numbers(None, None if listed is None else listed[1], text, worst=worst is not None)
    start, end = latest[0].span()
    rest = f"{text[:start]} {text[end:]}"
    kind = kind_of_parts(text, start, end, words, log_words(words.language))
    if kind and kind not in rest:
        rest = f"{text[:start]} {kind} {text[end:]}"
    told = rest.replace(kind, " ", 1) if kind else rest
    polite = _patterns(words.language)["polite"]
    left = polite.sub(" ", words.without(told, "image", "inspected", "piece", "and"))
    longest = 1 if words.language in SPACELESS else 3
    before = polite.sub(" ", text[:start].replace(kind, " ") if kind else text[:start])
    after = text[end:].replace(kind, " ", 1) if kind else text[end:]
    more = [word for word in re.findall(r"\w+", left) if len(word) > longest]
    # "The last 3 capsules", but "of the last 5, was any bad?"
    noun = not more or more == re.findall(r"\w+", after)[:1]
    alone = (
        len(before.strip()) <= 2 * longest - (longest == 1)
        and noun
        and not any(words.has(one, told) for one in _TOLD)
    )
    # "直近5件の不良品のうち割れは?"
    alone &= not kind or not words.names_type(told)
    shown = _patterns(words.language)["shown"].search(f"{text[:start]}#{text[end:]}") is not None
    most = None if listed is None else listed[1]
    return Numbers(latest[1], most, rest, worst is not None, alone, shown, kind)


def with_latest(before: str, rest: str, words: Words) -> str | None:
    """Return a question with other latest parts: "of the last 20 how many failed?", "and the last 50?".

    None where `rest` says more, or names none.
    """
    given = _first(_patterns(words.language)["latest"], rest, words)
    if given is None or not numbers_in(rest, words).alone:
        return None
    held = _first(_patterns(words.language)["latest"], before, words)
    if held is None:
        return f"{before} {rest}?"
    return f"{before[: held[0].start()]}{given[0][0]}{before[held[0].end() :]}?"


def _first(pattern: re.Pattern[str], text: str, words: Words) -> tuple[re.Match[str], int] | None:
    """Return what a pattern finds first with its number; one in words may be an article."""
    for found in pattern.finditer(text):
        given = next(one for one in found.groups() if one is not None)
        number = int(number_of(given, words.language))
        if 0 < number <= MOST and (number > 1 or given.isdecimal()):
            return found, number
    return None


@cache
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    """Return the patterns of the numbers, each with a group of the number in every alternative."""
    words, table = words_of(language), log_words(language)
    n, worst = f"({whole_pattern(language)})", words.source("worst")
    closing = "" if language in SPACELESS else r"(?!\w)"
    ends = rf"(?! ?(?:{table['no_part']}){closing}|\s*{UNIT})"
    made = {
        "latest": [
            f"{table['latest']} {n}{ends}",
            f"{n} (?:(?:{words.source('image')}) )?(?:{table['after']}){ends}",
        ],
        "worst": [
            f"(?:{worst}) {n}{ends}",
            f"{n} (?:(?!{UNIT})\\w+ )?(?:{worst}){ends}",
            f"(?:{table['top']}) {n}{ends}",
        ],
        "show": [f"{table['show']} {n}{ends}"],
        "shown": [rf"{table['show']} (?:(?:\w{{1,4}}) )?#"],
        "polite": [table["polite"]],
    }
    if language in SPACELESS:
        counted = f"{n}{table['unit']}{ends}"
        kind = f"(?:(?:{what_of_parts(words)})[品的の]{{0,2}} ?)?"
        made = {
            "latest": [f"{table['latest']} ?{kind}{counted}", f"(?:{table['after']}) ?{counted}"],
            "worst": [
                f"(?:{worst})(?:[的なのい의는]|한)?前? ?{counted}",
                f"{counted}.{{0,3}}(?:{worst})",
                f"(?:{table['top']}) ?{n}(?:{table['unit']})?",
            ],
            "show": [f"(?:{table['show']}) ?{counted}", f"{counted}.{{0,2}}{table['shown']}"],
            "shown": [f"(?:{table['show']}) ?#", f"#.{{0,4}}{table['shown']}"],
            "polite": [table["polite"]],
        }
    return {
        name: re.compile("|".join(ways) if name == "shown" else bounded("|".join(ways), language))
        for name, ways in made.items()
    }


def log_words(language: str) -> dict[str, str]:
    """Return the table of a language, as patterns."""
    table: dict[str, str] = tables(FILE)[language]
    return table
