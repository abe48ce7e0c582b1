"""Names of products and defects, such as "metal_nut": in plain words, and as keys for comparison."""

from __future__ import annotations

import re


def plain_name(name: str) -> str:
    """Return a name in plain words: spaces for underscores, one at a time."""
    return " ".join(name.replace("_", " ").split())


def name_key(name: str) -> str:
    """Return the key that all spellings of a name share: lower case, no spaces, hyphens, underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()
