"""The product's zones that a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.encoder import normalised
from agents.questions.words import NEVER, section_of, words_of
from agents.state import Asked, Understanding
from tools.locations import ZONE
from tools.records import Kind

OF_EACH: Final = frozenset[Kind]({"verdict", "look_again"})
"""Kinds that are asked of each zone that a question names: "is the head ok, and the neck?"."""
COMPOUND: Final = 6
"""Letters of a zone's name from which a longer word may begin with it."""


def in_zones(asked: Asked, zones: Sequence[str]) -> Asked:
    """Return a question whose intents are about the zones that they name. zones: the product's, by name."""
    found = [each for one in asked.intents for each in _in_zones(one, zones, asked.spoken)]
    return asked.model_copy(update={"intents": found})


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


def _in_zones(intent: Understanding, zones: Sequence[str], language: str) -> list[Understanding]:
    """Return the intent with the zone that its text holds as the place; once for each of several.

    A question to choose from several zones is about none of them.
    """
    text = normalised(intent.text)
    named = zones_in(text, zones, language) if intent.region is None else []
    # A name within a longer one is not meant beside it.
    named = [name for name in named if not any(name in other and name != other for other in named)]
    if not named or (len(named) > 1 and not intent.closed and intent.kind != "look_again"):
        return [intent]
    chooses = bool(intent.choice) or words_of(language).has("or", text)
    meant = named if intent.kind in OF_EACH and not chooses else named[:1]
    return [intent.model_copy(update={"place": f"{ZONE}{name}", "zone": name}) for name in meant]
