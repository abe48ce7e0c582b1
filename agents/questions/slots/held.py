"""Whether a type of the notes is what a question asks about, or the word of the question is of another thing.

"Hole offset" is no bent pin, though the word for what is wrong with both may be the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final

from agents.questions.learned.encoder import encode, normalised
from agents.questions.learned.examples import read_examples
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import ALIKE, NEVER, SPACELESS, alike_types, types_in, words_of
from agents.questions.slots.by_words import types_of
from agents.questions.slots.types import MOST_WINDOWS, shared_end, windows
from anomaly_core.names import plain_name

WHOLE: Final = 0.5
"""Least cosine of what a question says, beside what it wants to know, and the name of a type."""
BESIDE: Final = 0.02
"""Cosine below the nearest name's within which another one is as near."""
CLEAR: Final = 0.6
"""The same from which it is told as sure where no word of the question is known to stand for the type."""
LEAD: Final = 0.1
"""Least lead over the second best of a name that no word of a question is known to stand for."""
THING: Final = 0.65
"""Least cosine of a word of a question and what a type's name says is damaged; the five are set by a look
at 67 questions in nine languages about three catalogues."""
OF_NO_NAME: Final = 0.02
"""Share of the example questions from which a word that is in them is in no name by itself."""
NO_LOOK: Final = (
    *("at_maximum", "who", "to_tell", "limit", "tolerance", "why", "to_do", "customer"),
    *("threshold", "reason_to", "behind"),
)
"""Meanings of words that say what is asked, and nothing of a type."""
_ASKED: Final = (*NO_LOOK, "of_causes", "serious", "good", "how_many", "long", "length", "width")
_VALUE: Final = "[値值치]?"
_PARTICLE: Final = re.compile(r"(?<=\w)[のはがをにもで的]$")
_GIVEN_CODES: Final = tuple(sorted(SPACELESS))


def subject_of(text: str, language: str) -> str:
    """Return a text, in lower case, without what says that a limit, a cause or the like is asked for."""
    return _PARTICLE.sub("", normalised(_rest(text, language)))


def held_names(text: str, language: str, names: Sequence[str], others: Sequence[str] = ()) -> list[str]:
    """Return those of some types of the notes that a text, in lower case, is about.

    names: types that a word of the text is known to stand for. others: all types of the notes. A name that
    stands in the text is meant. Else what the text says is damaged must be what the type is of, or the whole
    must be near its name, and near no other.
    """
    if said := types_of(text, list(names)):
        return [name for name in names if plain_name(name).lower() in said]
    near = _near(text, language, [*names, *(one for one in others if one not in names)])
    return [name for name in names if _of_its_thing(text, language, name) or name in near]


def meant_type(question: str, language: str, types: Sequence[str], *, least: float = WHOLE) -> str | None:
    """Return the type that a question is clearly nearest to in its meaning, or None where none stands out."""
    cosines = name_cosines(normalised(question), language, types)
    ranked = sorted(cosines, key=lambda name: -cosines[name])
    if not ranked or cosines[ranked[0]] < least:
        return None
    if len(ranked) > 1 and cosines[ranked[0]] - cosines[ranked[1]] < LEAD:
        return None
    # The encoder does not tell "Underfill" from "Overfill".
    return None if any(shared_end(ranked[0], other) for other in ranked[1:]) else ranked[0]


def is_another(named: str | None, found: str, text: str, language: str) -> bool:
    """Return whether a question names another kind of defect than a type is: a burr is no scratch.

    text: the question's, in lower case. A shifted hole is what has "hole" in its name, and a shift besides.
    """
    kinds, own = types_in(found), types_in(named or "")
    if not kinds or not own or kinds & own or any(alike_types(name, found) for name in own):
        return False
    of_kinds = [word for word in re.findall(r"[^\W\d_]+", plain_name(found).lower()) if types_in(word)]
    return not _are_near(_said(text, language, _with_alike(own)), of_kinds)


def _of_its_thing(text: str, language: str, name: str) -> bool:
    """Return whether what a text says is damaged is what a type is of, or either says nothing of it."""
    told, own = _said(text, language, _with_alike(types_in(name))), sorted(things_of(name))
    return not told or not own or _are_near(told, own)


def is_of_thing(text: str, language: str, name: str) -> bool:
    """Return whether a text, in lower case, says that what a type is of is damaged: the trace, or the cap."""
    told, own = _said(text, language, _with_alike(types_in(name))), sorted(things_of(name))
    return _are_near(told, own)


def _with_alike(types: frozenset[str]) -> frozenset[str]:
    return types.union(*(group for group in ALIKE if group & types))


def _are_near(told: Sequence[str], things: Sequence[str]) -> bool:
    """Return whether some word of a text means one of the things that are damaged."""
    return bool(told and things) and bool((encode(told) @ encode(things).T).max() >= THING)


def _near(text: str, language: str, names: Sequence[str]) -> list[str]:
    """Return those of several types whose names a text, in lower case, is near, and nearer than to others."""
    cosines = name_cosines(text, language, names)
    least = max(WHOLE, max(cosines.values(), default=0.0) - BESIDE)
    return [name for name, cosine in cosines.items() if cosine >= least]


def name_cosines(text: str, language: str, names: Sequence[str]) -> dict[str, float]:
    """Return the cosines of what a text, in lower case, says of a type, and the names of some types."""
    types, subject = list(dict.fromkeys(names)), subject_of(text, language)
    if not types or not subject:
        return {}
    vectors = encode([subject, *(plain_name(name).lower() for name in types)])
    return dict(zip(types, (vectors[1:] @ vectors[0]).tolist(), strict=True))


def things_of(name: str) -> frozenset[str]:
    """Return the words of a type's name that say what is damaged: "tablet" of "Crack in tablet"."""
    plain = plain_name(name).lower()
    if re.search(r"[\u3040-\ud7a3]", plain):
        # Words do not stand apart: the gear's tooth of "齿面划伤" is what is no word for a type.
        for code in _GIVEN_CODES:
            plain = words_of(code).without_types(plain)
        return frozenset(re.findall(r"[^\W\d_]+", plain))
    words = re.findall(r"[^\W\d_]{3,}", plain)
    return frozenset(word for word in words if not types_in(word))


def _said(text: str, language: str, types: frozenset[str]) -> list[str]:
    """Return the words of a text that may say what is damaged, of scripts without spaces some characters.

    types: those whose words say what is wrong; "hole" says what is damaged where a shift is asked about.
    """
    rest = _rest(text, language)
    for name in types:
        rest = words_of(language).types.get(name, NEVER).sub(" ", rest)
    if language not in SPACELESS:
        return subjects_in(rest, language, OF_NO_NAME)
    telling = [one for one in windows(rest, language, (1,)) if set(one) - _common_characters(language)]
    return list(dict.fromkeys(one for one in telling if one.strip()))[:MOST_WINDOWS]


def _rest(text: str, language: str) -> str:
    words = words_of(language)
    for meaning in _ASKED:
        asked = words.by_meaning.get(meaning, NEVER)
        # "許容" is of a limit with and without "値".
        text = compiled(rf"(?:{asked.pattern}){_VALUE}").sub(" ", text)
    return text


@cache
def _common_characters(language: str) -> frozenset[str]:
    """Return the characters that questions are put with: those of many examples, and hiragana."""
    texts = [one.in_full.lower() for one in read_examples() if one.language == language]
    counts = Counter(letter for text in texts for letter in set(text))
    often = (letter for letter, count in counts.items() if count > OF_NO_NAME * len(texts))
    return frozenset((*often, *map(chr, range(0x3040, 0x30A0)), " "))
