"""The products of the log that a question means, by their names, their notes' titles, or in its language."""

from __future__ import annotations

from collections.abc import Sequence

from agents.questions.lexicon.common_words import common_in
from agents.questions.slots.products import product_meant
from knowledge.catalogue.product_match import mentioned
from tools.context import Context
from tools.log_question import LogQuestion
from tools.logged import logged_products, names_in_titles


def products_named(context: Context, text: str, language: str) -> list[str]:
    """Return the products of the log that a text names."""
    known = logged_products(context)
    if named := mentioned(text, known, common_in(text, language)):
        return named
    meant = product_meant(text, known, language, called=names_in_titles(context))
    return [] if meant is None else [meant]


def product_counted(context: Context, log: LogQuestion, language: str, types: Sequence[str]) -> str | None:
    """Return the product of the log that a question means by a word of its language, or None."""
    known = logged_products(context)
    if mentioned(log.text, known, log.common):
        return None
    called = names_in_titles(context)
    meant = product_meant(log.text, known, language, types, called)
    if meant is not None or not log.within or mentioned(log.within, known, log.common):
        return meant
    return product_meant(log.within, known, language, types, called)
