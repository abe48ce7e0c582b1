"""Clauses of a question: where it may ask for more than one thing, and how it wants to be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from agents.questions.form.alternatives import differ
from agents.questions.form.tags import is_tag_of
from agents.questions.learned.encoder import normalised
from agents.questions.learned.examples import Sense
from agents.questions.learned.languages import WISHES
from agents.questions.lexicon.groups import only_names_a_group
from agents.questions.lexicon.numbered import numbers_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.units import LENGTH, PERCENT, PX
from agents.questions.lexicon.words import SPACELESS, words_of
from tools.records import Kind

Style = Literal["plain", "yes_no", "line", "customer", "short"]

STYLES: Final[tuple[Style, ...]] = ("yes_no", "customer", "line")
MOST: Final = 8
"""Clauses of a question that are looked at."""
SHORT: Final = 3
"""Words of a clause that may be one of two alternatives; twice as many characters without spaces."""
_END: Final = re.compile(
    r"(?<=[?!;\u3002\uff1f\uff01\uff1b\n])\s*"
    # No sentence ends at "n.i.O." and "lot no. 12".
    r"|(?<=[^\d\s.]\.)(?<!\.[^\W\d_]\.)(?:(?<!\s[Nn][ro]\.)(?<!\s[Nn]\.)|(?=\s+\D))\s+"
    r"|(?<=,)\s+|(?<=[\uff0c\u3001])|(?<=[\u3040-\u9fff],)(?=[\u3040-\u9fff])|(?<=\S:)\s+"
    r"|(?<=[가-힣]고)\s+|\s+[\u2013\u2014-]\s+"
)
_UNIT: Final = re.compile(rf"\W*(?:(?:in|auf|en|em|dans)\s+)?(?:{LENGTH}|{PX}|{PERCENT})\W*")
"""What only says in which unit: ", in mm?"."""
_ASKED: Final = (
    *("ask", "good", "bad", "length", "width", "area", "colour", "depth", "price", "distance", "long"),
    *("limit", "scale", "brightness", "lot", "effects", "last"),
)
"""Meanings of words that ask for something by themselves."""
_BETWEEN: Final = " \t\n,:;\uff0c\u3001\uff1b\uff1a"
"""What stands between clauses and belongs to neither."""
WISH_WORDS: Final = re.compile(
    r"(?<!\w)(?:please|bitte|per favore|por favor|s'il (?:te|vous) plaît|answer|reply|respond|tell me"
    r"|antworte\w*|rispond\w+|respond\w+|répond\w+|contest\w+|responda|回答|请|答えて(?:ください)?|で|대답\w*|답\w*|로"
    r"|in|auf|only|just|with|nur|mit|solo|con|só|com|seulement|par)(?!\w)|[\W_]+"
)


_SUPPOSES: Final[Mapping[str, str]] = {
    "en": r"if|whether|when|once|suppose",
    "de": r"wenn|falls|sofern|ob",
    "fr": r"si|s'il|quand",
    "es": r"si|cuando",
    "it": r"se|quando",
    "pt": r"se|quando",
    "zh": r"如果|要是|假如|若|.*的话$",
    "ja": r".*(?:たら|なら|れば|場合は?|時は?|ときは?)$",
    "ko": r".*면$",
}
"""A condition, which asks for nothing before what it is put to."""


@dataclass(frozen=True)
class Clause:
    """A part of a question that asks for one thing.

    text: its words. probability: of the kind, in [0, 1]. sense: see `Understanding`. slots: what its words
    alone do not say, by the slot's name. near: another kind that it may well be.
    """

    text: str
    kind: Kind
    probability: float
    sense: Sense
    slots: Mapping[str, Any] = field(default_factory=dict)
    near: Kind | None = None


def style_of(text: str, language: str) -> Style:
    """Return how a question wants to be answered."""
    plain, words = normalised(text), words_of(language)
    return next((style for style in STYLES if words.has(style, plain)), "plain")


def split(text: str, language: str) -> list[str]:
    """Return the clauses of a question, at punctuation and at "and", without mere wishes for its answer."""
    joined = words_of(language).source("and")
    clauses: list[str] = []
    for piece in _END.split(text):
        halves = compiled(rf"\s+(?=(?:{joined})\s+\D)", re.IGNORECASE).split(piece or "")
        clauses += [half.strip() for half in halves if half and re.search(r"\w", half)]
    alternative = re.compile(rf"(?:{words_of(language).source('or')})", re.IGNORECASE)
    for place in range(len(clauses) - 1, 0, -1):
        # "Is it good, or shall I bin it?" puts one question.
        if alternative.match(clauses[place]):
            clauses[place - 1 : place + 1] = [f"{clauses[place - 1]} {clauses[place]}"]
        elif _are_alternatives(clauses[place - 1 : place + 1], language):
            clauses[place - 1 : place + 1] = [f"{clauses[place - 1].rstrip(_BETWEEN)}? {clauses[place]}"]
    for place in range(len(clauses) - 1, 0, -1):
        if is_tag_of(clauses[place - 1], clauses[place], language):
            clauses[place - 1 : place + 1] = [f"{clauses[place - 1]} {clauses[place]}"]
    for place in range(len(clauses) - 1, 0, -1):
        plain = normalised(clauses[place])
        goes_on = _UNIT.fullmatch(plain) is not None or only_names_a_group(plain, language)
        # "Sie sind sicher, dass da kein Kratzer ist?"
        sure = words_of(language).has("sure", normalised(clauses[place - 1]))
        goes_on |= sure and re.match(r"(?:dass|da\u00df|that)(?!\w)", plain) is not None
        if goes_on or _chooses_an_image(clauses[place], language):
            clauses[place - 1 : place + 1] = [f"{clauses[place - 1]} {clauses[place]}"]
    for place in range(len(clauses) - 2, -1, -1):
        if _names_the_part(clauses[place], language) or _is_noun(clauses[place], language):
            clauses[place : place + 2] = [f"{clauses[place]} {clauses[place + 1]}"]
    for place in range(len(clauses) - 2, -1, -1):
        if _names_the_latest(clauses[place], language) and not begins_with_and(clauses[place + 1], language):
            clauses[place : place + 2] = [f"{clauses[place]} {clauses[place + 1]}"]
    for place in range(len(clauses) - 2, -1, -1):
        # "If we fit it anyway, what happens?"
        if only_supposes(clauses[place], language) and not begins_with_and(clauses[place + 1], language):
            clauses[place : place + 2] = [f"{clauses[place]} {clauses[place + 1]}"]
    for place in range(len(clauses) - 1, 0, -1):
        # "Elle est bonne, cette cellule ?"
        before = clauses[place - 1].rstrip()
        suggests = words_of(language).has("ask", normalised(before))  # "what made it, the ejector?"
        if before.endswith(",") and not suggests and _is_noun(clauses[place], language):
            clauses[place - 1 : place + 1] = [f"{clauses[place - 1].rstrip(_BETWEEN)} {clauses[place]}"]
    while len(clauses) > 1 and _only_takes_note(clauses[0], language):
        clauses = clauses[1:]
    kept = [clause for clause in clauses if not _is_wish(clause, language)]
    return (kept or clauses)[:MOST]


def only_supposes(clause: str, language: str) -> bool:
    """Return whether a clause is but a condition, and no question: "if we fit it anyway,"."""
    return not clause.rstrip().endswith(("?", "\uff1f")) and is_condition(clause, language)


def is_condition(clause: str, language: str) -> bool:
    """Return whether a clause begins, or ends, as a condition does."""
    end = "" if language in SPACELESS else r"(?!\w)"
    return (
        compiled(rf"(?:{_SUPPOSES[language]}){end}").match(in_itself(normalised(clause), language))
        is not None
    )


def _only_takes_note(clause: str, language: str) -> bool:
    """Return whether a clause takes note of the answer before: "good, and does it reach the edge?"."""
    asks = clause.rstrip().endswith(("?", "\uff1f"))
    return not asks and words_of(language).by_meaning["filler"].fullmatch(normalised(clause)) is not None


def _is_noun(clause: str, language: str) -> bool:
    """Return whether a clause is but a noun that says what its neighbour is about: "cette cellule ?"."""
    plain, words = normalised(clause).strip(" ,?¿"), words_of(language)
    found = words.find("noun_alone", plain)
    if found is None or found[0] != plain:
        return False
    noun = plain.rpartition(" ")[2]
    return not any(words.has(meaning, noun) for meaning in _ASKED)


def _names_the_part(clause: str, language: str) -> bool:
    """Return whether a clause only says what the next one is about: "this part, is it ok?"."""
    words, plain = words_of(language), normalised(clause)
    if clause.rstrip().endswith((",", "\uff0c", "\u3001")) and words.has("one", plain):
        # "And the lower left one, is it fine?"
        rest = words.without(plain, "follow", "one", "this", "top", "bottom", "left", "right", "center")
        if not re.search(r"\w{4,}", rest) and not words.has("ask", rest):
            return True
    rest = words.without(plain, "this", "it", "image", "here")
    return not any(len(word) > 2 or language in SPACELESS for word in re.findall(r"\w+", rest))


def _names_the_latest(clause: str, language: str) -> bool:
    """Return whether a clause only says of which parts the next one is: "of the last 5 rejects, how many"."""
    words, plain = words_of(language), normalised(clause)
    if clause.endswith("?") or words.has("ask", plain) or words.has("how_many", plain):
        return False
    numbers = numbers_in(plain, words)
    kind = numbers.kind.strip()
    return plain.endswith(kind) if kind else numbers.alone and clause.rstrip().endswith((",", "\uff0c"))


def _chooses_an_image(clause: str, language: str) -> bool:
    """Return whether a clause only says of which images the one before it is: "this one or the last one?"."""
    rest, words = normalised(clause), words_of(language)
    if not words.has("or", rest):
        return False
    rest = words.without(rest, "or", "this", "it", "one", "image", "here", "last")
    # What is left are articles and particles.
    return not any(len(word) > 3 or language in SPACELESS for word in re.findall(r"\w+", rest))


def begins_with_and(clause: str, language: str) -> bool:
    """Return whether a clause goes on with "and"."""
    return compiled(rf"(?:{words_of(language).source('and')})", re.IGNORECASE).match(clause) is not None


def in_itself(clause: str, language: str) -> str:
    """Return a clause as if it stood alone, which examples of questions do: no "and" first, no comma last."""
    alone = compiled(rf"^(?:{words_of(language).source('and')})\s+(?=\S)", re.IGNORECASE).sub("", clause)
    return alone.rstrip(_BETWEEN)


def _are_alternatives(clauses: Sequence[str], language: str) -> bool:
    """Return whether two words put one question: "Out? Safe?"."""
    plain = [normalised(clause) for clause in clauses]
    longest = 2 * SHORT if language in SPACELESS else SHORT
    short = all(len(one if language in SPACELESS else one.split()) <= longest for one in plain)
    return short and differ(plain, language)


def _is_wish(clause: str, language: str) -> bool:
    """Return whether a clause says only how to answer: "answer only yes or no", "in German please"."""
    plain = normalised(clause)
    rest = words_of(language).by_meaning["yes_no"].sub(" ", plain)
    for wish in WISHES.values():
        rest = wish.sub(" ", rest)
    return rest != plain and WISH_WORDS.sub("", rest) == ""
