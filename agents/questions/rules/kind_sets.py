"""Kinds that the classifier takes one for another, each set for the rules that tell them apart by words."""

from __future__ import annotations

from typing import Final

from tools.records import Kind

OF_A_LENGTH: Final = frozenset[Kind]({"verdict", "catalogue", "type", "other"})
TALK: Final = frozenset[Kind]({"greeting", "help", "other"})
NO_FATE: Final = TALK | frozenset[Kind]({"effect", "correction", "look_again", "catalogue"})
OF_A_DEFECT: Final = frozenset[Kind](
    {"verdict", "place", "type", "look_again", "correction", "appearance", "count", "normal", "other"}
)
UNHELD: Final = TALK | frozenset[Kind](
    {"history", "catalogue", "product", "size", "count", "confidence", "action", "cause", "correction"}
)
ASSENTED: Final = frozenset[Kind](
    {"greeting", "look_again", "normal", "reference", "type", "other", "catalogue"}
)
FILLED: Final = frozenset[Kind](
    {"verdict", "count", "size", "appearance", "normal", "product", "other", "type"}
)
WRITTEN: Final = frozenset[Kind](
    {"catalogue", "history", "parts", "help", "type", "appearance", "look_again", "count", "product", "other"}
)
OF_A_VALUE: Final = frozenset[Kind]({"effect", "cause", "confidence", "comparison", "normal", "correction"})
SHOWN: Final = frozenset[Kind](
    {"reference", "place", "look_again", "help", "other", "product", "comparison", "history"}
)
SIDED: Final = frozenset[Kind](
    {"verdict", "type", "look_again", "comparison", "appearance", "parts", "other", "product", "count",
     "correction", "confidence"}
)  # fmt: skip
PASSING: Final = frozenset[Kind](
    {"reference", "comparison", "verdict", "action", "normal", "confidence", "other", "size"}
)
WEIGHED: Final = frozenset[Kind](
    {"verdict", "type", "catalogue", "appearance", "other", "place", "normal", "confidence", "reasoning"}
)
FACED: Final = WEIGHED | frozenset[Kind]({"cause", "reference", "comparison"})
VIEWED: Final = WEIGHED | frozenset[Kind](
    {"action", "correction", "greeting", "product", "look_again", "help"}
)
OF_EFFECTS: Final = frozenset[Kind](
    {"place", "type", "action", "appearance", "catalogue", "other", "product", "reasoning", "look_again"}
)
WHAT_WRONG: Final = frozenset[Kind]({"cause", "effect", "product", "reasoning", "other", "normal"})
LESSENED: Final = frozenset[Kind](
    {"history", "action", "other", "effect", "cause", "size", "catalogue", "confidence", "count", "verdict"}
)
SUPPOSED: Final = WEIGHED | frozenset[Kind]({"look_again", "effect", "comparison", "correction", "greeting"})
BLAMED: Final = WEIGHED | frozenset[Kind]({"look_again", "help", "history", "correction"})
TROUBLED: Final = BLAMED | frozenset[Kind]({"action", "parts", "size", "count", "product", "effect"})
COUNTED: Final = frozenset[Kind]({"count", "history", "size", "verdict", "catalogue", "comparison", "other"})
POINTED: Final = frozenset[Kind](
    {"product", "type", "other", "count", "appearance", "history", "parts", "verdict", "reference",
     "catalogue", "size", "comparison", "look_again"}
)  # fmt: skip
COLOURED: Final = frozenset[Kind](
    {"place", "verdict", "other", "catalogue", "size", "product", "parts", "normal", "type"}
)
BROKEN: Final = frozenset[Kind]({"verdict", "reasoning", "type", "appearance", "other", "effect", "place"})
RANKED: Final = frozenset[Kind]({"history", "comparison", "help", "catalogue", "count", "product", "other"})
BELONGING: Final = frozenset[Kind](
    {"comparison", "verdict", "count", "type", "normal", "other", "place", "correction", "catalogue"}
)
OF_ONE_THING: Final = BELONGING | frozenset[Kind](
    {"history", "greeting", "help", "product", "appearance", "effect", "look_again"}
)
CHOSEN: Final = frozenset[Kind](
    {"action", "appearance", "verdict", "normal", "catalogue", "other", "effect", "place", "comparison",
     "product"}
)  # fmt: skip
DOUBTED: Final = frozenset[Kind](
    {"normal", "verdict", "appearance", "correction", "confidence", "product", "catalogue", "other"}
)
REMEDIED: Final = frozenset[Kind]({"cause", "catalogue", "effect", "appearance", "verdict", "type"})
MEASURED: Final = frozenset[Kind]({"size", "place", "comparison", "parts", "other", "confidence"})
ORIGINS: Final = frozenset[Kind](
    {"place", "reasoning", "verdict", "appearance", "type", "catalogue", "history", "other"}
)
WHY: Final = frozenset[Kind]({"cause", "reasoning", "catalogue"})
DEFINED: Final = frozenset[Kind](
    {"catalogue", "type", "appearance", "normal", "reference", "product", "other", "place", "history"}
)
LIMITED: Final = DEFINED | frozenset[Kind](
    {"verdict", "effect", "action", "size", "count", "parts", "cause", "confidence", "correction"}
)
ACCEPTED: Final = (DEFINED - {"history"}) | frozenset[Kind](
    {"verdict", "look_again", "correction", "comparison", "confidence", "count", "parts", "reasoning"}
)
LET_PASS: Final = ACCEPTED | frozenset[Kind]({"size", "effect", "action", "cause", "help"})
PLAYED_DOWN: Final = frozenset[Kind](
    {"confidence", "verdict", "normal", "type", "cause", "other", "place", "reasoning"}
)
TOLERATED: Final = frozenset[Kind](
    {"verdict", "catalogue", "place", "other", "normal", "parts", "product", "comparison", "look_again"}
)
