"""The product's zones that a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.questions.encoder import normalised
from agents.state import Asked, Understanding
from tools.locations import ZONE


def in_zones(asked: Asked, zones: Sequence[str]) -> Asked:
    """Return a question whose intents are about the zones that they name. zones: the product's, by name."""
    return asked.model_copy(update={"intents": [_in_zone(one, zones) for one in asked.intents]})


def _in_zone(intent: Understanding, zones: Sequence[str]) -> Understanding:
    """Return the intent with the longest zone name that its text holds as the place."""
    text = normalised(intent.text)
    for name in sorted(zones, key=len, reverse=True):
        word = re.escape(normalised(name))
        if intent.region is None and re.search(rf"(?<!\w){word}|{word}(?!\w)", text):
            return intent.model_copy(update={"place": f"{ZONE}{name}", "zone": name})
    return intent
