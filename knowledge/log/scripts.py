"""Names in kana or Hangul held against names in Latin letters: キム and 김 are Kim."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_SOUNDS: Final = str.maketrans("cqgdbvlzy", "kkktpprji")
"""Letters that scripts tell apart in different ways, each as one of them."""
_INITIALS: Final = ("k", "kk", "n", "t", "tt", "r", "m", "p", "pp", "s", "ss", "", "j", "jj", "ch", "k",
    "t", "p", "h")  # fmt: skip
_VOWELS: Final = ("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo",
    "we", "wi", "yu", "eu", "ui", "i")  # fmt: skip
_FINALS: Final = ("", "k", "k", "k", "n", "n", "n", "t", "r", "k", "m", "r", "r", "r", "r", "r",
    "m", "p", "p", "s", "s", "ng", "j", "ch", "k", "t", "p", "h")  # fmt: skip
_PARTICLE: Final = r"(?= ?(?:씨|님)|은|는|이|가|의|와|과|랑|하고|[^\uac00-\ud7a3]|$)"
"""What stands behind a name in Korean."""
_KANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]+")
_HANGUL: Final = re.compile(rf"(?<![\uac00-\ud7a3])[\uac00-\ud7a3]{{1,5}}?{_PARTICLE}")


def spelled_in(text: str, name: str) -> bool:
    """Return whether a text has a name of Latin letters in kana or Hangul, of a person or the like."""
    wanted = _sound(re.sub(r"[^a-z]", "", name.lower()))
    return bool(wanted) and any(_sound(word) == wanted for word in _romanised(text))


def _romanised(text: str) -> Iterator[str]:
    for found in _KANA.finditer(text):
        yield "".join(map(_of_kana, found[0]))
    for found in _HANGUL.finditer(text):
        yield "".join(map(_of_hangul, found[0]))


def _of_kana(character: str) -> str:
    """Return the sound of a character, by its Unicode name, with a hyphen before a small one."""
    name = unicodedata.name(character)
    sound = name.split()[-1].lower() if "LETTER" in name else ""
    return f"-{sound}" if "SMALL" in name else sound


def _of_hangul(character: str) -> str:
    initial, rest = divmod(ord(character) - 0xAC00, 21 * 28)
    vowel, final = divmod(rest, 28)
    return _INITIALS[initial] + _VOWELS[vowel] + _FINALS[final]


def _sound(word: str) -> str:
    """Return what names of several spellings have in common."""
    # A small vowel replaces the one before it: "ji-yo" is "jo".
    plain = re.sub(r"[aiueo]-(?:y)?", "", word).replace("-tu", "")
    plain = re.sub(r"ph", "p", plain.replace("f", "p")).translate(_SOUNDS)
    # Vowels that scripts of syllables put behind a consonant that has none.
    plain = re.sub(r"(?<=[kstmprjh])e?u(?![aeiou])|(?<=t)o(?![aeiou])", "", plain) or plain
    return re.sub(r"(.)\1+", r"\1", plain)
