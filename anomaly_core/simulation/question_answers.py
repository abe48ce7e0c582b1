"""Question-answer texts about an image: presence, number and place of anomalies, and the object.

Answers about presence have AnomalyGPT's form (arXiv 2308.15366, section 3.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from anomaly_core.errors import ConfigError
from anomaly_core.results import CELLS, verdict_sentence

Kind = Literal["presence", "number", "cells", "object"]

PRESENCE: Final = (
    "Is there any anomaly in the image?",
    "Is there any defect in the image?",
    "Does this {product} have an anomaly?",
    "Is anything wrong with the {product} in this picture?",
    "Can this {product} pass inspection, or do you see an anomaly?",
    "Look at the {product}. Is there an anomaly, and where?",
)
NUMBER: Final = (
    "How many anomalies are there in the image?",
    "How many defects does the {product} have?",
    "Count the anomalies on the {product}.",
)
WHERE: Final = (
    "Where is the anomaly?",
    "In which part of the image is the {product} defective?",
    "Which cells of a 3x3 grid over the image hold an anomaly?",
)
OBJECT: Final = (
    "What is in the image?",
    "What object is being inspected?",
    "Describe the picture in one sentence.",
)
OBJECT_ANSWERS: Final = (
    "This is a photo of {a} {product}.",
    "The image shows {a} {product}.",
    "{A} {product} is being inspected.",
)
NUMBER_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class QuestionAnswer:
    """One question and its answer. kind: what is asked."""

    kind: Kind
    question: str
    answer: str


def inspection_pairs(product: str, cells: list[str], rng: np.random.Generator) -> list[QuestionAnswer]:
    """Return one pair of each kind for an image, its phrasing drawn with rng.

    product: the object's name in running text, such as "screw". cells: the 3x3 cell of each anomaly,
    repeats allowed, empty for a good image. Raises ConfigError for an empty name or an unknown cell.
    """
    name = " ".join(product.split())
    if not name:
        raise ConfigError("a question needs the product's name; give a word such as 'object'")
    unknown = [cell for cell in cells if cell not in CELLS]
    if unknown:
        raise ConfigError(f"no such cell: {unknown[0]!r}; the cells are {', '.join(CELLS)}")
    pairs = [
        QuestionAnswer("presence", _draw(PRESENCE, name, rng), verdict_sentence(bool(cells), cells)),
        QuestionAnswer("number", _draw(NUMBER, name, rng), _number(len(cells))),
        QuestionAnswer("object", _draw(OBJECT, name, rng), _draw(OBJECT_ANSWERS, name, rng)),
    ]
    if cells:  # asking where a good part is defective would teach that it is
        pairs.insert(2, QuestionAnswer("cells", _draw(WHERE, name, rng), _where(cells)))
    return pairs


def _draw(templates: Sequence[str], product: str, rng: np.random.Generator) -> str:
    article = "an" if product[0].lower() in "aeiou" else "a"
    template = templates[int(rng.integers(len(templates)))]
    return template.format(product=product, a=article, A=article.capitalize())


def _number(count: int) -> str:
    word = NUMBER_WORDS[count] if count < len(NUMBER_WORDS) else str(count)
    return f"There {'is one anomaly' if count == 1 else f'are {word} anomalies'} in the image."


def _where(cells: list[str]) -> str:
    unique = list(dict.fromkeys(cells))
    where = unique[0] if len(unique) == 1 else ", ".join(unique[:-1]) + " and " + unique[-1]
    return f"At the {where} of the image."


def mirrored(cells: Sequence[str], *, sideways: bool, upside_down: bool) -> list[str]:
    """Return the cells of the mirrored image."""
    swaps = [("left", "right")] * sideways + [("top", "bottom")] * upside_down
    result = list(cells)
    for one, other in swaps:
        pairs = {one: other, other: one}
        result = [" ".join(pairs.get(word, word) for word in cell.split()) for cell in result]
    return result
