"""The type of defect that a question means without naming it, or names in another language: by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import Final

import numpy as np

from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.common_words import nameable, without_common
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, pieces_of, words_of
from agents.questions.slots.by_words import without_idioms
from anomaly_core.names import plain_name

CALLED: Final = 0.68
"""Least cosine of some words of a question and the name of a type that they stand for."""
CALLED_ALONE: Final = 0.45
"""The same of words that are known to name some type."""
CALLED_LEAD: Final = 0.12
"""Least lead of theirs; both are set by a look at 240 questions of logs with eleven types."""
_WINDOWS: Final = (2, 3)
"""Words that may be a name."""
_RUNS: Final = (3, 4, 5, 6, 8)
"""The same in characters, where words do not stand apart."""
_SHORT_RUNS: Final = (1, 2, 3)
_ALIKE_AT_END: Final = 4
_OF_ANY_PART: Final = ("piece", "worst", "best", "last", "bad", "good")
"""Meanings of words that are said of any part, and name no type: "the worst part so far"."""
_DECIDED: Final = ("failed", "passed", "reviewed", "thrown_out", "goes_wrong")
"""Meanings of words that say what was decided, and name no type."""
_COMMON: Final = 0.01
"""Share of the example questions from which a word that is in them is said of any part too."""
MOST_WINDOWS: Final = 200


def shared_end(*names: str) -> str:
    """Return the letters that single words end in alike, "" for few or for a word of its own."""
    if any(" " in plain_name(name) for name in names):
        return ""
    columns = zip(*(name.lower()[::-1] for name in names), strict=False)
    alike = [letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, columns)]
    return "".join(alike[::-1]) if len(alike) >= _ALIKE_AT_END else ""


def called_type(
    text: str, types: Sequence[str], language: str, *, least: float = CALLED, counts: Sequence[int] = _WINDOWS
) -> str | None:
    """Return the type that some words of a text are a name of: "cabeça cortada" of "Cut head", or None.

    text: normalised. types: names as they are logged or noted. least: cosine. counts: of words.
    """
    types, text = nameable(types, text, language), without_idioms(text, language)
    told = (one for one in windows(text, language, counts) if not _of_any_part(one, language))
    letters = r"[^\W\d_]" if language in SPACELESS else r"[^\W\d_]{2,}"
    told = (one for one in dict.fromkeys(told) if compiled(letters).search(without_common(one, language)))
    some = list(islice(told, MOST_WINDOWS))
    if not some or not types:
        return None
    vectors = encode([*some, *(plain_name(name).lower() for name in types)])
    cosines = vectors[: len(some)] @ vectors[len(some) :].T
    window, best = np.unravel_index(int(cosines.argmax()), cosines.shape)
    others = np.delete(cosines[window], best)
    lead = float(cosines[window, best] - others.max()) if len(others) else 1.0
    return types[int(best)] if cosines[window, best] >= least and lead >= CALLED_LEAD else None


def _of_any_part(text: str, language: str) -> bool:
    """Return whether words are such as are said of any part, "worst part" as much as "last piece"."""
    words = words_of(language)
    if not words.has("piece", text):
        return False
    return not subjects_in(words.without(text, *_OF_ANY_PART), language, _COMMON)


def windows(text: str, language: str, counts: Sequence[int] = _WINDOWS) -> Iterator[str]:
    """Yield the words, or characters, side by side in a text, Korean ones without particles too.

    counts: of words; of one, two or three characters where one word is wanted and words don't stand apart.
    """
    # "不合格" is like the name of some type, and none.
    if language in SPACELESS:
        text = words_of(language).without(text, *_DECIDED)
    if language in SPACELESS and language != "ko":
        yield from pieces_of(text, _RUNS if counts == _WINDOWS else _SHORT_RUNS)
        return
    words = re.findall(r"[^\W\d_]+", text)
    for count in counts:
        for at in range(len(words) - count + 1):
            window = " ".join(words[at : at + count])
            if not re.search(r"\w{3}", words_of(language).without(window, *_DECIDED)) and language != "ko":
                continue
            yield from (window, window[:-1]) if language == "ko" else (window,)
