"""Words of nine languages by meaning: places, ordinals, defects, units, and what a question is put with."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from agents.questions.lexicon.patterns import compiled
from anomaly_core.names import name_key, plain_name

FOLDER: Final = Path(__file__).parent / "words"
OF_PARTS: Final = Path(__file__).with_name("of_parts.toml")
"""Words of questions about the part in hand, a table a language."""
NEVER: Final = re.compile(r"(?!)")
IMAGE_ENDING: Final = r"\.(?:png|jpe?g|tiff?|bmp|webp|gif)"
"""Ending of the name of an image's file, as people write it."""
IMAGE_FILE: Final = re.compile(
    r"[^\W\u3040-\u9fff\uac00-\ud7a3](?:[^\W\u3040-\u9fff\uac00-\ud7a3]|[.-])*"
    rf"{IMAGE_ENDING}(?![a-z0-9_])"
)
"""The name of a file, which may stand between letters of a script without spaces."""
SPACELESS: Final = frozenset({"zh", "ja", "ko"})
"""Languages whose words do not stand between spaces, or take endings without one."""
HAN: Final = "\u4e00-\u9fff"
KATAKANA: Final = "\u30a1-\u30fa\u30fc"
HANGUL: Final = "\uac00-\ud7a3"
_NEGATED: Final[Mapping[str, tuple[int, int]]] = {"ja": (0, 8), "ko": (2, 8)}
"""Characters before and after a word within which a negation turns it; elsewhere it stands before it."""
ALIKE: Final = (
    frozenset({"misalignment", "deformation"}),
    frozenset({"pore", "blowhole", "bubble", "hole"}),
    frozenset({"break", "chip", "nick", "dent", "crack"}),
    frozenset({"contamination", "stain", "discoloration", "rust"}),
)
"""Types of defect that one word may mean, by their English names."""
_A_NOT_A: Final = re.compile(r"([\u4e00-\u9fff])[不没]\1|有无|[能可是]否")
"""A verb that Chinese puts twice to ask: "能不能", "合不合格"."""
LOG_MEANINGS: Final = ("today", "yesterday", "this_week", "last_week", "lot", "shift")
"""Meanings of words that are of the log, whatever else a question is about."""
_ACCENTS: Final = 5
"""Letters of a word from which it is read without its accents too: "defaut", but not "ou" for "où"."""


@dataclass(frozen=True)
class Words:
    """The words of a language.

    by_meaning: a pattern a meaning. types: a pattern a defect's English name. sections: a pattern a section
    of a part, features: one a noun of zones, by its English name. counting: of one to ten, weekdays: from
    Monday, numbers: of others, fractions, and lengths in millimetres: each by its value, as alternatives of a
    larger pattern. chat: words as they stand in full, each with the pattern of its spellings in messages.
    orders: see `orders.py`, as alternatives.
    """

    language: str
    by_meaning: Mapping[str, re.Pattern[str]]
    types: Mapping[str, re.Pattern[str]]
    sections: Mapping[str, re.Pattern[str]]
    features: Mapping[str, re.Pattern[str]]
    counting: tuple[str, ...]
    weekdays: tuple[str, ...]
    numbers: tuple[tuple[float, str], ...]
    fractions: tuple[tuple[float, str], ...]
    lengths: tuple[tuple[float, str], ...]
    chat: tuple[tuple[str, re.Pattern[str]], ...]
    orders: Mapping[str, Sequence[str]]

    def has(self, meaning: str, text: str) -> bool:
        """Return whether a text, in lower case, has a word of a meaning."""
        return self.find(meaning, text) is not None

    def find(self, meaning: str, text: str) -> re.Match[str] | None:
        """Return the first word of a meaning in a text, in lower case, or None."""
        return self.by_meaning.get(meaning, NEVER).search(text)

    def without(self, text: str, *meanings: str) -> str:
        """Return a text, in lower case, with a blank in place of each word of the meanings."""
        for meaning in meanings:
            text = self.by_meaning.get(meaning, NEVER).sub(" ", text)
        return text

    def is_turned(self, found: re.Match[str], text: str, within: int) -> bool:
        """Return whether a negation turns a word: before it, in Japanese and Korean after it.

        within: characters before the word, in the other languages.
        """
        before, after = _NEGATED.get(self.language, (within, 0))
        start, end = found.span()
        # "能不能放行" denies nothing.
        said = once(text[max(start - before, 0) : start + 1])[:-1]
        return self.has("no", said) or self.has("no", text[end : end + after])

    def source(self, meaning: str) -> str:
        """Return the alternatives of a meaning, for a larger pattern."""
        return self.by_meaning[meaning].pattern

    @property
    def types_source(self) -> str:
        """The alternatives of all types of defect, for a larger pattern."""
        return "|".join(pattern.pattern for pattern in self.types.values())

    def names_type(self, text: str) -> bool:
        """Return whether a text, in lower case, has a word for a type of defect."""
        return any(pattern.search(text) for pattern in self.types.values())

    def without_types(self, text: str) -> str:
        """Return a text, in lower case, with a blank in place of each word for a type of defect."""
        for pattern in self.types.values():
            text = pattern.sub(" ", text)
        return text


@cache
def tables(file: Path) -> dict[str, Any]:
    """Return the tables of a file, one a language."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def words_of(language: str) -> Words:
    """Return the words of one of `examples.LANGUAGES`."""
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    table |= tables(OF_PARTS)[language]
    features = table.pop("features")
    types, sections, counting, weekdays, chat = (
        table.pop(name) for name in ("types", "sections", "counting", "weekdays", "chat")
    )
    orders = {name: [one] if isinstance(one, str) else one for name, one in table.pop("orders").items()}
    numbers, fractions, lengths = (
        tuple((float(value), word) for value, word in table.pop(name).items())
        for name in ("numbers", "fractions", "lengths")
    )
    return Words(
        language,
        {meaning: pattern_of(words, language) for meaning, words in table.items()},
        {name: pattern_of(words, language) for name, words in types.items()},
        {name: pattern_of(words, language) for name, words in sections.items()},
        {name: pattern_of(words, language) for name, words in features.items()},
        tuple(counting),
        tuple(weekdays),
        numbers,
        fractions,
        lengths,
        tuple((full, _spellings_of(spellings, language)) for full, spellings in chat.items()),
        orders,
    )


def once(text: str) -> str:
    """Return a text with each verb that Chinese puts twice to ask put once: "合格" of "合不合格"."""
    return _A_NOT_A.sub(lambda found: found[1] or found[0][0], text)


def same_defect(one: str, other: str) -> bool:
    """Return whether two names are of the same defect, be they of two languages: "Kratzer" and "scratch"."""
    first, second = name_key(one), name_key(other)
    return first == second or (common_name(one) is not None and common_name(one) == common_name(other))


@cache
def types_in(name: str) -> frozenset[str]:
    """Return the English names of the types of defect that a name holds: deformation in "Bent tip"."""
    return _held_in(name, lambda words: words.types)


def alike_types(common: str, name: str) -> bool:
    """Return whether a defect's common English name may be meant by another one: bent, and crooked."""
    return any(common in group and group & types_in(name) for group in ALIKE)


@cache
def section_of(name: str) -> str | None:
    """Return the English name of a section of parts, by its name in any language, or None."""
    return _in_english(name, lambda words: words.sections)


@cache
def feature_of(name: str) -> str | None:
    """Return the English name of what a zone is named for, by its name or the end of it, or None."""
    plain = plain_name(name).lower()
    for path in sorted(FOLDER.glob("*.toml")):
        for english, pattern in words_of(path.stem).features.items():
            if any(found.end() == len(plain) for found in pattern.finditer(plain)):
                return english
    return None


@cache
def sections_in(name: str) -> frozenset[str]:
    """Return the English names of the sections of a part that a name holds: thread in "Thread damage"."""
    return _held_in(name, lambda words: words.sections)


@cache
def features_in(name: str) -> frozenset[str]:
    """Return the English names of what a name holds the noun of, at any place: "Bohrung oben links"."""
    return _held_in(name, lambda words: words.features)


@cache
def common_name(name: str) -> str | None:
    """Return the English name of a defect that is called by a common word alone: scratch of "Kratzer"."""
    return _in_english(name, lambda words: words.types)


def _in_english(name: str, table: Callable[[Words], Mapping[str, re.Pattern[str]]]) -> str | None:
    """Return the English name of what a table of some language calls by this name, or None."""
    plain = plain_name(name).lower()
    for path in sorted(FOLDER.glob("*.toml")):
        for english, pattern in table(words_of(path.stem)).items():
            if pattern.fullmatch(plain):
                return english
    return None


def _held_in(name: str, table: Callable[[Words], Mapping[str, re.Pattern[str]]]) -> frozenset[str]:
    """Return the English names of what a name holds a word for, at any place, by a table of any language."""
    plain = plain_name(name).lower()
    return frozenset(
        english
        for path in sorted(FOLDER.glob("*.toml"))
        for english, pattern in table(words_of(path.stem)).items()
        if pattern.search(plain)
    )


_ESCAPED_OR_NOT: Final = re.compile(r"\\.|[^\\]+")


def pattern_of(words: str, language: str) -> re.Pattern[str]:
    """Return the pattern of alternatives, which stand between word boundaries where a language has spaces."""
    # "\\W" in lower case is its opposite.
    plain = _ESCAPED_OR_NOT.sub(lambda one: one[0] if one[0].startswith("\\") else one[0].lower(), words)
    if language in SPACELESS:
        # A Latin word, such as "ok", still has to stand alone.
        return re.compile("|".join(_alone(word) for word in alternatives(plain)))
    read = "|".join(_without_accents(word) for word in alternatives(plain))
    return re.compile(rf"(?<!\w)(?:{read})(?!\w)")


def bounded(pattern: str, language: str) -> str:
    """Return a pattern between word boundaries, where a language has spaces."""
    return pattern if language in SPACELESS else rf"(?<!\w)(?:{pattern})(?!\w)"


def pieces_of(text: str, lengths: Sequence[int]) -> Iterator[str]:
    """Yield the runs of so many characters in a text of Chinese or Japanese."""
    for run in compiled(rf"[\u3040-\u30ff{HAN}]+").findall(text):
        yield from (run[at : at + length] for length in lengths for at in range(len(run) - length + 1))


def _spellings_of(spellings: str, language: str) -> re.Pattern[str]:
    """Return the pattern of spellings, of whole words where a language has spaces; of no file or symbol."""
    alone = spellings if language in SPACELESS else rf"(?<![\w'’./-])(?:{spellings})(?![\w'’/-]|\.\w|\s*=)"
    return re.compile(alone, re.IGNORECASE)


def _without_accents(word: str) -> str:
    """Return the pattern of a word that reads it without its accents too, where it is long enough."""
    if "[" in word or len(re.findall(r"[^\W\d_]", re.sub(r"\\\w", "", word))) < _ACCENTS:
        return word
    plain = ((letter, unicodedata.normalize("NFD", letter)[0]) for letter in word)
    return "".join(letter if letter == bare else f"[{letter}{bare}]" for letter, bare in plain)


def alternatives(words: str) -> list[str]:
    """Split at each "|" outside parentheses and brackets."""
    found, depth, start = [], 0, 0
    for place, character in enumerate(words):
        depth += (character in "([") - (character in ")]")
        if character == "|" and depth == 0:
            found.append(words[start:place])
            start = place + 1
    return [*found, words[start:]]


def _alone(word: str) -> str:
    return rf"(?<![a-z]){word}(?![a-z])" if word.isascii() and word.isalpha() else word
