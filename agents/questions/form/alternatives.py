"""What a question suggests: alternatives to choose from ("bin it or keep it?"), or an answer of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, Words, words_of

Fate = Literal["keep", "discard", "rework"]
"""What an alternative makes of the part; one that calls it good keeps it, one that calls it bad does not."""
FATES: Final[tuple[Fate, ...]] = get_args(Fate)

_TURNED: Final[Mapping[Fate, Fate]] = {"keep": "discard", "discard": "keep"}
_NEAR: Final = 16
"""Characters before a word within which a negation turns it."""
_ENDS_OF_QUESTION: Final[Mapping[str, str]] = {"ja": r"か[\u3001\uff0c,?\s]*", "ko": r"(?<=[요까죠])[\s,?]+"}
"""What ends a question that another one follows, in languages that need no "or" between them."""
_SECOND: Final = re.compile(
    r"(?<!\w)(?:second[ -](?:choice|quality|grade)|(?:as|for) (?:a )?seconds?(?!\w)|b-(?:ware|stock|grade)"
    r"|2\. ?wahl|zweite[rn]? wahl|als zweite|seconda (?:scelta|qualità)|de segunda(?!\w)"
    r"|segunda (?:calidad|clase|linha|escolha|qualidade)|second choix|deuxième choix)"
    r"|二等品|二级品|等外品|二級品|B品|이급품|B급",
    re.IGNORECASE,
)
"""What is sold for less, in nine languages."""
_SAME_ENDING: Final = re.compile(r"(.+?)(이야|인가요?|일까요?|이니|이에요|입니까)[\s,?]+(.+?)\2[\s?]*$")
"""Two questions of one ending, which Korean puts for alternatives: "흠집이야 분필이야"."""
_PARTS: Final = re.compile(r"[,，、;:?？]|\s[\u2013\u2014-]\s")
_LONGEST: Final = 4
"""Words of a guess, of twice as many characters where words do not stand apart."""


def alternatives_of(text: str, language: str) -> list[str]:
    """Return the alternatives that a question puts, or nothing; "or not?" puts none. text: normalised."""
    words = words_of(language)
    asked = words.by_meaning["yes_no"].sub(" ", text)
    plain = compiled(rf"(?:{words.source('tag')})\s*$").sub("", asked).strip(" ,，、")
    pieces = [piece.strip(" ,，、?？") for piece in compiled(rf"(?:{words.source('or')})").split(plain)]
    # "ですか、それとも" has two words for "or".
    pieces = [piece for at, piece in enumerate(pieces) if piece or at in (0, len(pieces) - 1)]
    if len(pieces) == 1:
        # "Ok/ng?", "out? safe?"
        pieces = [piece.strip() for piece in re.split(r"[/?？]|\bvs\b", plain) if re.search(r"\w", piece)]
        twice = asked_twice(plain, language)
        two = bool(_of_one_ending(plain, language)) or differ(twice, language)
        pieces = pieces if differ(pieces, language) else twice if two else []
    return pieces if len(pieces) > 1 and all(re.search(r"\w", piece) for piece in pieces) else []


def asked_twice(plain: str, language: str) -> list[str]:
    """Return the pieces of a question that asks twice without "or": "合格ですか、不合格ですか"; else none."""
    if language not in _ENDS_OF_QUESTION:
        return []
    pieces = [one for one in re.split(_ENDS_OF_QUESTION[language], plain) if re.search(r"\w", one)]
    return _of_one_ending(plain, language) or (pieces if len(pieces) > 1 else [])


def _of_one_ending(plain: str, language: str) -> list[str]:
    """Return the pieces of two Korean questions that end alike, else none."""
    found = _SAME_ENDING.fullmatch(plain) if language == "ko" else None
    return [] if found is None else [found[1].strip(), found[3].strip()]


def differ(pieces: Sequence[str], language: str) -> bool:
    """Return whether texts make different things of the part, each of them one."""
    fates = {fate_of(piece, language) for piece in pieces}
    return None not in fates and len(fates) > 1


def fate_of(text: str, language: str) -> Fate | None:
    """Return what becomes of the part by a text: the first that it names, else whether it calls it good."""
    if is_second_choice(text):
        return "rework"
    words = words_of(language)
    named = named_fate(text, words)
    good, bad = words.find("good", text), words.find("bad", text)
    if named is not None and bad is not None and bad.start() < named[0] < bad.end():
        named = None  # "不合格"
    if named is not None:
        return named[1]
    if bad is not None:
        return "keep" if words.is_turned(bad, text, _NEAR) else "discard"
    if good is None:
        return None
    return "discard" if words.is_turned(good, text, _NEAR) else "keep"


def is_second_choice(text: str) -> bool:
    """Return whether a text makes of the part a second, which is neither kept as good nor thrown away."""
    return _SECOND.search(text) is not None


def named_fate(text: str, words: Words) -> tuple[int, Fate] | None:
    """Return where a text names what becomes of the part, and what does, as its negation has it; or None."""
    named = [(found.start(), fate, found) for fate in FATES if (found := words.find(fate, text)) is not None]
    if not named:
        return None
    place, fate, found = min(named, key=lambda one: one[:2])
    return place, _TURNED[fate] if fate in _TURNED and words.is_turned(found, text, _NEAR) else fate


def is_guess(text: str, language: str) -> bool:
    """Return whether a clause only suggests the answer to what was asked before it: ", the ejector?"."""
    plain, words = text.strip().lower(), words_of(language)
    short = len(plain) <= 2 * _LONGEST if language in SPACELESS else len(plain.split()) <= _LONGEST
    asks = any(words.has(meaning, plain) for meaning in ("ask", "good", "bad"))
    return short and plain.endswith(("?", "\uff1f")) and not asks


def guess_of(text: str, language: str) -> str | None:
    """Return the cause that a question suggests, by itself, or None. text: normalised."""
    words = words_of(language)
    pieces = [piece for piece in _PARTS.split(text) if re.search(r"\w", piece)]
    if words.has("ask", text):
        last = pieces[-1].strip() if len(pieces) > 1 else ""
        return last if last and is_guess(f"{last}?", language) else None
    if language in SPACELESS:
        return text
    for meaning in ("by", "at_station"):
        after = [found.end() for found in words.by_meaning[meaning].finditer(text)]
        if after:
            return text[after[-1] :].strip() or None
    return None


def says(statement: str, guess: str, language: str) -> bool:
    """Return whether a statement names what a guess does, in the same language."""
    told, words = statement.lower(), words_of(language)
    if language in SPACELESS:
        # Two characters in a row, other than endings, what causes are asked with, and the defect itself.
        kept = words.by_meaning["fill"].sub(" ", re.sub(r"[\u3041-\u309f]|\W", " ", guess))
        pieces = words.without_types(kept).split()
        return any(piece[at : at + 2] in told for piece in pieces for at in range(len(piece) - 1))
    fill = words.by_meaning["fill"]
    content = [word for word in re.findall(r"[^\W\d_]{3,}", guess.lower()) if not fill.fullmatch(word)]
    return bool(content) and all(
        compiled(rf"(?<!\w){word[: max(len(word) - 2, 3)]}").search(told) for word in content
    )
