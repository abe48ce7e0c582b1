"""The zones that a text names: in full, by a part of the name that several share, or by meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np

from agents.questions.learned.encoder import encode, normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import (
    HAN,
    HANGUL,
    KATAKANA,
    NEVER,
    SPACELESS,
    Words,
    feature_of,
    features_in,
    pieces_of,
    section_of,
    words_of,
)
from agents.questions.slots.zone_parts import PARTICLES, named_in_part
from anomaly_core.names import differ_by_one, plain_name

SIDES: Final = ("left", "right", "top", "bottom", "center")
"""Sides that a zone's English name may hold: "right hand"."""
COMPOUND: Final = 6
"""Letters of a zone's name from which a longer word may begin with it."""
LIKE: Final = 0.66
"""Least cosine of some words of a question and the name of the zone that they mean."""
LEAD: Final = 0.065
"""Least lead over the second zone; both are set by a look at 80 questions of four products."""
SAID: Final = 0.14
"""How much less is enough for a zone whose noun the question names."""
LONG_WORD: Final = 8
"""Letters from which one word alone may stand for a name of several: "Hinterrad", but not "blauer"."""
SHORT_WORD: Final = 6
SHORT_LIKE: Final = 0.75
"""Letters up to which a word alone must be nearer: "blo\u00df" is 0.68 like "Ader"."""
SHORTEST_PART: Final = 3
"""Letters that each part of a compound has more than, or as many."""
MOST_WINDOWS: Final = 80
_LATIN: Final = r"[a-z\u00df-\u024f\d]"
_ENDINGS: Final = r"(?:e?s|e?n|em?|[aio]s?)?"
_IDIOM: Final = re.compile(r"(left|right)-hand(?=\s+side)")
_UNNAMED: Final = frozenset({"image", "region", "this", "it", "one", "edge", "center", *SIDES})
"""Meanings of words that alone stand for no zone, whatever its name: "part" is no zone "upper part"."""
_WRITTEN: Final = {"ko": rf"[{HANGUL}]", "ja": rf"[\u3040-\u30ff{HAN}]", "zh": rf"^[{HAN}]+$"}
"""Letters of names by their language."""
Span = tuple[int, int, str]


def zones_in(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones that a text names, in its order.

    text: normalised. language: the text's; a zone "head" is named by "Kopf" too. A part of a name that
    several zones share names each of these: "are the labels ok?".
    """
    text = _IDIOM.sub(r"\1", text)
    plain = _bare(text)
    found = _in_full(plain, zones)
    if found:
        found += _joined(plain, zones, found, language)
        return list(dict.fromkeys(name for _, _, name in sorted(found)))
    # "In dieser Schicht" is no "Deckschicht".
    text = words_of(language).without(text, "shift")
    meant = [name for name in zones if _may_be_at(name, text, words_of(language))]
    ways = (_at_a_side, _of_a_side_word, _in_part, _misspelt, _meant, _shared)
    return next((named for way in ways if (named := way(text, meant, language))), [])


def _may_be_at(name: str, text: str, words: Words) -> bool:
    """Return whether a text names no other side than a zone's name: "mano sinistra" is no "right hand"."""
    own = _sides_of(name)
    named = [side for side in SIDES if words.has(side, text)]
    return not own or not named or all(side in named for side in own)


def _in_full(plain: str, zones: Sequence[str]) -> list[Span]:
    """Return where a text holds zones' names, a longer name before one within it."""
    found: list[Span] = []
    for name in sorted(zones, key=len, reverse=True):
        for match in called(name).finditer(plain):
            if all(match.end() <= start or end <= match.start() for start, end, _ in found):
                found.append((*match.span(), name))
    return found


def _joined(plain: str, zones: Sequence[str], found: Sequence[Span], language: str) -> list[Span]:
    """Return zones that share the noun of one that stands in full: "the black and the red half"."""
    words = words_of(language)
    between = rf"\s*(?:,|/|&|{words.source('and')}|{words.source('or')})\s*(?:\w{{1,4}}\s+)?"
    more: list[Span] = []
    for name in zones:
        first, *rest = words_in(name)
        for start, _, full in found:
            alike = name != full and len(rest) == 1 and words_in(full)[1:] == rest
            match = (
                compiled(rf"(?<!\w){_inflected(first)}(?={between}$)").search(plain[:start])
                if alike
                else None
            )
            if match is not None:
                more.append((*match.span(), name))
    return more


def _in_part(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones that a text names by a part of their names; see `named_in_part`."""
    by_plain = {_bare(" ".join(words_in(name))): name for name in zones}
    return [by_plain[one] for one in named_in_part(_bare(text), list(by_plain), language)]


def _misspelt(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones of one long word from which a word of a text differs by a letter: "Aufdrck"."""
    said = [word for word in words_in(text) if len(word) >= SHORT_WORD]
    named = {name: words_in(name) for name in zones}
    return [
        name
        for name, words in named.items()
        if len(words) == 1
        and len(words[0]) >= SHORT_WORD
        and any(differ_by_one(_bare(word), _bare(words[0])) for word in said)
    ]


def _at_a_side(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones whose noun and side are named by words of a language: "mano destra", "right hand"."""
    words = words_of(language)
    return [
        name
        for name in zones
        if _names_noun(name, text, words)
        and (words_in(name) == [_noun(name)] or any(words.has(side, text) for side in _sides_of(name)))
    ]


def _of_a_side_word(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones whose first word stands before one for a side or half: "the black side"."""
    words, plain = words_of(language), _bare(text)
    place = "|".join(words.source(name) for name in ("edge", "half"))
    named = []
    for name in zones:
        first, *rest = words_in(name)
        said = rest and not _sides_of(name)
        if said and compiled(rf"(?<!\w){_inflected(_bare(first))}\s+(?:{_bare(place)})(?!\w)").search(plain):
            named.append(name)
    return named


def _shared(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones whose name has the noun of a text: "label" means "front label" and "back label"."""
    words = words_of(language)
    if any(words.has(side, text) for side in SIDES):
        return []
    return [name for name in zones if _names_noun(name, text, words)]


def _names_noun(name: str, text: str, words: Words) -> bool:
    """Return whether a text has the noun of a zone's name, as it stands or in the text's language."""
    noun = _noun(name)
    if _says_nothing(noun):
        return False
    section = section_of(noun) or section_of(name) or _section_at_end(noun)
    called_so = words.sections.get(section or "", NEVER)
    written = called(noun) if noun.isalpha() and not compiled(_LATIN).search(_bare(noun)) else None
    if (written or re.compile(rf"(?<!{_LATIN}){_inflected(_bare(noun))}(?!{_LATIN})")).search(_bare(text)):
        return True
    if words.features.get(feature_of(name) or "", NEVER).search(text):
        return True
    halved = words.by_meaning["half"] if _is_half(noun) else NEVER
    return any(map(_stands_apart, called_so.finditer(text))) or halved.search(text) is not None


@cache
def _section_at_end(noun: str) -> str | None:
    """Return the section that a compound is one of: the cap of "Bördelkappe"; None where it is none."""
    ends = (noun[at:] for at in range(SHORTEST_PART, len(noun) - SHORTEST_PART))
    return next((found for end in ends if (found := section_of(end)) is not None), None)


def _stands_apart(found: re.Match[str]) -> bool:
    """Return whether a word is no piece of a longer one in katakana: "キャップ" of "キャップリング"."""
    around = found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() :][:1]
    ends = found[0][0], found[0][-1]
    return not any(
        compiled(rf"[{KATAKANA}]{{2}}").fullmatch(one + end) for one, end in zip(around, ends, strict=True)
    )


def _noun(name: str) -> str:
    """Return the last word of a zone's name that has no digit: "spoke" of "spoke 2"."""
    spoken = [word for word in words_in(name) if re.search(r"\d", word) is None]
    return spoken[-1] if spoken else ""


@cache
def _sides_of(name: str) -> list[str]:
    """Return the sides that a zone's English name holds; "upper" is the top."""
    meanings = words_of("en").by_meaning
    found = (
        next((side for side in SIDES if word == side or meanings[side].fullmatch(word)), None)
        for word in words_in(name)
    )
    return [side for side in found if side is not None]


def _is_half(noun: str) -> bool:
    return words_of("en").by_meaning["half"].fullmatch(noun) is not None


@cache
def _says_nothing(noun: str) -> bool:
    """Return whether a noun is what any part or place is called by, or no word."""
    meanings = words_of("en").by_meaning
    return len(noun) < 3 or any(meanings[name].fullmatch(noun) for name in _UNNAMED)


def _meant(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zone whose name some words of a text clearly mean, in whatever language, as a list."""
    # Characters of "may it go out?" are like those of many a name.
    told = words_of(language).without(text, "keep", "good") if language in SPACELESS else text
    windows = list(dict.fromkeys(_windows(told, language)))[:MOST_WINDOWS]
    if not windows or not zones:
        return []
    names = [" ".join(words_in(name)) for name in zones]
    # "A blue spot" is as blue as the blue cap, and "the caps" are both.
    firsts, nouns = [name.partition(" ")[0] for name in names], [_noun(name) for name in zones]
    vectors = encode([*windows, *names, *firsts, *nouns])
    of_names = (vectors[: len(windows)] @ vectors[len(windows) :].T).reshape(len(windows), 3, len(names))
    cosines = of_names[:, 0].copy()
    several = np.array([" " in name for name in names])
    cosines[(of_names[:, 1:].max(axis=1) >= cosines) & several] = 0.0
    for at, window in enumerate(windows):
        if " " not in window and language not in SPACELESS and len(window) < LONG_WORD:
            cosines[at, several] = 0.0
            if len(window) < SHORT_WORD:
                cosines[at, cosines[at] < SHORT_LIKE] = 0.0
    # Characters that names share do not make them alike: "螺丝" is no "螺纹".
    cosines[:, [_is_written_in(name, language) for name in names]] = 0.0
    at, best = divmod(int(cosines.argmax()), len(names))
    others = np.delete(cosines[at], best)
    lead = float(cosines[at, best] - others.max()) if len(others) else 1.0
    nearest, words = zones[best], words_of(language)
    said = _names_noun(nearest, text, words) or (_is_half(_noun(nearest)) and words.has("edge", text))
    least = LIKE - (SAID if said else 0.0)
    return [nearest] if cosines[at, best] >= least and lead >= LEAD else []


def _is_written_in(name: str, language: str) -> bool:
    """Return whether a name is written as a language without spaces is."""
    return language in SPACELESS and compiled(_WRITTEN[language]).search(name) is not None


def _windows(text: str, language: str) -> Iterator[str]:
    """Yield words side by side that may be a zone's name, none of which calls a defect or but a side."""
    words = words_of(language)
    defects = [words.by_meaning["region"], *words.types.values()]

    def fits(window: str) -> bool:
        if any(pattern.search(window) for pattern in defects):
            return False
        left = words.without(window, *SIDES)
        return language in SPACELESS or any(len(word) > 3 for word in left.split())

    if language in ("zh", "ja"):
        yield from filter(fits, pieces_of(text, (2, 3, 4, 5, 6)))
        return
    spoken = re.findall(r"[^\W\d_]+", text)
    for count in (1, 2, 3):
        for at in range(len(spoken) - count + 1):
            window = " ".join(spoken[at : at + count])
            if fits(window):
                # Without its particle too.
                yield from (window, window[:-1]) if language == "ko" and len(window) > 2 else (window,)


@cache
def names_section(name: str, zone: str) -> bool:
    """Return whether the name of a type of defect names a zone or section: "Head scratch" the "Kopf"."""
    section, plain = section_of(zone) or plain_name(zone).lower(), plain_name(name).lower()
    return plain_name(zone).lower() in plain or any(section_of(word) == section for word in plain.split())


def is_of_zone(name: str, zone: str) -> bool:
    """Return whether a type of defect is named for a zone: as a section, or for what both are of."""
    return names_section(name, zone) or bool(features_in(name) & features_in(zone))


def words_in(name: str) -> list[str]:
    """Return the words of a zone's name, in lower case: of "TopLabel", "top-label" and "top_label" alike."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[-_\s]+", normalised(apart)) if word]


@cache
def called(name: str) -> re.Pattern[str]:
    """Return the pattern of a zone's name: as a word with its ending, such as "Rand" but not in "Randolph".

    A long name may begin a compound, and Korean particles stand right behind it.
    """
    words, between = [_bare(word) for word in words_in(name)], r"[-_\s]*"
    if not words or compiled(_LATIN).search("".join(words)) is None:
        return re.compile(_apart("".join(words), between.join(map(re.escape, words)) or r"(?!)"))
    if len(words) == 1 and len(words[0]) >= COMPOUND:
        return re.compile(rf"(?<!{_LATIN}){re.escape(words[0])}")
    return re.compile(rf"(?<!{_LATIN}){between.join(map(_inflected, words))}(?!{_LATIN})")


def _apart(name: str, pattern: str) -> str:
    """Return the pattern of a name without Latin letters where a short one is in no longer word: "캡슐"."""
    if compiled(rf"[{HANGUL}]{{1,2}}").fullmatch(name):
        return rf"(?<![{HANGUL}]){pattern}{PARTICLES}" if len(name) == 1 else rf"{pattern}{PARTICLES}"
    if compiled(rf"[{KATAKANA}]+").fullmatch(name):
        return rf"(?<![{KATAKANA}]){pattern}(?![{KATAKANA}])"
    return pattern


def _inflected(word: str) -> str:
    """Return the pattern of a word of a name with other endings: "halves", "schwarzen"."""
    if len(word) < 3 or not word.isalpha():
        return re.escape(word)
    if word.endswith("f"):
        return rf"{re.escape(word[:-1])}(?:fs?|ves)"
    if len(word) > 3 and word.endswith("y"):
        return rf"{re.escape(word[:-1])}(?:y|ies)"
    if len(word) > 3 and word[-1] in "aeio":
        return rf"{re.escape(word[:-1])}(?:er|{_ENDINGS})"
    return rf"{re.escape(word)}{_ENDINGS}"


def _bare(text: str) -> str:
    """Return a text with Latin letters without accents, "ss" for the German sharp s."""
    text = text.replace("\u00df", "ss")
    return "".join(unicodedata.normalize("NFD", one)[0] if "\u00df" < one < "\u0250" else one for one in text)
