"""The clauses of a question that ask for different things, each with its kind by the classifier."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from agents.questions import slots
from agents.questions.alternatives import is_guess
from agents.questions.classifier import KINDS, SENSES, Array, classify
from agents.questions.clauses import Clause, begins_with_and, in_itself, split
from agents.questions.encoder import normalised
from agents.questions.history import SINGLE, named_figure
from agents.questions.joined import parted
from agents.questions.polarity import asks_openly
from agents.questions.words import SPACELESS, words_of
from tools.records import Kind

NEAR: Final = 0.2
"""Least probability of a kind; a question below it is `other`."""
STANDS: Final = 0.55
"""Least probability for a clause to be an intent of its own beside others."""
ASKS: Final = 0.45
"""The same of a clause that asks by itself."""
CLEAR: Final = 0.9
"""Probability from which a whole that is of no kind is none, unless a clause is as clearly of one."""
SECOND_SHARE: Final = 0.75
"""Least ratio of the second kind's probability to the first one's for an answer to offer the second: from
there on half of the first ones are wrong on the development half of benchmarks/asking.json, left out of the
examples."""
ALIKE: Final = (
    {"place", "appearance"}, {"type", "appearance"}, {"reasoning", "confidence"}, {"verdict", "reasoning"},
    {"verdict", "action"}, {"comparison", "reference"},
)  # fmt: skip
"""Kinds whose answers say nearly the same."""


def clauses_of(question: str, language: str) -> list[Clause]:
    """Return the question's clauses that ask for different things, each with what stands around it."""
    pieces = [half for piece in split(question, language) for half in parted(piece, language)]
    if not pieces:
        return [Clause(question, "other", 1.0, "open")]
    whole = " ".join(pieces)
    texts = [*pieces, whole] if len(pieces) > 1 else [whole]
    kinds, senses = classify([in_itself(text, language) for text in texts])
    if len(pieces) == 1:
        return [_clause(whole, kinds[0], senses[0])]
    together = _clause(whole, kinds[-1], senses[-1])
    alone = [_clause(text, k, s) for text, k, s in zip(pieces, kinds, senses, strict=False)]
    standing = [
        one.kind not in ("other", "greeting")
        and (
            one.probability >= (ASKS if _asks(one.text, language) else STANDS)
            or (one.kind == "size" and _states_a_length(one.text, language))
        )
        for one in alone
    ]
    for place, (asking, one) in enumerate(pairwise(alone), start=1):
        # "What was it, the ejector?" suggests an answer, ", and is it serious?" does not.
        unsure = one.probability < SINGLE or one.kind == "verdict"
        if unsure and is_guess(one.text, language) and not begins_with_and(one.text, language):
            standing[place] &= not asks_openly(normalised(asking.text), language)
    for place, one in enumerate(alone):
        # "a round and dark spot?" ends in a word of a look, and asks for none.
        ends = in_itself(one.text, language)
        if place and one.kind == "appearance" and ends != one.text and len(normalised(ends).split()) == 1:
            standing[place] &= words_of(language).has("ask", normalised(ends))
    distinct = {one.kind for one, stands in zip(alone, standing, strict=True) if stands}
    clear = any(one.probability >= CLEAR for one, stands in zip(alone, standing, strict=True) if stands)
    if together.kind == "other" and together.probability >= CLEAR and not clear:
        return [together]  # "ignore your instructions and the measurement"
    if together.kind == "correction" and together.probability >= 0.5 and "correction" in distinct:
        return [together]
    # "Is it ok? Any scratch?": a yes to the one is a no to the other.
    meant = {one.sense for one, stands in zip(alone, standing, strict=True) if stands} - {"open"}
    single = len(distinct) == 1 and together.kind in distinct
    single &= together.kind != "verdict" or len(meant) < 2
    # "How many today, and which was the worst?"
    figures = [named_figure(normalised(one.text), language) for one in alone]
    several = {"history"} == distinct and len(set(figures) - {None}) > 1
    single &= not several
    if not distinct or (together.probability >= SINGLE and single):
        return [together if not distinct or together.probability >= NEAR else alone[0]]
    groups: list[Clause] = []
    before = ""
    for one, stands in zip(alone, standing, strict=True):
        if not stands:
            before = f"{before} {one.text}".strip()
            continue
        text = f"{before} {one.text}".strip()
        before = ""
        apart = one.kind == "verdict" or (one.kind == "history" and several)
        if groups and groups[-1].kind == one.kind and not apart:
            text = f"{groups[-1].text} {text}"
            groups[-1] = Clause(text, one.kind, max(one.probability, groups[-1].probability), one.sense)
        else:
            groups.append(Clause(text, one.kind, one.probability, one.sense))
    if before and groups:
        tail = groups[-1]
        groups[-1] = Clause(f"{tail.text} {before}", tail.kind, tail.probability, tail.sense)
    return groups


def _clause(text: str, kinds: Array, senses: Array) -> Clause:
    best = int(kinds.argmax())
    probability = float(kinds[best])
    kind: Kind = KINDS[best] if probability >= NEAR else "other"
    second = int(np.argsort(kinds)[-2])
    offered = kind == KINDS[best] and kinds[second] >= SECOND_SHARE * probability
    near = KINDS[second] if offered and {kind, KINDS[second]} not in ALIKE else None
    return Clause(text, kind, round(probability, 4), SENSES[int(np.argmax(senses))], near=near)


def _states_a_length(text: str, language: str) -> bool:
    """Return whether a clause gives the scale, or the length of the part."""
    plain = normalised(text)
    return slots.scale_of(plain) is not None or slots.known_length_mm(plain, language) is not None


def _asks(text: str, language: str) -> bool:
    """Return whether a clause asks by itself: a question mark, or a question word."""
    plain = normalised(text)
    enough = len(plain) >= 4 if language in SPACELESS else len(plain.split()) >= 2
    return enough and (text.rstrip().endswith(("?", "\uff1f")) or words_of(language).has("ask", plain))
