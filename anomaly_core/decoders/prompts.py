"""Compositional prompts: every state in every template (arXiv 2303.14814, 2308.15366)."""

from __future__ import annotations

from typing import Final

NORMAL_STATES: Final = (
    "{}",
    "flawless {}",
    "perfect {}",
    "unblemished {}",
    "{} without flaw",
    "{} without defect",
    "{} without damage",
)
ABNORMAL_STATES: Final = (
    "damaged {}",
    "broken {}",
    "{} with flaw",
    "{} with defect",
    "{} with damage",
)
TEMPLATES: Final = ("a photo of a {}.", "a photo of the {}.")
UNKNOWN_PRODUCT: Final = "object"


def compose(states: tuple[str, ...], product: str) -> list[str]:
    """Return every state of a product in every template; an empty name stands for "object"."""
    name = product.replace("_", " ").strip() or UNKNOWN_PRODUCT
    # Plain replacement: a product named "{x}" is a name, not a format field.
    return [template.replace("{}", state.replace("{}", name)) for state in states for template in TEMPLATES]
