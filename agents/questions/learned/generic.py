"""Words that questions are put with, whatever they are about: those that the examples use again and again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from agents.questions.learned.examples import read_examples
from agents.questions.lexicon.words import SPACELESS

COMMON: Final = 0.003
"""Share of the example questions of a language from which a word that is in them tells no subject."""
BEGINNING: Final = 7
"""Letters by which such words are the same."""
WORDS: Final = 4
"""Words of an example from which it counts as a whole question."""
WHOLE: Final = 8
"""The same in characters, where words do not stand apart."""
SHORTEST: Final = 4
"""Letters of a word with a subject."""
_SCRIPTS: Final = re.compile(
    r"[\u30a0-\u30ff]{2,}|[\u4e00-\u9fff]+|[\uac00-\ud7a3]+|[^\u3040-\u9fff\uac00-\ud7a3]+"
)
"""Parts of a word of one script; hiragana are particles and endings."""


def subjects_in(text: str, language: str, common: float = COMMON) -> list[str]:
    """Return the words of a text, in lower case, that questions are not put with. common: see `COMMON`."""
    return [word for word in words_in(text) if word[:BEGINNING] not in _generic(language, common)]


def words_in(text: str) -> Iterator[str]:
    """Yield the words of a text that may tell a subject; of scripts without spaces each two characters."""
    for word in re.findall(r"[^\W\d_]+", text):
        for run in _SCRIPTS.findall(word):
            if "\u4e00" <= run[0] <= "\ud7a3" and len(run) > 1:
                yield from (run[at : at + 2] for at in range(len(run) - 1))
            elif len(run) >= SHORTEST or "\u30a0" <= run[0] <= "\u30ff":
                yield run


@cache
def _generic(language: str, common: float) -> frozenset[str]:
    texts = [one.in_full.lower() for one in read_examples() if one.language == language]
    counts = Counter(start for text in texts for start in {word[:BEGINNING] for word in words_in(text)})
    # A clause of two words says little of how questions are put.
    whole = sum(len(text) >= WHOLE if language in SPACELESS else len(text.split()) >= WORDS for text in texts)
    return frozenset(start for start, count in counts.items() if count > common * whole)
