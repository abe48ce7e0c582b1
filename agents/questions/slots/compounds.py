"""Compounds with a type of defect in them, taken apart: "Schraubenkratzer", "microgrietas"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.questions.lexicon.words import words_of
from anomaly_core.names import plain_name

_HEAD: Final = re.compile(
    r"(?<!\w)(?P<what>[^\W\d_]{3,}?)(?P<type>kratzer\w{0,2}|kratzspur(?:en)?|schramme[n]?|riss(?:e[ns]?|es)?|sprünge[n]?"
    r"|delle[n]?|beule[n]?|löcher[n]?|fleck(?:e[ns]?|s)?|brüche[n]?|bruch|versatz(?:es)?|blase[n]?|pore[n]?|grate?"
    r"|fehler[ns]?|mängel[n]?|defekte?[ns]?|schäden|ausschuss|einschlüsse[n]?)(?!\w)",
    re.IGNORECASE,
)
_NO_PART: Final = re.compile(
    r"(?:um|ab|auf|an|aus|ein|ur|vor|ver|zer|durch|unter|über|zusammen|grund|mess|tipp|schreib|druck|lese|denk|rechen"
    r"|bedien|system|haupt|folge|programm|software|anwendungs?|flüchtigkeits|zeit)",
    re.IGNORECASE,
)
"""First parts of words that name no part: "Umriss", "Messfehler", "Tippfehler"."""
_SMALL: Final = re.compile(r"(?<!\w)(?:micro|mikro|mini)-?(?=[^\W\d_]{4,})", re.IGNORECASE)


def in_parts(text: str, language: str, known: Sequence[str] = ()) -> str:
    """Return a text with such compounds as words of their own. known: names that stay whole, of any kind."""
    whole = " ".join(plain_name(name).lower() for name in known)
    names = frozenset(whole.split())
    types = words_of(language).types.values()

    def apart(found: re.Match[str]) -> str:
        word = found[0].lower()
        # "Lackblasen" are what the notes call "Lackblase".
        named = word in whole or any(word.removesuffix(end) in names for end in ("n", "en", "s", "e", "es"))
        named |= any(pattern.fullmatch(word) for pattern in types)
        return found[0] if named or _NO_PART.fullmatch(found["what"]) else f"{found['what']} {found['type']}"

    def without_size(found: re.Match[str]) -> str:
        word = re.match(r"[^\W\d_]+", text[found.end() :])
        typed = word is not None and any(pattern.fullmatch(word[0].lower()) for pattern in types)
        return "" if typed and f"{found[0]}{word[0] if word else ''}".lower() not in whole else found[0]

    return _HEAD.sub(apart, text) if language == "de" else _SMALL.sub(without_size, text)
