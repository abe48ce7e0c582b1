"""Kinds of questions without an image, by what the catalogue may say to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.answers.notes.analysis import Aspect
from tools.records import Kind

LISTS: Final = frozenset[Kind]({"type", "product"})
"""Kinds that without an image can only ask which defects there are."""
DEFINES: Final = frozenset[Kind](
    {"verdict", "type", "appearance", "size", "normal", "reasoning", "reference", "product", "count"}
)
"""Kinds that without an image ask for what the catalogue says of the type that they name."""

DESCRIBED: Final = 15
"""Characters from which a question for a type may describe one: "it has a dark round spot, what is it?"."""
MEASURES: Final = DEFINES | {"catalogue", "correction", "action"}
"""Kinds that may hold a stated measure against a type's limit."""
LISTS_ALL: Final = ("which_defect", "every")
"""Meanings of words that ask for all types that are such."""
DESCRIBES: Final = frozenset[Kind]({"cause", "effect", "action", "catalogue"})
"""Kinds that are about a type that may be described, or named in another language."""
OF_FACTS: Final = frozenset[Kind](
    {"cause", "effect", "action", "catalogue", "normal", "size", "type", "reference", "confidence", "other"}
)
"""Kinds whose questions, where they name no type, may be answered by a sentence of the notes."""
GOES_ON: Final = frozenset[Kind](
    {"cause", "effect", "action", "catalogue", "verdict", "appearance", "size", "normal", "count"}
)
"""Kinds that without an image may go on with the type that was asked about before: "and its cause?"."""
OF_A_LIMIT: Final = ("limit", "tolerance", "threshold", "long", "length", "width", "at_maximum")
"""Meanings of words that ask how much of a type is allowed."""
OF_A_TYPE: Final = frozenset[Kind]({"cause", "effect", "action"})
"""Kinds that are about a type of defect: that of the image, where none is named and the notes are empty."""


ASPECTS: Final[Mapping[Kind, Aspect]] = {
    "cause": "cause", "reasoning": "cause", "effect": "effect", "action": "action"
}  # fmt: skip
"""What the notes say of a type, by the kind that asks for it."""
AFFECTS: Final = frozenset[Kind](
    {"verdict", "reference", "cause", "effect", "action", "normal", "parts", "other", "catalogue"}
)
"""Kinds that a question may be taken for that asks whether a type does something."""
DEMANDS: Final = frozenset[Kind]({"action", "effect", "catalogue", "type", "other", "verdict", "product"})
"""Kinds of questions for all types of which the notes say something."""
RANKS: Final = frozenset[Kind](
    {"effect", "type", "catalogue", "comparison", "place", "verdict", "appearance", "reference", "other"}
)
"""Kinds that a question for the worst of several types may be taken for."""
