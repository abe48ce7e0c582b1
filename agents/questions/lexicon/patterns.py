"""Patterns that are made of the words of a language, each compiled once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

KEPT: Final = 4096
"""Compiled patterns that are kept. The `re` module keeps 512, fewer than the nine languages have."""


@lru_cache(KEPT)
def compiled(source: str, flags: int = 0) -> re.Pattern[str]:
    """Return the compiled pattern of a source. Raises re.error for one that isn't a pattern."""
    return re.compile(source, flags)
