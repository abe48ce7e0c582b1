"""Sentences and stems: what is one sentence stays one, and a word meets its plural."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text import sentence_spans, sentences, singular, stem


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("A gap of approx. half, e.g. a crack.", ["A gap of approx. half, e.g. a crack."]),
        ('It is called "wire." Look for it.', ['It is called "wire."', "Look for it."]),
        ("Maße prüfen. Über 2 mm ist Ausschuss.", ["Maße prüfen.", "Über 2 mm ist Ausschuss."]),
        ("Un trou, p. ex. élargi. Ébréché en bas.", ["Un trou, p. ex. élargi.", "Ébréché en bas."]),
        ("see the list\n- dirt\n- wear\n\nthe end", ["see the list", "- dirt", "- wear", "the end"]),
        ("Signs: 1. Dust. 2. Wear.", ["Signs: 1.", "Dust.", "Wear."]),
        (" \n ", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


@given(st.text(alphabet='ab.!?"()\n -1é', max_size=60))
def test_the_spans_lie_in_order_and_lose_nothing_but_space(text: str) -> None:
    spans = list(sentence_spans(text))
    assert all(text[begin:end] == text[begin:end].strip() != "" for begin, end in spans)
    assert "".join("".join(text[begin:end].split()) for begin, end in spans) == "".join(text.split())
    assert [place for span in spans for place in span] == sorted(place for span in spans for place in span)


@pytest.mark.parametrize(
    ("word", "base"),
    [("cracks", "crack"), ("bodies", "body"), ("dies", "die"), ("glass", "glass"), ("radius", "radius"),
     ("holes", "hole"), ("macaronis", "macaroni")],
)  # fmt: skip
def test_a_plural_loses_its_ending(word: str, base: str) -> None:
    assert singular(word) == base


def test_words_of_one_verb_or_noun_share_a_stem() -> None:
    for family in (("bend", "bends", "bending"), ("scratch", "scratches", "scratched"), ("hole", "holes")):
        assert len({stem(word) for word in family}) == 1
    assert [stem(word) for word in ("red", "ring", "bed")] == ["red", "ring", "bed"]
