"""From similarities to a scored name: examples, notes and names weighed together, and room for none of them.

Each type's odds are those of a kernel density over its examples times those of its notes, and of its name
where that can be compared with the image. Beside the types stands the unknown defect: a region that is hardly
more like any type than the types are like each other. The constants were fitted by likelihood on drawn
products with simulated defects, those of `benchmarks/classification.py --develop`, types without an example
or a note counted as unknown.

Notes alone, of which no example has shown that their words mean what is measured, weigh less, and name a type
only where it is likelier than all else together; below that the types are candidates.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from anomaly_core.names import name_key
from knowledge.products.examples import ExampleHit
from tools.records import DefectRecord, NamedScore

UNKNOWN: Final = "unknown defect"
KERNEL: Final = 0.05
"""Width of the kernel round an example, in units of similarity."""
OTHER_TYPE: Final = 0.5
"""Similarity of examples of different types, before a product has any."""
OTHER_WEIGHT: Final = 3.0
"""How many pairs of examples that prior counts for."""
MARGIN: Final = 0.14
"""How much more alike than different types are, a region and an example must be to be of one type."""
NOTES_WIDTH: Final = 0.05
"""Difference of two notes' fits, in cosine, that makes one type e times as likely as the other."""
LEAST_FIT: Final = 0.02
"""Fit of a type's notes, in cosine, below which the unknown defect is likelier."""
ALONE_WIDTH: Final = 0.12
"""NOTES_WIDTH where no type has an example."""
ALONE_LEAST_FIT: Final = 0.3
"""LEAST_FIT where no type has an example."""
ALIGNED_WIDTH: Final = 0.01
"""Difference of two names' fits to a close-up, in cosine, that makes one type e times as likely as the other:
CLIP's own temperature (arXiv 2103.00020, section 2.5)."""
LEAST_CHANCE: Final = 0.5
"""Chance from which a type without an example is named; below it, it is a candidate."""
MOST_ALTERNATIVES: Final = 4


def similarities_of(hits: Sequence[ExampleHit]) -> dict[str, list[float]]:
    """Return each type's similarities, by the first name that a person gave it."""
    names: dict[str, str] = {}
    found: defaultdict[str, list[float]] = defaultdict(list)
    for hit in hits:
        found[names.setdefault(name_key(hit.example.defect), hit.example.defect)].append(hit.similarity)
    return dict(found)


def weigh(
    examples: Mapping[str, Sequence[float]],
    notes: Mapping[str, float],
    apart: Sequence[float] = (),
    aligned: Mapping[str, float] | None = None,
) -> DefectRecord:
    """Return the likeliest type with its chance, and the others'.

    examples: each type's similarities to the region, in [-1, 1]. notes: how much better each type's notes
    fit the look than other looks, in cosine. apart: similarities of the product's examples of different
    types to each other. aligned: how much better each type's name fits a close-up than an unnamed defect
    does, in cosine; None where images and texts share no space. The chances sum to 1 over all types and the
    unknown defect.
    """
    if not examples and not notes:
        return DefectRecord(name=UNKNOWN, score=0.0)
    shown = {name_key(name): name for name in (*examples, *notes)}  # as the notes spell it
    near = {name_key(name): values for name, values in examples.items()}
    fits = {name_key(name): fit for name, fit in notes.items()}
    other = (OTHER_WEIGHT * OTHER_TYPE + sum(apart)) / (OTHER_WEIGHT + len(apart)) + MARGIN
    width, least = (NOTES_WIDTH, LEAST_FIT) if near else (ALONE_WIDTH, ALONE_LEAST_FIT)
    logits = {key: _log_density(near.get(key, [other])) + fits.get(key, least) / width for key in shown}
    names = {name_key(name): fit for name, fit in (aligned or {}).items()}
    logits = {key: logit + names.get(key, 0.0) / ALIGNED_WIDTH for key, logit in logits.items()}
    logits[""] = _log_density([other]) + least / width
    top = max(logits.values())
    total = sum(math.exp(value - top) for value in logits.values())
    chances = {key: math.exp(value - top) / total for key, value in logits.items()}
    ranked = sorted((key for key in chances if key), key=lambda key: -chances[key])
    scores = [NamedScore(name=shown[key], score=round(chances[key], 4)) for key in ranked]
    first = ranked[0]
    undecided = first not in near and chances[first] < LEAST_CHANCE
    if undecided or chances[""] >= chances[first]:
        unknown = round(chances[""], 4)
        return DefectRecord(name=UNKNOWN, score=unknown, alternatives=scores[:MOST_ALTERNATIVES])
    best, *others = scores
    return DefectRecord(name=best.name, score=best.score, alternatives=others[:MOST_ALTERNATIVES])


def _log_density(similarities: Sequence[float]) -> float:
    """Log of the mean kernel over similarities, up to a constant."""
    values = [value / KERNEL for value in similarities]
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values) / len(values))
