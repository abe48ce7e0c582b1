"""The state of a question that no image came with: what the notes say of the types that it is about."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.notes.analysis import about_type
from agents.questions.lexicon.words import common_name, same_defect, types_in
from agents.state import InspectionState
from anomaly_core.names import name_key
from tools.context import Context
from tools.records import ProductRecord
from tools.retrieve import known_defects, notes_about, passage_of


def state_of_notes(
    context: Context,
    product: str | None,
    named: Sequence[str],
    *,
    every: bool = False,
    general: bool = False,
) -> InspectionState:
    """Return the state of a question that no image came with: product, types and passages alone.

    named: types that it names; the passages are about these. every: of all products where none is given.
    general: with the passages that are about no product.
    """
    types = known_defects(context) if product is None else context.domain.defects(product)
    if not named:
        own = context.domain.passages(product) if product is not None or every else []
        if general and product is not None:
            own = [*own, *(one for one in context.domain.passages() if one.product is None)]
        passages = [passage_of(passage, score=0.0) for passage in own]
    else:
        # "Scratch" is each that is one: "head scratch" and "Graffio".
        alike = [
            name
            for name in types
            if any(same_defect(name, one) or (common_name(one) or one) in types_in(name) for one in named)
        ]
        noted = notes_about(context, product, [*named, *alike])
        found = (one for name in (*named, *alike) for one in about_type(noted, name))
        passages = list({one.id: one for one in found}.values())
    return InspectionState(
        product=ProductRecord(name=product or "", similarity=0.0, inferred=product is None),
        expected=[name for name in types if name_key(name) != "good"],
        passages=passages,
        templates=[],
        regions=[],
    )
