"""What the log holds: its products, types and people, and whether a text names them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from anomaly_core.names import plain_name
from knowledge.log import names
from tools.context import Context
from tools.log_names import names_in

_SHORT: Final = 3
"""Letters up to which a name may end any word."""


def logged_products(context: Context) -> list[str]:
    """Return the products of the log. Raises StoreError."""
    if context.log is None:
        return []
    return context.log.read(lambda connection: names.distinct(connection, "product"))


def names_in_titles(context: Context) -> dict[str, list[str]]:
    """Return the compounds of products' names in the titles of their notes: "Bremsbelag" of a belag."""
    found: dict[str, list[str]] = {}
    for passage in context.domain.passages():
        name = plain_name(passage.product or "").lower()
        words = re.findall(r"[^\W\d_]+", passage.title) if len(name) > _SHORT else []
        longer = [word for word in words if word.lower().endswith(name) and len(word) > len(name)]
        if passage.product is not None and longer:
            found[passage.product] = list(dict.fromkeys([*found.get(passage.product, ()), *longer]))
    return found


def logged_types(context: Context) -> list[str]:
    """Return the types of defects in the log. Raises StoreError."""
    if context.log is None:
        return []
    return context.log.read(lambda connection: names.distinct(connection, "type"))


def logged_names(context: Context) -> list[list[str]]:
    """Return the stations, the operators and the products of the log. Raises StoreError."""
    if context.log is None:
        return []
    columns: tuple[Literal["station", "operator", "product"], ...] = ("station", "operator", "product")
    return context.log.read(lambda connection: [names.distinct(connection, one) for one in columns])


def is_of_the_log(context: Context, text: str, beside: Sequence[str] = ()) -> bool:
    """Return whether a text, in lower case, names a lot, a station or an image that the log holds.

    beside: see `names_in`.
    Raises StoreError.
    """
    if context.log is None:
        return False

    return context.log.read(lambda connection: names_in(connection, text, beside=beside).any)


def lots_in(context: Context, text: str, beside: Sequence[str] = ()) -> list[str]:
    """Return the lots of the log that a text, in lower case, names. beside: see `names_in`.

    Raises StoreError.
    """
    if context.log is None:
        return []
    return context.log.read(lambda connection: names_in(connection, text, beside=beside).lots)


def names_images(context: Context, text: str) -> bool:
    """Return whether a text, in lower case, names several images that the log holds. Raises StoreError."""
    if context.log is None:
        return False
    return context.log.read(lambda connection: len(names_in(connection, text).images) > 1)
