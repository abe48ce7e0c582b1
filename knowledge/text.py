"""Text processing: sentence splitting, stemming, shortening."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_SMALL: Final = "a-z\u00df-\u00f6\u00f8-\u00ff\u03b1-\u03ce\u0430-\u045f"
_END: Final = re.compile(
    rf"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[^\s\"'(\[{_SMALL}])|\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)"
)
_ABBREVIATION: Final = re.compile(
    r"(?<!\w)(?:tel|tél|art|abt|fa|hr|fr|dr|dipl|ing|sr|sra|srta|mr|mrs|ms|mme|st|str|ca|approx|vgl|bzw|inkl|max"
    r"|fig|abb|ext|dept|e\.g|i\.e|z\.\s?b|d\.\s?h|u\.\s?a|p\.\s?ej|ej|núm|av|sig|dott|geom|prof|cad|pág|pag|vol|ref"
    r"|pos|evtl|ggf)\.$",
    re.IGNORECASE,
)
"""What ends in a full stop and ends no sentence."""
_TENSE: Final = re.compile(r"(?<=\w{3})(?:ing|ed|e)$")


def strip_control(text: str) -> str:
    """Return `text` without control and format characters, line ends and tabs kept."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each sentence, paragraph and list item, without surrounding whitespace.

    A full stop before a lower-case letter ends no sentence, such as in "approx. half".
    """
    begin = 0
    ends = (match for match in _END.finditer(text) if not _abbreviates(text, match))
    for end in [*(match.end() for match in ends), len(text)]:
        sentence = text[begin:end]
        if sentence.strip():
            start = begin + len(sentence) - len(sentence.lstrip())
            yield start, start + len(sentence.strip())
        begin = end


def _abbreviates(text: str, end: re.Match[str]) -> bool:
    """Return whether what seems the end of a sentence is that of an abbreviation: "call (Tel. 4711)"."""
    before = text[max(end.start() - 12, 0) : end.start()]
    numbered = re.search(r"(?<!\w)(?:n[ro]|min|nº)\.$", before, re.IGNORECASE)
    if numbered is not None:
        return text[end.end() : end.end() + 1].isdigit()
    return "\n" not in end[0] and _ABBREVIATION.search(before) is not None


def sentences(text: str) -> list[str]:
    """Return the sentences of `text` with single spaces; those without a letter are left out."""
    found = (" ".join(text[begin:end].split()) for begin, end in sentence_spans(text))
    return [sentence for sentence in found if any(character.isalpha() for character in sentence)]


def shortened(text: str, longest: int) -> str:
    """Return `text`, or its words within `longest` characters followed by " ..."."""
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " ..."


def singular(word: str) -> str:
    """Return a lower-case word without its plural ending.

    The S-stemmer of Harman, How effective is suffixing?, JASIS 42(1), 1991, but "dies" becomes "die".
    """
    if len(word) > 4 and word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith(("us", "ss")) else word


def stem(word: str) -> str:
    """Return a lower-case word without its plural or tense ending, such as "bend" of "bending"."""
    return _TENSE.sub("", singular(word))
