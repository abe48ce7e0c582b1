"""The type of defect that a question means without naming it: by meaning, among the catalogue's entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.questions.encoder import encode
from knowledge.catalogue.entries import Entry

LEAST_SIMILARITY: Final = 0.25
"""Least cosine of a question and an entry: the mean of those of its name, and of its name and look."""
LEAST_LEAD: Final = 0.05
"""Least lead over the second best; both are set by a look at questions about five catalogues."""


def meant_type(question: str, entries: Sequence[Entry]) -> str | None:
    """Return the type of the entry that a question is about by its meaning, or None where none stands out."""
    types = list(dict.fromkeys(entry.type for entry in entries))
    if not types:
        return None
    looks = {entry.type: f"{entry.type}. {entry.look}" for entry in reversed(entries)}
    vectors = encode([question, *types, *(looks[name] for name in types)])
    cosines = (vectors[1:] @ vectors[0]).reshape(2, len(types)).mean(axis=0)
    order = np.argsort(-cosines)
    lead = float(cosines[order[0]] - cosines[order[1]]) if len(types) > 1 else 1.0
    if cosines[order[0]] < LEAST_SIMILARITY or lead < LEAST_LEAD:
        return None
    return types[int(order[0])]
