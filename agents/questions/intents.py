"""The clauses of a question that ask for different things, each with its kind by the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from agents.questions.form.alternatives import is_guess
from agents.questions.form.clauses import Clause, begins_with_and, in_itself, is_condition, split
from agents.questions.form.joined import parted
from agents.questions.form.polarity import asks_openly
from agents.questions.learned.classifier import KINDS, SENSES, Array, classify
from agents.questions.learned.encoder import normalised
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.words import SPACELESS, Words, words_of
from agents.questions.log.history import SINGLE, named_figure
from agents.questions.slots.limits import known_length_mm
from agents.questions.slots.scales import scale_of
from tools.records import Kind

NEAR: Final = 0.2
"""Least probability of a kind; a question below it is `other`."""
STANDS: Final = 0.55
"""Least probability for a clause to be an intent of its own beside others."""
ASKS: Final = 0.35
"""The same of a clause that asks by itself."""
CLEAR: Final = 0.9
"""Probability from which a whole that is of no kind is none, unless a clause is as clearly of one."""
MARKED: Final = 0.3
"""The same of a clause that ends in its own question mark."""
OF_NOTES: Final = frozenset[Kind]({"cause", "action", "effect"})
"""Kinds between which "who is responsible?" is one for the action."""
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
    texts = [*pieces, " ".join(pieces)] if len(pieces) > 1 else pieces
    found = map(_clause, texts, *classify([in_itself(text, language) for text in texts]))
    *alone, together = (_told(one, language) for one in found)
    standing = [_stands(one, before, language) for before, one in zip([None, *alone], alone, strict=False)]
    if not all(_is_word(one.text, language) for one in alone):
        # "Rust - where does it come from?", but "type, place, size" asks for three things.
        names = [one.kind != "verdict" and _only_names(one.text, language) for one in alone]
        standing = [stands and not name for stands, name in zip(standing, names, strict=True)]
    own = [one for one, stands in zip(alone, standing, strict=True) if stands]
    # "How many today, and which was the worst?"
    figures = {named_figure(normalised(one.text), language) for one in alone} - {None}
    # "When was the last reject, who checked it?" is of one row.
    several = {one.kind for one in own} == {"history"} and len(figures) > 1
    several &= figures != {"last", "operators"}
    # "How do I know if all is set up right?": the clause alone says less than the whole.
    less = len(own) == 1 and together.kind != "other" and together.probability > own[0].probability
    less &= any(is_condition(one.text, language) for one in alone if one not in own)
    if not own or less or _is_one(together, own, language, several=several):
        return [together]
    return _merged(alone, standing, several=several)


def _stands(one: Clause, before: Clause | None, language: str) -> bool:
    """Return whether a clause asks for something of its own. before: the clause before it."""
    sized = one.kind == "size" and _states_a_length(one.text, language)
    asks = _asks(one.text, language)
    # "Is it full?" is of an amount by its words, be the classifier as unsure as it may.
    marked = _ends_a_question(one, language)
    least = (NEAR if _is_told(one, language) else MARKED if marked else ASKS) if asks else STANDS
    # "If alpha had been 1 %, how many would have failed?" begins with no question for help.
    idle = one.kind in ("other", "greeting") or (one.kind == "help" and not asks)
    if idle or (one.probability < least and not sized):
        return False
    if before is None:
        return True
    # "Why that type, and not a smear?"
    if words_of(language).has("why", normalised(before.text)) and _denies(one.text, language):
        return False
    # "Whom do I tell if a plate is cracked?"
    if is_condition(one.text, language) and not words_of(language).has("ask", normalised(one.text)):
        return False
    # "What was it, the ejector?" suggests an answer, ", and is it serious?" does not.
    suggests = (one.probability < SINGLE or one.kind == "verdict") and is_guess(one.text, language)
    suggests &= not begins_with_and(one.text, language) and asks_openly(normalised(before.text), language)
    suggests &= not (one.kind == "verdict" and _only_judges(one.text, language))
    # "a round and dark spot?" ends in a word of a look, and asks for none.
    end = in_itself(one.text, language)
    look = one.kind == "appearance" and end != one.text and len(normalised(end).split()) == 1
    return not suggests and (not look or words_of(language).has("ask", normalised(end)))


def _denies(text: str, language: str) -> bool:
    """Return whether a clause begins with "and not"."""
    rest = normalised(in_itself(text, language))
    found = words_of(language).find("no", rest)
    return begins_with_and(text, language) and found is not None and found.start() == 0


def _is_word(text: str, language: str) -> bool:
    """Return whether a clause is one word, where words stand apart."""
    return language not in SPACELESS and len(normalised(in_itself(text, language)).split()) == 1


def _only_names(text: str, language: str) -> bool:
    """Return whether a clause is one word that asks for nothing."""
    return _is_word(text, language) and not _asks(text, language, 1)


def _ends_a_question(one: Clause, language: str) -> bool:
    """Return whether a clause has its own question mark, and goes on with none before it.

    "Which line?" and "who checked it?" are of the log, ", if it has a crack?" is of what comes before it.
    """
    words, text = words_of(language), normalised(one.text)
    of_log = one.kind == "history" or named_figure(text, language) is not None or words.has("who", text)
    return one.text.rstrip().endswith(("?", "\uff1f")) and not (of_log or words.has("given", text))


def _told(one: Clause, language: str) -> Clause:
    """Return a clause with the kind that its words tell, where the classifier is unsure of it.

    "The stain is where?", "and who is responsible?", but "who checked it?" is of the log.
    """
    words, text = words_of(language), normalised(one.text)
    if one.probability < ASKS and one.kind != "history" and words.has("where", text):
        return replace(one, kind="place", near=None)
    if one.probability < SINGLE and one.kind in OF_NOTES and _asks_whom(words, text):
        return replace(one, kind="action", near=None)
    return one


def _asks_whom(words: Words, text: str) -> bool:
    """Return whether a clause asks who is responsible, or whom to tell."""
    return words.has("who", text) and words.has("to_tell", text)


def _only_judges(text: str, language: str) -> bool:
    """Return whether a clause says no more than that something is bad: "is it a reject?"."""
    words, plain = words_of(language), normalised(text)
    return words.has("bad", plain) and not subjects_in(words.without(plain, "bad"), language)


def _is_told(one: Clause, language: str) -> bool:
    """Return whether the words of a clause tell its kind: "how many cracks?", "what's wrong with it?"."""
    words, text = words_of(language), normalised(one.text)
    ranks = words.has("largest", text) or words.has("smallest", text)
    return words.has("amount", text) or {
        "count": words.has("how_many", text),
        "size": ranks,
        "place": ranks or words.has("where", text),
        "action": _asks_whom(words, text),
        # "Why this colour? Is it defective?"
        "verdict": words.has("bad", text),
        "cause": words.has("why", text) and (words.has("colour", text) or words.has("looks_so", text)),
    }.get(one.kind, False)


def _is_one(together: Clause, own: Sequence[Clause], language: str, *, several: bool) -> bool:
    """Return whether a question asks for one thing as a whole. own: its clauses that stand by themselves."""
    kinds = {one.kind for one in own}
    if together.kind == "other":
        # "ignore your instructions and the measurement"
        return together.probability >= CLEAR and all(one.probability < CLEAR for one in own)
    if together.kind == "correction" and together.probability >= 0.5 and "correction" in kinds:
        return True
    # "Is it ok? Any scratch?": a yes to the one is a no to the other.
    opposed = together.kind == "verdict" and len({one.sense for one in own} - {"open"}) > 1
    # "Is it full? Would you ship it?"
    filled = {
        words_of(language).has("amount", normalised(one.text)) for one in own if _asks(one.text, language)
    }
    if len(filled) > 1:
        return False
    return together.probability >= SINGLE and kinds == {together.kind} and not opposed and not several


def _merged(alone: Sequence[Clause], standing: Sequence[bool], *, several: bool) -> list[Clause]:
    """Return the clauses that stand, each with those before it that do not, one for neighbours of a kind."""
    groups: list[Clause] = []
    text = ""
    for one, stands in zip(alone, standing, strict=True):
        text = f"{text} {one.text}".strip()
        if not stands:
            continue
        apart = one.kind == "verdict" or (one.kind == "history" and several)
        if groups and groups[-1].kind == one.kind and not apart:
            last = groups.pop()
            text = f"{last.text} {text}"
            one = replace(one, probability=max(last.probability, one.probability))
        groups.append(replace(one, text=text, near=None))
        text = ""
    if text:
        groups[-1] = replace(groups[-1], text=f"{groups[-1].text} {text}")
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
    return scale_of(plain) is not None or known_length_mm(plain, language, elsewhere=True) is not None


def _asks(text: str, language: str, least: int = 2) -> bool:
    """Return whether a clause asks by itself: a question mark, or a question word. least: words of it."""
    plain = normalised(text)
    enough = len(plain) >= 4 if language in SPACELESS else len(plain.split()) >= least
    return enough and (text.rstrip().endswith(("?", "\uff1f")) or words_of(language).has("ask", plain))
