"""BM25 search over passages, for exact words such as part names and numbers."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.text import singular

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Return the lower-case words of a text in the singular, without stop words; underscores separate."""
    return [singular(word) for word in _WORD.findall(text.lower()) if word not in _stop_words()]


@cache
def _stop_words() -> frozenset[str]:
    # bm25s is imported late: it takes SciPy's sparse arrays, and a store without notes needs neither.
    from bm25s.stopwords import STOPWORDS_EN  # type: ignore[import-untyped]

    return frozenset(STOPWORDS_EN)


class LexicalIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over texts. Thread-safe."""

    def __init__(self, texts: list[str]) -> None:
        self._size = len(texts)
        tokens = [words(text) for text in texts]
        self._vocabulary = {word for row in tokens for word in row}
        if not self._vocabulary:
            return
        import bm25s  # type: ignore[import-untyped]

        self._index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return (n,) scores, >= 0; 0 where a text shares no word with the query."""
        known = [word for word in words(query) if word in self._vocabulary]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)
