"""Answers from the record of a product, without an image: its good images, scale, zones and rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.answers.topic import Reply
from agents.questions.learned.encoder import normalised
from agents.questions.learned.topics import Value
from agents.questions.lexicon.words import Words
from agents.questions.slots.limits import measure_of
from agents.state import Understanding
from anomaly_core.names import plain_name
from anomaly_core.numbers import plain_number
from tools.enrolled import EnrolledRecord
from tools.phrases import Phrases
from tools.records import Kind

ASKS: Final = ("scale", "zone", "enrolled", "alpha")
"""Meanings of words that ask for the record of a product."""
_OTHER: Final = frozenset[Kind]({"help", "other", "greeting"})
_VALUES: Final[Mapping[str, Value]] = {
    "scale": "scale",
    "zone": "zones",
    "enrolled": "images",
    "alpha": "rates",
}
RECORD: Final = "product"
"""Id of its evidence."""


def of_the_record(say: Phrases, words: Words, intent: Understanding, product: EnrolledRecord) -> Reply | None:
    """Return what an intent asks of a product's record, or None where it asks for none of it.

    A measure ("1 mm is 48 px") is stated, and not asked for; "which zones failed today?" is of the log.
    """
    text = normalised(intent.text)
    asked = next((one for one in ASKS if words.has(one, text)), None)
    openly = words.has("ask", text) or words.has("how_many", text)
    # "How many good ones did you learn it from?"
    counts = asked == "enrolled" and words.has("how_many", text)
    if (intent.kind in _OTHER and not counts) or measure_of(text) is not None or not openly:
        return None
    if intent.log is not None and asked != "enrolled":
        return None
    value = _VALUES.get(asked or "")
    return None if value is None else Reply("", [told_of(say, value, product)])


def told_of(say: Phrases, value: Value, product: EnrolledRecord) -> str:
    """Return a sentence on a product's rates, images, zones or scale."""
    name = plain_name(product.name)
    if value == "scale" and product.mm_per_px is None:
        return say("No scale of {product} is known [product].", product=name)
    if value == "scale" and product.mm_per_px is not None:
        return say(
            "Of {product} a pixel is {length} mm long, that is {count} px per mm [product].",
            product=name,
            length=f"{product.mm_per_px:.4g}",
            count=plain_number(1 / product.mm_per_px),
        )
    if value == "zones":
        named = say.listed(product.zones)
        told = say("{product} has the zones {zones} [product].", product=name, zones=named)
        return told if product.zones else say("{product} has no zones [product].", product=name)
    if value == "images":
        return say(
            "{product} was enrolled with {count} good images [product].", product=name, count=product.images
        )
    message = "{product} is judged at alpha {alpha} and review {review} [product]."
    return say(message, product=name, alpha=f"{product.alpha:g}", review=f"{product.review:g}")
