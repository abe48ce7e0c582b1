"""Types of several products that one common word of a question is of: each has notes of its own product."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.lexicon.words import common_name, types_in
from agents.questions.slots.by_words import types_of
from agents.questions.slots.held import is_of_thing
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry


def types_of_products(text: str, language: str, named: str | None, entries: Sequence[Entry]) -> list[str]:
    """Return the types of several products that a question may be about, or none where it tells which.

    text: in lower case. named: the type that its words name. "Scratch" is what one product's notes call
    scratch, and another's "scratched trace"; a name of more words, or the thing that is damaged, tells which.
    """
    common = None if named is None else common_name(named)
    if common is None:
        return []
    fitting = [one for one in entries if common in types_in(one.type)]
    types = list(dict.fromkeys(one.type for one in fitting))
    said = types_of(text, [one for one in types if common_name(one) is None])
    if said or len({one.product for one in fitting}) < 2:
        return []
    return [] if any(is_of_thing(text, language, one) for one in types) else types


def ordered(types: Sequence[str], text: str, entries: Sequence[Entry], product: str | None) -> list[str]:
    """Return types, first those of a product that a word of the question may mean, then those it names."""
    own = {plain_name(one.type) for one in entries if product is not None and one.product == product}
    said = types_of(text, types)
    return sorted(types, key=lambda name: (plain_name(name) not in own, plain_name(name).lower() not in said))
