"""Whether a question without an image states a size of a type, and what several types are told by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.catalogue.asked_kinds import MEASURES
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import Words
from agents.questions.slots.limits import bare_number, value_of
from agents.state import Understanding
from anomaly_core.names import plain_name

_OF_NONE: Final = ("effects", "to_do", "who", "of_causes", "why")
"""Meanings of words that ask for something else of a type of a stated size."""


def states_size(intent: Understanding, words: Words) -> bool:
    """Return whether a question states a size of a type, with or without its unit."""
    text = normalised(intent.text)
    if intent.kind not in MEASURES or (intent.type is None and value_of(text) is None):
        return False
    # "Risco de 18 mm" is a scratch, and no risk.
    if any(words.has(one, words.without_types(text)) for one in _OF_NONE):
        return False
    return value_of(text) is not None or bare_number(text) is not None


def told_by(names: Sequence[tuple[str, str]], *, found: bool = False) -> list[str]:
    """Return what types are told by: nothing for the only one, else their names, each with its product.

    names: of types, each with its product. found: whether the question does not name them, so that the only
    one is told by its name too.
    """
    apart = len({product for _, product in names}) > 1
    shown = [f"{plain_name(name)} ({product})" if apart else plain_name(name) for name, product in names]
    return shown if len(names) > 1 or found else [""]
