"""Orders that are not carried out in dialogue: "mark lot A17 as passed", "delete the results"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, get_args

from agents.questions.form.clauses import split
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, words_of
from agents.state import Order, Understanding

_QUESTION: Final = ("?", "\uff1f")


def without_orders(question: str, language: str, *, pictured: bool) -> tuple[list[Understanding], str]:
    """Return the orders of a question, as intents of the kind help, and the question without them.

    pictured: whether it came with an image; a verdict on that one part is a correction.
    """
    found: list[Understanding] = []
    rest: list[str] = []
    for clause in split(question, language):
        order = order_of(clause, language)
        if order == "judge" and pictured and not words_of(language).has("lot", normalised(clause)):
            order = None
        if order is None:
            rest.append(clause)
        elif all(one.order != order for one in found):
            found.append(Understanding(kind="help", order=order, text=clause))
    return (found, " ".join(rest)) if found else ([], question)


def beside_orders(intents: Sequence[Understanding]) -> list[Understanding]:
    """Return intents without what asks how an order of theirs is done: "I need a PDF, how do I get it?"."""
    ordered = any(one.order is not None for one in intents)
    how = [one.kind == "help" and one.order is None and one.recorded is None for one in intents]
    return [one for one, asks in zip(intents, how, strict=True) if not (ordered and asks)]


def order_of(clause: str, language: str) -> Order | None:
    """Return which order a clause gives, or None for a question, such as "can lot A17 be released?"."""
    text, words = normalised(clause), words_of(language)
    polite = compiled(f"(?:{words.orders['asked'][0]})").search(text) is not None
    if (clause.rstrip().endswith(_QUESTION) and not polite) or words.has("or", text):
        return None
    first, last = _patterns(language)
    found = next((order for order, pattern in first.items() if pattern.search(text)), None)
    if found is None and (polite or not words.has("ask", text)):
        found = next((order for order, pattern in last.items() if pattern.search(text)), None)
    return found


@cache
def _patterns(language: str) -> tuple[Mapping[Order, re.Pattern[str]], Mapping[Order, re.Pattern[str]]]:
    """Return the patterns of orders that begin with their verb, and of those that end with it."""
    table = words_of(language).orders
    begins, ends = ("", "") if language in SPACELESS else (r"(?<!\w)", r"(?!\w)")
    begin, never = table["begin"][0], table["never"][0]
    before = rf"^(?:(?:{begin}){ends}[\s,]*)*" if begin else "^"
    no_question = rf"(?!.*{begins}(?:{never}){ends})" if never else ""
    first: dict[Order, re.Pattern[str]] = {}
    last: dict[Order, re.Pattern[str]] = {}
    for order in get_args(Order):
        verbs, what, *endings = table[order]
        if verbs:
            first[order] = re.compile(rf"{before}(?:{verbs}){ends}.*?{begins}(?:{what}){ends}")
        # "Say why it was judged as passed" ends alike, but not close by.
        between = ".{0,4}" if order == "judge" else ".*"
        for ending in endings:
            pattern = rf"{before}{no_question}.*?{begins}(?:{what}){ends}{between}{begins}(?:{ending})$"
            last[order] = re.compile(pattern)
    return first, last
