"""Names of products and defects, such as "metal_nut": in plain words, and as keys for comparison."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_IN_TWO: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"}
)
"""Letters that are written as two where a keyboard, or a file's name, has none of them."""
_TWO: Final = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]{6})[^\W\d_]+")
"""Words in which such two letters may be written as one: "kuhlkorper" of a "kuehlkoerper"."""


def plain_name(name: str) -> str:
    """Return a name in plain words: spaces for underscores, one at a time."""
    return " ".join(name.replace("_", " ").split())


def name_key(name: str) -> str:
    """Return the key that all spellings of a name share: lower case, no spaces, hyphens, underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def without_accents(text: str) -> str:
    """Return a text without accents and umlauts' dots; characters of other scripts stay as they are."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in apart if not "\u0300" <= one <= "\u036f"))


def spellings(text: str) -> tuple[str, ...]:
    """Return a text in lower case in the ways to spell it without accents: "kuehlkoerper", "kuhlkorper"."""
    lower = unicodedata.normalize("NFC", text).lower()
    ways = [without_accents(one) for one in (lower.translate(_IN_TWO), lower)]
    ways.append(_TWO.sub(lambda word: re.sub(r"(?<=[aou])e", "", word[0]), ways[0]))
    return tuple(dict.fromkeys(ways))


def differ_by_one(one: str, other: str) -> bool:
    """Return whether two names of one first letter are the same but for a letter more, less or another.

    Two neighbours that changed places count as one: "makring" of "marking".
    """
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or short[:1] != long[:1]:
        return False
    start = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) == len(long) and short[start : start + 2] == long[start : start + 2][::-1]:
        return short[start + 2 :] == long[start + 2 :]
    return short[start + (len(short) == len(long)) :] == long[start + 1 :]
