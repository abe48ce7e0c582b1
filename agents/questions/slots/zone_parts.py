"""Zones that a text names by the noun of their names alone: "anel" of "anel da tampa"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import HAN, HANGUL, KATAKANA, words_of

SHORTEST: Final = 4
"""Letters of a noun that a name is called by alone."""
_BEFORE: Final = 3
"""Letters of a compound before its noun."""
_OF: Final = re.compile(
    r"\s(?:d[aeio]|d[oe]l|d[aeu]|das|dos|des|dei|degli|dell[aeo]?|al|aux?|à|of)\s|\sd['’]|\sdell['’]"
)
"""What stands behind the noun of a Romance name."""
_ARTICLES: Final = {
    "es": r"el|la|los|las|una?|est[ea]|es[ea]|del|al|de|su|cada",
    "fr": r"l[ea]s?|une?|du|des|aux?|ce|cet|cette|ces|de|chaque|sur|son|sa",
    "it": r"il|lo|la|i|gli|le|un[ao]?|quest[oa]|quel|quell[oa]|ogni|su|di"
    r"|(?:d|n|d?a|su)(?:el|ell[oaei]|l|ll[oaei]|i|gli)",
    "pt": r"[oa]s?|uma?|n[oa]s?|d[oa]s?|aos?|à|est[ea]|ess[ea]|de|pel[oa]s?|cada",
}
"""Words that a noun follows, by language."""
_ENDINGS: Final = r"(?:e?s|n|en|e|i)?"
PARTICLES: Final = (
    r"(?=이|가|은|는|을|를|에|의|도|와|과|랑|로|으로|만|까지|부터|쪽|부분|부위|들|하고|상태|표면|전체"
    rf"|위|아래|안|옆|끝|좀|[^{HANGUL}]|$)"
)
"""What may follow a Korean noun."""


def named_in_part(plain: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones whose name's noun a text names by itself, in its place.

    plain: normalised, without accents; zones likewise. Where a side is named too and several are meant, none.
    """
    named = [name for name in zones if any(pattern.search(plain) for pattern in _parts(name, language))]
    sided = any(words_of(language).has(side, plain) for side in ("left", "right", "top", "bottom"))
    return [] if len(named) > 1 and sided else named


@cache
def _parts(name: str, language: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of what a zone may be called by, beside its name."""
    return tuple(_patterns(name, language))


def _patterns(name: str, language: str) -> Iterator[re.Pattern[str]]:
    if language == "ja":
        last = compiled(rf"(?<=[^{KATAKANA}])[{KATAKANA}]{{2,}}$").search(name)
        if last is not None and not _has_meaning(last[0], language):
            yield re.compile(rf"(?<![{KATAKANA}]){last[0]}(?![{KATAKANA}])")
        if compiled(rf"[{KATAKANA}]{{5,}}").fullmatch(name):
            # "リング" of "キャップリング".
            ends = "|".join(
                name[at:] for at in range(2, len(name) - 2) if not _has_meaning(name[at:], language)
            )
            yield re.compile(rf"(?<![{KATAKANA}{HAN}])(?:{ends or '(?!)'})(?![{KATAKANA}])")
    elif language == "zh":
        if compiled(rf"[{HAN}]{{4,}}").fullmatch(name) and not _has_meaning(name[-2:], language):
            yield re.compile(name[-2:])
    elif language == "ko":
        first, _, noun = name.rpartition(" ")
        if first and noun and not _has_meaning(noun, language):
            yield re.compile(rf"(?<![{HANGUL}]){noun}{PARTICLES}")
    elif language == "de":
        yield from _of_compound(name)
    elif language in _ARTICLES and (noun := _noun_first(name)) and not _has_meaning(noun, language):
        yield re.compile(
            rf"(?:^|[.,;?¿!]\s*|(?<!\w)(?:{_ARTICLES[language]})\s+|(?<!\w)(?:dell|all|sull|nell|un|l|d)['’]\s*)"
            rf"{_inflected(noun)}(?!\w)"
        )


def _noun_first(name: str) -> str:
    """Return the noun of a name of several words that begins with it: "portée" of "portée de joint"."""
    noun = (_OF.split(name, maxsplit=1)[0] if _OF.search(name) else name).split(" ")[0]
    return noun if " " in name and len(noun) >= SHORTEST and noun.isalpha() else ""


def _inflected(noun: str) -> str:
    """Return the pattern of a Romance noun in either number."""
    return (
        rf"{re.escape(noun[:-1])}(?:{re.escape(noun[-1])}s?|[ei]s?|is|ns|es)"
        if len(noun) > SHORTEST
        else (rf"{re.escape(noun)}(?:e?s)?|{re.escape(noun[:-1])}is")
    )


def _of_compound(name: str) -> Iterator[re.Pattern[str]]:
    """Yield the pattern of the nouns that a German compound may end with: "Flanke" of "Zahnflanke"."""
    if not name.isalpha():
        return
    for at in range(_BEFORE, len(name) - SHORTEST + 1):
        noun = name[at:]
        if not _has_meaning(noun, "de"):
            yield re.compile(rf"(?<!\w){re.escape(noun)}{_ENDINGS}(?!\w)")


def _has_meaning(noun: str, language: str) -> bool:
    """Return whether a word stands for something else in questions, such as a place, a shift or a defect."""
    words = words_of(language)
    patterns = (*words.by_meaning.values(), *words.types.values())
    return any(pattern.fullmatch(noun) for pattern in patterns)
