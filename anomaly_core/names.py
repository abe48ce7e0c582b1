"""Names of products and defects as data sets spell them ("metal_nut"): in plain words, and compared."""

from __future__ import annotations

import re


def plain_name(name: str) -> str:
    """Return a name in plain words: spaces for underscores, one at a time."""
    return " ".join(name.replace("_", " ").split())


def name_key(name: str) -> str:
    """Return what all spellings of a name have in common: no case, spaces, hyphens, underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()
