"""Types of the catalogue that a question names by another name, inflected, or in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from agents.questions.learned.encoder import Vectors, encode, normalised
from agents.questions.learned.examples import LANGUAGES
from agents.questions.learned.generic import subjects_in, words_in
from agents.questions.lexicon.words import same_defect, types_in, words_of
from agents.questions.slots.by_words import types_of, without_idioms
from agents.questions.slots.held import held_names
from agents.questions.slots.own_words import PLACES, WHERE, type_by_own_word
from agents.questions.slots.types import MOST_WINDOWS, shared_end, windows
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.looks import parse_look

NAMED: Final = (0.62, 0.14)
"""Least cosine of some words of a question and a type's name, and its lead over the second of them."""
ALIKE: Final = (0.35, 0.1)
"""The same of a whole question and a type: the mean of those of its name, and of its name and look. All four
are set by a look at 37 questions in nine languages about three catalogues."""
TOLD_BY: Final = (0.65, 0.17)
"""The same of a word and what tells a name from others that share a word with it, by 23 such questions."""
_OF_NO_NAME: Final = 0.02
"""Share of the example questions from which a word that is in them is in no name by itself."""
_ALSO: Final = re.compile(
    r"(?:also (?:called|known as)|a\.?k\.?a\.?|synonyms?|auch genannt|synonyme?|anche (?:dett|chiamat)[oaie]"
    r"|tambi[eé]n (?:llamad|conocid)[oa]s?|aussi appelée?s?|tamb[eé]m (?:chamad|conhecid)[oa]s?"
    r"|又称|也叫|别名|別名|別称|또는|별칭|다른 이름)\s*[:：]?\s*([^.;\n。]+)",
    re.IGNORECASE,
)
NO_HUES: Final = ("white", "black", "grey")
_STEM: Final = 6
"""Letters by which inflected words are the same."""
_PARTICIPLE: Final = re.compile(r"([^\W\d_]{5,})(?:ed|[aiu][dt][oa]s?|[aiu]t[ie]|ée?s?)")
"""What was done to a part, after the stem of its verb, in English and in Romance languages."""
_SEPARATOR: Final = re.compile(r"\s*[,、，/]\s*|\s+(?:or|and|oder|und|o|y|e|ou|et)\s+")
_LONGEST: Final = 40
"""Letters of another name."""


def names_of(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the types of entries by their names in lower case, other names among them."""
    found = {entry.type.replace("_", " ").lower(): entry.type for entry in entries}
    for entry in entries:
        for also in _ALSO.finditer(entry.text):
            for name in _SEPARATOR.split(also[1].strip().lower()):
                if 2 < len(name) <= _LONGEST:
                    found.setdefault(name, entry.type)
    return found


def named_types(text: str, language: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types that a text, in lower case, names: by their names, other names, or in common words."""
    names, text = names_of(entries), without_idioms(text, language)
    found = [(text.find(name), names[name]) for name in types_of(text, list(names))]
    for code in dict.fromkeys((language, "en")):
        for common, pattern in words_of(code).types.items():
            if (said := pattern.search(text)) is None:
                continue
            meant = _common(common, names, entries)
            # A shifted hole is no bent pin, though its look tells of a shift.
            if meant is not None and held_names(text, language, [meant], [one.type for one in entries]):
                found.append((said.start(), meant))
    return list(dict.fromkeys(name for _, name in sorted(found)))


def named_by_look(question: str, language: str, entries: Sequence[Entry]) -> str | None:
    """Return the one type of whose name or look alone a question has a word, or a colour, else None.

    "Woher kommt so eine Nase?" is of what looks like "längliche Nase unter dem Logo"; where something lies
    names none.
    """
    text = without_idioms(normalised(question), language)
    asked = subjects_in(words_of(language).without(text, *PLACES), language, _OF_NO_NAME)
    held: dict[str, set[str]] = {}
    for entry in entries:
        told = f"{plain_name(entry.type)} {WHERE.split(entry.look)[0]}".lower()
        held.setdefault(entry.type, set()).update(map(_stem, words_in(told)))
    own = [name for name in held if held[name].difference(*_others(name, held)) & set(map(_stem, asked))]
    # A dark line is not the type that looks like a bright one.
    tone = parse_look(text).tone
    other = {
        one.type for one in entries if tone is not None and parse_look(one.look).tone not in (None, tone)
    }
    own = [name for name in own if name not in other]
    own = own or of_its_colour(question, language, entries)
    return own[0] if len(set(own)) == 1 else None


def of_its_colour(question: str, language: str, entries: Sequence[Entry]) -> list[str]:
    """Return the types that look to be of a colour that a question names, by its shape where that tells.

    "The brown streak" is none of a whole plate that is brown, and "the brown plate" is no streak.
    """
    asked, words = parse_look(text := normalised(question)), words_of(language)
    looks = {entry.type: entry.look for entry in entries if asked.colours & parse_look(entry.look).colours}
    for plain in NO_HUES if not asked.colours else ():
        if words.has(plain, text):
            looks |= {one.type: one.look for one in entries if _is_of(plain, WHERE.split(one.look)[0])}
    if asked.shape is not None:
        shaped = [name for name, look in looks.items() if _is_shaped(look, asked.shape)]
    elif words.has("whole", text) or words.has("piece", text):
        shaped = [name for name, look in looks.items() if _is_of_all(look)]
    else:
        shaped = []
    return shaped or list(looks)


def _is_of(colour: str, look: str) -> bool:
    """Return whether a look is of a colour that is no hue, in whatever language."""
    return any(words_of(code).has(colour, look.lower()) for code in LANGUAGES)


def _is_shaped(look: str, shape: str) -> bool:
    """Return whether a look is of a shape; what is upright or level is a line, though no word says it."""
    stated = parse_look(look)
    return stated.shape == shape or (
        stated.shape is None and shape == "line" and stated.direction is not None
    )


def _is_of_all(look: str) -> bool:
    """Return whether a look is of the whole part, in whatever language."""
    return any(words_of(code).has("whole", look.lower()) for code in LANGUAGES)


def _others(name: str, held: Mapping[str, set[str]]) -> list[set[str]]:
    """Return what the names and looks of all other types have."""
    return [stems for other, stems in held.items() if other != name]


def _stem(word: str) -> str:
    return word[:_STEM]


def described_type(question: str, language: str, entries: Sequence[Entry]) -> str | None:
    """Return the type that a question names or describes; by likeness where no word of it is a name."""
    text = normalised(question)
    if (rest := without_idioms(text, language)) != text:
        question = text = rest
    if named := named_types(text, language, entries):
        return named[0]
    if (done := _by_what_was_done(text, entries)) is not None:
        return done
    if (own := type_by_own_word(question, language, entries)) is not None:
        return own
    names = names_of(entries)
    types = list(dict.fromkeys(names.values()))
    # "An welcher Stelle?" is like the name of a "Delle", and of none.
    if not subjects_in(words_of(language).without(text, *PLACES), language, _OF_NO_NAME):
        return None
    subjects = subjects_in(text, language, _OF_NO_NAME)
    # "Which defects" is like the name of some type, and none.
    told_of = (one for one in windows(text, language) if any(word in one for word in subjects))
    some = list(dict.fromkeys(told_of))[:MOST_WINDOWS]
    if not types or not some:
        return None
    looks = {entry.type: f"{entry.type}. {entry.look}" for entry in reversed(entries)}
    vectors = encode([question, *some, *names, *(looks[name] for name in types)])
    asked, spoken, told = vectors[0], vectors[1 : 1 + len(some)], vectors[1 + len(some) :]
    called, seen = told[: len(names)], told[len(names) :]
    near = _by_type(spoken @ called.T, names, types)
    row = near[int(near.max(axis=1).argmax())]
    alike = _of_family(types[int(row.argmax())], types)
    if _leads(row, NAMED) and len(alike) == 1:
        return types[int(row.argmax())]
    others = [cosine for cosine, name in zip(row, types, strict=True) if name not in alike]
    if len(alike) > 1 and _leads(np.array([row.max(), *others]), NAMED):
        return _told_by(text, language, alike)
    whole = (_by_type(called @ asked, names, types) + seen @ asked) / 2
    if not _leads(whole, ALIKE):
        return None
    alike = _of_family(types[int(whole.argmax())], types)
    opposed = [name for name in alike if shared_end(name, types[int(whole.argmax())])]
    return _told_by(text, language, opposed) if len(opposed) > 1 else types[int(whole.argmax())]


def _by_what_was_done(text: str, entries: Sequence[Entry]) -> str | None:
    """Return the one type whose name has the participle of a verb: "chips shift", "Shifted component"."""
    words = words_in(text)
    done = {
        entry.type
        for entry in entries
        for found in map(_PARTICIPLE.fullmatch, plain_name(entry.type).lower().split())
        if found is not None and any(word.startswith(found[1]) for word in words)
    }
    return done.pop() if len(done) == 1 else None


def _by_type(cosines: Vectors, names: Mapping[str, str], types: Sequence[str]) -> Vectors:
    """Return the highest cosine of each type's names."""
    columns = [[owner == name for owner in names.values()] for name in types]
    return np.stack([cosines[..., column].max(axis=-1) for column in columns], axis=-1)


def _of_family(name: str, types: Sequence[str]) -> list[str]:
    """Return the types whose names share a word or an ending with one: "Underfill" and "Overfill"."""
    return [other for other in types if _words(other) & _words(name) or shared_end(name, other)]


def _told_by(text: str, language: str, alike: Sequence[str]) -> str | None:
    """Return the one of several types of which a word of a text says what tells it from the others."""
    shared = frozenset.intersection(*map(_words, alike))
    own = {name: " ".join(sorted(_words(name) - shared)) or name for name in alike}
    if not shared and (end := shared_end(*alike)):
        own = {name: name.lower().removesuffix(end).strip() or name for name in alike}
    some = list(dict.fromkeys([*windows(text, language, (1,)), *windows(text, language)]))[:MOST_WINDOWS]
    cosines = encode(some) @ encode(list(own.values())).T
    row = cosines[int(cosines.max(axis=1).argmax())]
    return alike[int(row.argmax())] if _leads(row, TOLD_BY) else None


def _words(name: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in name.replace("_", " ").lower().split())


def _leads(cosines: Vectors, least: tuple[float, float]) -> bool:
    ordered = np.sort(cosines)
    second = float(ordered[-2]) if len(ordered) > 1 else 0.0
    return bool(ordered[-1] >= least[0] and ordered[-1] - second >= least[1])


def _common(common: str, names: Mapping[str, str], entries: Sequence[Entry]) -> str | None:
    """Return the one type that a defect's common English name is of: by a name of it, else by its look."""
    by_name = {names[name] for name in names if same_defect(name, common) or common in types_in(name)}
    if by_name:
        return next(iter(by_name)) if len(by_name) == 1 else None
    by_look = {entry.type for entry in entries if common in types_in(entry.look)}
    return next(iter(by_look)) if len(by_look) == 1 else None
