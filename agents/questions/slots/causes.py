"""Questions for the cause of what happened to a part: one that is supposed, and why it is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from agents.questions.learned.encoder import encode
from agents.questions.lexicon.words import SPACELESS, bounded, pieces_of, tables, words_of
from agents.questions.slots.types import MOST_WINDOWS, windows

FILE: Final = Path(__file__).with_name("causes.toml")
NAMES_IT: Final = 0.72
"""Least cosine of a cause that is supposed and words of the notes that name it, in whatever language."""
OTHER: Final = 0.45
"""Cosine below which notes in another language name another cause; both by a look at 80 such pairs."""
_SHORTEST: Final = 3
"""Letters up to which a word of a statement is no cause."""
_LONGEST: Final = 4
"""Words of a cause that is supposed."""
_BESIDE: Final = (
    *("region", "marked", "it", "this", "here", "piece", "image"),
    *("blame", "fill", "asks_if", "merely"),
)
"""Meanings of words beside it."""
_PARTICLES: Final = {
    "zh": re.compile(r"[的了吗呢吧啊被把]"),
    "ja": re.compile(r"[のがはをでにもかねよ]+(?=$|\W)|です|ます"),
    "ko": re.compile(r"(?:이|가|은|는|을|를|의|에서|으로|중에)(?=$|\W)"),
}
"""What stands behind a noun, where words do not stand apart."""


def supposes_cause(text: str, language: str) -> bool:
    """Return whether a text, in lower case, asks if something did it: "could the press have done this?"."""
    return _pattern("did", language).search(text) is not None


def asks_why_broken(text: str, language: str) -> bool:
    """Return whether a text asks why a part is broken, and not why somebody calls it so."""
    broken = words_of(language).has("why", text) and _pattern("broken", language).search(text) is not None
    return broken and not says_so(text, language)


def says_so(text: str, language: str) -> bool:
    """Return whether a text is about what somebody says: "why do you call it broken?"."""
    return _pattern("says", language).search(text) is not None


def supposed_cause(text: str, language: str) -> str | None:
    """Return what a question for yes or no says of the cause, its words alone; None for no or many words."""
    words = words_of(language)
    beside = ("fill",) if language in SPACELESS else _BESIDE
    rest = words.without_types(_pattern("idle", language).sub(" ", words.without(text, *beside)))
    if language in SPACELESS:
        return " ".join(_PARTICLES[language].sub(" ", rest).split()) or None
    content = [word for word in re.findall(r"[^\W\d_]+", rest) if len(word) > 2]
    return " ".join(content) if 0 < len(content) <= _LONGEST else None


def likeness(cause: str, statements: Sequence[str]) -> float:
    """Return the cosine of a cause and the words of statements in any language that are most like it."""
    said = [text.lower() for text in statements]
    some = [one for text in said for one in _pieces(text)][:MOST_WINDOWS]
    if not some:
        return 0.0
    vectors = encode([cause, *some])
    return float((vectors[1:] @ vectors[0]).max())


def _pieces(text: str) -> Iterator[str]:
    """Yield words of a statement, alone and side by side, and runs of characters of Chinese and Japanese."""
    yield from (one for one in windows(text, "en", (1, 2, 3)) if len(one) > _SHORTEST)
    yield from pieces_of(text, (2, 3, 4))


@cache
def _pattern(name: str, language: str) -> re.Pattern[str]:
    return re.compile(bounded(tables(FILE)[language][name], language))
