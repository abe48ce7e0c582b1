"""Probabilities of defect types from the similarities to examples, notes and names.

A type's odds are the product of a kernel density over its examples, the fit of its notes, and the fit of its
name. Below `ENOUGH` examples of a type with a written look these add to it: one that is less like the region
than those of other types speaks against its type as one attribute of a look would. The unknown defect has the
odds of a region as similar to a type as different types are to each other.
The constants were fitted by likelihood on procedural products with simulated defects
(`benchmarks/classification.py --develop`), where types without an example or a note counted as unknown.

Where no type has an example, notes weigh less. A type without one is named from `LEAST_CHANCE` on only, in a
catalogue of written looks from `LEAST_BY_LOOK`. One of fewer than `ENOUGH` examples is not named where the
look of a type without any fits the region as well: how like each other regions of different types can be is
not known of that type. A type that its written look alone would name stays named beside examples of others
that are less likely than it.
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
"""Width of the kernel around an example, in units of similarity."""
OTHER_TYPE: Final = 0.5
"""Prior similarity of examples of different types."""
UNEVEN: Final = 0.5
"""Likeness of a product's normal patches up to which `OTHER_TYPE` holds."""
TEXTURE: Final = 0.54
"""How much more alike examples of different types are by each unit of likeness above: the least with which
a lone example named at most one in twenty regions of other types on each of four procedural products."""
OTHER_WEIGHT: Final = 3.0
"""Number of pairs of examples that the prior counts for."""
MARGIN: Final = 0.14
"""Similarity of a region and an example of one type, above that of different types."""
NOTES_WIDTH: Final = 0.05
"""Difference in the fit of notes, in cosine, for a factor e in odds."""
LEAST_FIT: Final = 0.02
"""Fit of notes, in cosine, of the unknown defect."""
NOTES_ONLY_WIDTH: Final = 0.12
"""NOTES_WIDTH where no type has an example."""
NOTES_ONLY_LEAST_FIT: Final = 0.3
"""LEAST_FIT where no type has an example."""
ALIGNED_WIDTH: Final = 0.01
"""Difference in the fit of names, in cosine, for a factor e in odds: CLIP's temperature (arXiv 2103.00020,
section 2.5)."""
ENOUGH: Final = 4
"""Examples of a type from which a region unlike them all speaks against it, whatever its entry says; set."""
AGAINST: Final = 1.7
"""Most that one of a few examples speaks against its type, in log-odds: as one attribute of a look does."""
LEAST_CHANCE: Final = 0.8
"""Least probability at which a type without an example is named. Set by hand: of 13 tiles, capsules and
bottles that were named at .5 to .7, three were right."""
LEAST_BY_LOOK: Final = 0.6
"""The same of a type with a written look, whose attributes are measured, among `CATALOGUE` such types or
more. Set on synthetic products of about ten types each: of those named from .5 on a quarter were wrong."""
CATALOGUE: Final = 6
"""Types with a written look from which they are most of what a product may have: of fewer it is often
none. Set."""
LEAST_ALONE: Final = 0.5
"""Least probability at which the only type with examples is named: likelier than all else together."""
CONFIRMED: Final = 0.9
"""Least probability at which a type with an example is confirmed; set, not fitted."""
MOST_ALTERNATIVES: Final = 4


def similarities_of(hits: Sequence[ExampleHit]) -> dict[str, list[float]]:
    """Return the similarities by type, in the spelling of its first hit."""
    names: dict[str, str] = {}
    found: defaultdict[str, list[float]] = defaultdict(list)
    for hit in hits:
        found[names.setdefault(name_key(hit.example.defect), hit.example.defect)].append(hit.similarity)
    return dict(found)


def weigh(
    examples: Mapping[str, Sequence[float]],
    notes: Mapping[str, float],
    cross_type: Sequence[float] = (),
    aligned: Mapping[str, float] | None = None,
    written: Mapping[str, float] | None = None,
    likeness: float = 0.0,
) -> DefectRecord:
    """Return the likeliest type with its probability, and the alternatives.

    examples: similarities to the region, in [-1, 1], by type. notes: `DefectNotes.fits`. cross_type:
    similarities of examples of different types. aligned: `aligned_fits`, or None. written: `written_fits`, or
    None; it takes the place of a type's notes. likeness: `MemoryBank.likeness` of the product, on which it
    depends how alike different types are. Probabilities sum to 1 over all types and the unknown defect.

    The type is confirmed where it has an example and a probability of at least `CONFIRMED`, else likely.
    """
    stated = {name_key(name): odds for name, odds in (written or {}).items()}
    if not examples and not notes and not stated:
        return DefectRecord(name=UNKNOWN, score=0.0)
    shown = {name_key(name): name for name in (*examples, *notes, *(written or {}))}  # as the notes spell it
    near = {name_key(name): values for name, values in examples.items()}
    fits = {name_key(name): fit for name, fit in notes.items()}
    prior = OTHER_TYPE + TEXTURE * max(likeness - UNEVEN, 0.0)
    other = (OTHER_WEIGHT * prior + sum(cross_type)) / (OTHER_WEIGHT + len(cross_type)) + MARGIN
    width, least = (NOTES_WIDTH, LEAST_FIT) if near else (NOTES_ONLY_WIDTH, NOTES_ONLY_LEAST_FIT)
    # Examples that say more for a type than having none would.
    densities = {key: _log_density(values) - other / KERNEL for key, values in near.items()}
    alike = {key for key, density in densities.items() if density > 0}
    few = {key for key, values in near.items() if key in stated and len(values) < ENOUGH} - alike
    # How like examples a region can be at all is not known from a few: only the differences of types count.
    nearest = min(0.0, max(densities.values(), default=0.0))
    for key in few:
        densities[key] = max(densities[key] - nearest, -AGAINST * len(near[key]))

    def by_notes(key: str) -> float:
        """Return the log-odds of a type's notes alone against the unknown defect."""
        if key in stated:
            return stated[key]
        # Notes of a type without an example say no more of a region because another type has one.
        own, least_own = (width, least) if key in near else (NOTES_ONLY_WIDTH, NOTES_ONLY_LEAST_FIT)
        return (fits.get(key, least_own) - least_own) / own

    logits = {key: densities.get(key, 0.0) + by_notes(key) for key in shown}
    names = {name_key(name): fit for name, fit in (aligned or {}).items()}
    logits = {key: logit + names.get(key, 0.0) / ALIGNED_WIDTH for key, logit in logits.items()}
    logits[""] = 0.0
    top = max(logits.values())
    total = sum(math.exp(value - top) for value in logits.values())
    chances = {key: math.exp(value - top) / total for key, value in logits.items()}
    ranked = sorted((key for key in chances if key), key=lambda key: -chances[key])
    scores = [NamedScore(name=shown[key], score=round(chances[key], 4)) for key in ranked]
    first = ranked[0]
    least_chance = LEAST_BY_LOOK if first in stated and len(stated) >= CATALOGUE else LEAST_CHANCE
    undecided = (first not in near or first in few) and chances[first] < least_chance
    # With examples of one type alone, nothing shows what those of another would be like.
    undecided |= len(near) == 1 and len(shown) > 1 and chances[first] < LEAST_ALONE
    if first in near and len(near[first]) < ENOUGH:
        # A few examples don't tell a type from one that has none and whose look fits the region as well.
        undecided |= any(fit >= stated.get(first, 0.0) for key, fit in stated.items() if key not in near)
    if undecided or chances[""] >= chances[first]:
        if near and stated:
            # An example of a less likely type says nothing against what is named by its look alone.
            alone = weigh({}, notes, (), aligned, written, likeness)
            key = name_key(alone.name)
            if key in stated and key not in near and all(chances[key] > chances[other] for other in near):
                return alone
        unknown = round(chances[""], 4)
        return DefectRecord(name=UNKNOWN, score=unknown, alternatives=scores[:MOST_ALTERNATIVES])
    best, *others = scores
    return DefectRecord(
        name=best.name,
        score=best.score,
        status="confirmed" if first in alike and chances[first] >= CONFIRMED else "likely",
        alternatives=others[:MOST_ALTERNATIVES],
    )


def _log_density(similarities: Sequence[float]) -> float:
    """Return the log of the mean kernel over similarities, up to a constant."""
    values = [value / KERNEL for value in similarities]
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values) / len(values))
