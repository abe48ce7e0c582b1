"""Open questions about a product, in the words that an engineer may use for it.

Forms: `exact`, the class's name as the data set spells it ("pcb1", "metal_nut"); `spaced`, as people write
it; `plural`; `words`, other words for it, from `phrasings.json` (MMAD's classes) or `synthetic_notes.json`.
All were written before any was measured.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.catalogue.passages import Passage

FOLDER = Path(__file__).parent
FORMS = ("exact", "spaced", "plural", "words")
ABOUT_DEFECTS = (
    "What causes {defect} on the {name}?",
    "We see {defect} on several {name}. How serious is it?",
    "Our {name} has {defect}; what should be done?",
    "How do I recognise {defect} on this {name}, please?",
)
ABOUT_GOOD = "What should a good {name} look like?"
ABOUT_NONE = ("What causes a {defect}?", "How serious is a {defect}?", "How do I recognise a {defect} early?")
SHARED = ("scratch", "crack", "hole", "contamination", "stain")
"""Defects that a question about no product asks for."""


@dataclass(frozen=True)
class Question:
    """text; what it is about; and which form of the product's name it uses."""

    text: str
    product: str
    defect: str
    form: str


def phrasings() -> dict[str, list[str]]:
    """Other words for MMAD's classes."""
    return dict(json.loads((FOLDER / "phrasings.json").read_text(encoding="utf-8")))


def synthetic_notes() -> tuple[dict[str, dict[str, str]], dict[str, list[str]]]:
    """Notes {product: {defect: text}} of products without a reported result, and other words for them."""
    content = json.loads((FOLDER / "synthetic_notes.json").read_text(encoding="utf-8"))
    words = {product: notes.pop("phrases") for product, notes in content.items()}
    return content, words


def questions(passages: Sequence[Passage], words: Mapping[str, Sequence[str]]) -> Iterator[Question]:
    """Yield, for each product and defect of the notes, a question in each form."""
    entries = {(p.product, p.defect): p for p in reversed(passages) if p.product and p.defect}
    number = 0
    for (product, defect), entry in sorted(entries.items(), key=str):
        product, defect = str(product), str(defect)
        shown = entry.title.lower() if defect in ("bad", "defective") else defect.replace("_", " ")
        plain = _spaced(product)
        names = [("exact", product), ("spaced", plain), ("plural", _plural(plain))]
        names += [("words", name) for name in words[product]]
        for form, name in names:
            pattern = ABOUT_GOOD if defect == "good" else ABOUT_DEFECTS[number % len(ABOUT_DEFECTS)]
            number += 1
            yield Question(pattern.format(defect=shown, name=name), product, defect, form)


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=\d)", " ", name).replace("_", " ")


def _plural(name: str) -> str:
    noun, number = re.fullmatch(r"(.*?)((?: \d+)?)", name).groups()  # type: ignore[union-attr]
    if re.search(r"(x|ch|sh|ss)$", noun):
        noun += "es"
    elif re.search(r"[^aeiou]y$", noun):
        noun = noun[:-1] + "ies"
    elif not noun.endswith("s"):
        noun += "s"
    return noun + number
