"""Options of a multiple-choice question: parsing, and choice by the evidence on an image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.answers.multiple_choice import Choice, Excess, choose
from agents.state import DialogueState, InspectionState
from tools.context import Context, Part
from tools.locations import Box
from tools.records import PassageRecord
from tools.retrieve import passage_of

_LETTERED: Final = re.compile(r"(?:^|(?<=\s))\(?([A-H]) ?[):.]\s+(?=\S)")
_PRESUMING: Final = frozenset(
    {"Defect Classification", "Defect Localization", "Defect Description", "Defect Analysis"}
)
"""Kinds of question that presume a defect."""


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """Return a question without options, and its options by letter: "A: ...", "(B) ..." or "C. ...".

    Options are consecutive from A; a text with fewer than two has none.
    """
    starts: list[re.Match[str]] = []
    for found in _LETTERED.finditer(text):
        if found[1] == chr(ord("A") + len(starts)):
            starts.append(found)
    if len(starts) < 2:
        return text, {}
    ends = [*(found.start() for found in starts[1:]), len(text)]
    options = {
        found[1]: text[found.end() : end].strip(" ,;\n\t") for found, end in zip(starts, ends, strict=True)
    }
    return text[: starts[0].start()].strip(), options


class Chooser:
    """Chooses options by an image's measurements and the notes of its product."""

    def __init__(self, tools: Context) -> None:
        self._tools = tools

    def choose(
        self, question: str, options: dict[str, str], state: InspectionState | DialogueState
    ) -> Choice:
        """Return the chosen option. Raises ConfigError for no options."""
        return choose(
            question,
            options,
            state,
            self._similarity,
            excess=self._excess(state),
            notes=self.notes(state["product"].name),
        )

    def notes(self, product: str) -> list[PassageRecord]:
        """Return all passages of the notes about a product."""
        return [passage_of(passage, score=0.0) for passage in self._tools.domain.passages(product)]

    def _similarity(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self._tools.text_encoder.encode_text([text, *others]).numpy()
        return [float(value) for value in vectors[1:] @ vectors[0]]

    def _excess(self, state: InspectionState | DialogueState) -> Excess:
        part = Part(self._tools, state["image"], state["opened"].sha256, state["product"].name)
        values = part.inspection.anomaly_map.values
        peak = float(values.max())
        above = np.clip(values - part.model.strongest_threshold(values), 0.0, None)
        total = float(above.sum())

        def excess(box: Box) -> float:
            x0, y0, x1, y1 = box
            if total <= 0:
                return 0.0
            # Without excess in any option, the highest value decides.
            share = float(above[y0:y1, x0:x1].sum()) / total
            return share + 1e-3 * float(values[y0:y1, x0:x1].max()) / peak

        return excess


def choice_answer(choice: Choice, options: dict[str, str], sentence: str, anomalous: bool) -> str:
    """Return a choice as an answer; sentence: the verdict in words, which comes first."""
    cited = "".join(f" [{name}]" for name in choice.evidence)
    option = f"option {choice.letter}: {options[choice.letter].rstrip('.')}"
    if choice.kind in _PRESUMING and not anomalous:
        return f"{sentence} Were there the defect that the question speaks of, it would be {option}{cited}."
    return f"{sentence} The answer is {option}{cited}."
