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
LONGEST_ARTICLE: Final = 3
"""Letters up to which a word beside a zone's name is an article or a particle."""
SIDES: Final = ("left", "right", "top", "bottom")
"""Sides that a zone's English name may hold: "right hand"."""
_BESIDE: Final = ("follow", "region", *SIDES)
COMPOUND: Final = 6
"""Letters of a zone's name from which a longer word may begin with it."""


def in_zones(asked: Asked, zones: Sequence[str]) -> Asked:
    """Return a question whose intents are about the zones that they name. zones: the product's, by name."""
    found: list[Understanding] = []
    for one in asked.intents:
        meant = _in_zones(one, zones, asked.spoken)
        if one.zone is not None or meant != [one]:
            meant = [_bare(each, found[-1] if found else None, asked.spoken) for each in meant]
        found += meant
    return asked.model_copy(update={"intents": found})


def _bare(one: Understanding, before: Understanding | None, language: str) -> Understanding:
    """Return an intent that names a zone alone ("and the head?") as asking what was asked before it.

    That is what the question asked of another zone; else how the zone is, which no yes or no answers.
    """
    words, text = words_of(language), normalised(one.text)
    if words.has("good", text) or words.has("bad", text):
        return one
    named = [_word(normalised(one.zone))] if one.zone is not None else []
    for pattern in (*named, *words.sections.values(), *(words.by_meaning[name] for name in _BESIDE)):
        text = pattern.sub(" ", text)
    asked = words.find("ask", text)
    # Japanese asks by its particle too: "頭部は？".
    asks = asked is not None and len(asked[0]) > 1
    if asks or any(len(word) > LONGEST_ARTICLE for word in re.findall(r"\w+", text)):
        return one
    if before is not None and before.zone is not None:
        return one.model_copy(update=before.model_dump(include={"kind", "closed", "sense"}))
    return one.model_copy(update={"kind": "verdict", "closed": False, "sense": "open", "near": None})


def zones_in(text: str, zones: Sequence[str], language: str) -> list[str]:
    """Return the zones that a text names, those of longer names first.

    text: normalised. language: the text's; a zone "head" is named by "Kopf" too.
    """
    named = []
    for name in sorted(zones, key=len, reverse=True):
        if _word(normalised(name)).search(text) or _translated(name, text, language):
            named.append(name)
    return named


def _translated(name: str, text: str, language: str) -> bool:
    """Return whether a text names a zone in its language: "mano destra" the zone "right hand"."""
    words = words_of(language)
    sides = [side for side in SIDES if side in name.lower().split()]
    section = section_of(" ".join(word for word in name.lower().split() if word not in sides))
    called = words.sections.get(section or "", NEVER)
    return called.search(text) is not None and all(words.has(side, text) for side in sides)


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
