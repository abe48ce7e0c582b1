"""Nouns that a particle joins: a cause and a remedy asked for in one breath, with no space to split at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from agents.questions.learned.classifier import KINDS, classify
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import NEVER, words_of
from tools.records import Kind

NAMED: Final = frozenset[Kind](
    {"place", "size", "type", "count", "cause", "effect", "action", "confidence", "verdict", "appearance",
     "catalogue", "reasoning"}
)  # fmt: skip
"""Kinds that a noun alone asks for."""
SURE: Final = 0.6
"""Least probability of the kind of each half."""
_JOINS: Final[Mapping[str, re.Pattern[str]]] = {
    # Not a quoting "to", as before "say" or "judge", nor "if", as behind a verb: "このまま使うと".
    "ja": re.compile(r"(?<![うくぐすつぬぶむる])と(?![言判思考いな])|や|及び|および"),
    "ko": re.compile(r"(?:와|과|이랑|랑|하고)\s+"),
    "zh": re.compile(r"和|与|及|以及|跟|还有"),
}


def parted(piece: str, language: str) -> list[str]:
    """Return the things of different kinds that a piece of a question names, or the piece itself.

    "A scratch and a dent" names two types, and asks for nothing of two kinds.
    """
    joins = _JOINS.get(language, NEVER).finditer(piece)
    cuts = [(piece[: one.start()], piece[one.end() :]) for one in joins]
    cuts = [cut for cut in cuts if all(_asks(half, language) for half in cut)]
    if not cuts:
        return [piece]
    probabilities, _ = classify([piece, *(half for cut in cuts for half in cut)])
    kinds = [KINDS[int(row.argmax())] for row in probabilities]
    sure = probabilities.max(axis=1) >= SURE
    for number, (left, right) in enumerate(cuts):
        at = 1 + 2 * number
        two = {kinds[at], kinds[at + 1]}
        if len(two) == 2 and two <= NAMED and kinds[0] in two and sure[at : at + 2].all():
            return [left, *parted(right, language)]
    return [piece]


def _asks(half: str, language: str) -> bool:
    """Return whether a half is more than the name of a defect."""
    text = normalised(half)
    return len(text) > 1 and not any(one.fullmatch(text) for one in words_of(language).types.values())
