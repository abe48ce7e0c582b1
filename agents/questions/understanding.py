"""What a question asks for, by rule: the plan that needs no language model."""

from __future__ import annotations

import re
from typing import Final

from agents.state import Intent

_RULES: Final[tuple[tuple[Intent, str], ...]] = (
    (
        "steps",
        r"\b(step by step|reasoning|chain of thought|how did you (get|come|decide|find|know)"
        r"|why do you (think|say|believe))\b",
    ),
    (
        "confidence",
        r"\b(how (sure|certain|confident|likely)|are you (really |quite )?(sure|certain)|confidence|certainty"
        r"|p-?value|probability|uncertain)\b",
    ),
    ("recheck", r"\b(re-?check|re-?inspect|zoom|look (again|closer|more closely)|check (again|the))\b"),
    ("comparison", r"\b(compar\w+|differ\w*|versus|vs\.?|(same|better|worse) (as|than))\b"),
    (
        "normal",
        r"\b(what|how)\b.*\b(good|normal|intact|flawless|perfect|nothing is wrong)\b.*\b(looks?|like)\b"
        r"|\b(what|how)\b.*\b(looks?|like)\b.*\b(good|normal|intact|flawless|perfect|nothing is wrong)\b"
        r"|\bwhat (is|are|would be|counts as) (still )?(normal|good|acceptable)\b"
        r"|\b(made (of|from|out of)|what material|which material|consists? of)\b",
    ),
    ("template", r"\b(show|see|find|give)\b.*\b(good|normal|reference|template)\b|\bnearest template\b"),
    (
        "history",
        r"\b(what did i ask|which images|images so far|so far|summar\w+ (this|the|our) (thread|talk)"
        r"|which of (the|these|those) \w+)\b",
    ),
    ("steps", r"\b(summar\w+|overview|report)\b"),
    ("detection", r"\b(can|may|could) (i|we|they|it be) (ship|release|accept|use|sell)"),
    (
        "parts",
        r"\b(how many|number of|count( the)?) (parts|components|pieces|holes|screws|pins|teeth)\b"
        r"|\b(missing|extra|misplaced|swapped) (part|component|piece)|\b(part|component|piece)s? (is |are )?"
        r"(missing|complete|there)|\blayout\b"
        r"|\ball (the |its )?(parts|components|pieces|holes|screws|pins|teeth)\b",
    ),
    (
        "object",
        r"\b(what|which) (kind|type|sort) of (products?|objects?|items?|parts?|pieces?)\b"
        r"|\b(what|which) (product|object|item)\b|\bwhat (is|are) (this|the) (product|object|part|item)\b"
        r"|\bwhat (is|do you see|can be seen) (in|on) (the|this) (image|picture|photo\w*)\b",
    ),
    ("count", r"\bhow many\b|\bnumber of\b|\bcount\b"),
    ("location", r"\bwhere (should|do|must|can) (i|we)\b"),
    ("analysis", r"\b(why|cause[sd]?|reason|effect|consequence|impact|severity|severe|serious|matters?)\b"),
    (
        "analysis",
        r"\b(repair|fix|action|prevent|avoid|should (i|we|they|one|the \w+)|risk|harm|function"
        r"|what (to|can i) do)\b",
    ),
    ("location", r"\b(where\w*|which (part|area|region|cell|corner|side)|locat\w+|position|place)\b"),
    (
        "type",
        r"\b(what (kind|type|sort)|which (defect|type|kind)|classif\w+|type of|is it an?|called"
        r"|(could|might|may) (it|this|that) be)\b",
    ),
    (
        "description",
        r"\b(describe|description|look like|appearance|shape|size|big(ger|gest)?|larger?|largest"
        r"|small(er|est)?|long|wide|area|colou?r|dark|bright|orient\w+|contrast)\b",
    ),
    (
        "detection",
        r"\b(any|is there|are there|defect(s|ive)?|anomal\w+|damage[d]?|flaw(s|ed)?|fault[sy]?|problems?"
        r"|ok(ay)?|good|fine|normal|wrong)\b",
    ),
)

_AFFIRMS: Final = re.compile(r"\b(ok(ay)?|good|fine|normal|acceptable|ship|release|accept|use|sell)\b")
_COMMON: Final = re.compile(
    r"about|after|again|also|could|does|from|give|have|into|just|know|like|make|more|most|much|only|other|please"
    r"|reply|should|show|some|tell|than|that|their|them|then|there|they|this|what|when|where|which|will|with"
    r"|would|your"
)


def matched_kind(question: str) -> Intent | None:
    """Return what the question's own words ask for, or None where no rule fits.

    The rules are tried in order, so that "why is there a scratch" is an analysis, not a detection.
    """
    text = question.lower()
    for kind, pattern in _RULES:
        if re.search(pattern, text):
            return kind
    return None


def kind_of_question(question: str) -> Intent:
    """Return what the question asks for; "analysis" (the notes answer) where no rule fits."""
    return matched_kind(question) or "analysis"


def affirms(question: str) -> bool:
    """Return whether "yes" to a question would mean that the part is good."""
    return _AFFIRMS.search(question.lower()) is not None


def content_words(text: str) -> set[str]:
    """Return the words that say what a text is about: of four letters or more, in lower case."""
    return {word for word in re.findall(r"[a-z]{4,}", text.lower()) if not _COMMON.fullmatch(word)}
