"""The product's zones that a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.encoder import normalised
from agents.questions.words import NEVER, section_of, words_of
from agents.state import Asked, Understanding
from tools.locations import ZONE

COMPOUND: Final = 6
"""Letters of a zone's name from which a longer word may begin with it."""


def in_zones(asked: Asked, zones: Sequence[str]) -> Asked:
    """Return a question whose intents are about the zones that they name. zones: the product's, by name."""
    return asked.model_copy(update={"intents": [_in_zone(one, zones, asked.spoken) for one in asked.intents]})


def zones_in(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones that a text names, those of longer names first.

    text: normalised. language: the text's; a zone "head" is named by "Kopf" too.
    """
    named = []
    for name in sorted(zones, key=len, reverse=True):
        called = words_of(language).sections.get(section_of(name) or "", NEVER)
        if _word(normalised(name)).search(text) or called.search(text):
            named.append(name)
    return named


def _word(name: str) -> re.Pattern[str]:
    """Return the pattern of a zone's name: as a word with its ending, such as "Rand" but not in "Randolph".

    A long name may begin a compound, and Korean particles stand right behind it.
    """
    latin = r"[a-z\u00df-\u024f\d]"
    if re.search(latin, name) is None:
        return re.compile(re.escape(name))
    end = "" if len(name) >= COMPOUND else rf"(?:s|es|n|en)?(?!{latin})"
    return re.compile(rf"(?<!{latin}){re.escape(name)}{end}")


def _in_zone(intent: Understanding, zones: Sequence[str], language: str) -> Understanding:
    """Return the intent with the longest zone name that its text holds as the place.

    A question to choose from several zones is about none of them.
    """
    named = zones_in(normalised(intent.text), zones, language) if intent.region is None else []
    if not named or (len(named) > 1 and not intent.closed):
        return intent
    return intent.model_copy(update={"place": f"{ZONE}{named[0]}", "zone": named[0]})
