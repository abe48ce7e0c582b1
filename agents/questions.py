"""What a question asks for, by rule: the plan that needs no language model."""

from __future__ import annotations

import re
from typing import Final, Literal

Asked = Literal[
    "detection",
    "location",
    "count",
    "type",
    "description",
    "confidence",
    "template",
    "object",
    "normal",
    "analysis",
    "comparison",
    "recheck",
    "parts",
    "steps",
    "history",
]

_RULES: Final[tuple[tuple[Asked, str], ...]] = (
    ("steps", r"\b(step by step|reasoning|chain of thought|how did you (get|come|decide|find|know))\b"),
    ("confidence", r"\b(how (sure|certain|confident)|confidence|certainty|p-?value|probability|uncertain)\b"),
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
        r"\b(what did i ask|which images|images so far|so far|summar\w+ (this|the|our) (thread|talk))\b",
    ),
    (
        "parts",
        r"\b(how many|number of|count( the)?) (parts|components|pieces|holes|screws|pins|teeth)\b"
        r"|\b(missing|extra|misplaced|swapped) (part|component|piece)|\b(part|component|piece)s? (is |are )?"
        r"(missing|complete|there)|\blayout\b|\ball (the )?(parts|components|pieces)\b",
    ),
    (
        "object",
        r"\b(what|which) (kind|type|sort) of (products?|objects?|items?|parts?|pieces?)\b"
        r"|\b(what|which) (product|object|item)\b|\bwhat (is|are) (this|the) (product|object|part|item)\b"
        r"|\bwhat (is|do you see|can be seen) (in|on) (the|this) (image|picture|photo\w*)\b",
    ),
    ("count", r"\bhow many\b|\bnumber of\b|\bcount\b"),
    ("analysis", r"\b(why|cause[sd]?|reason|effect|consequence|impact|severity|severe|serious|matters?)\b"),
    (
        "analysis",
        r"\b(repair|fix|action|prevent|avoid|should (i|we)|risk|harm|function|what (to|can i) do)\b",
    ),
    ("location", r"\b(where\w*|which (part|area|region|cell|corner|side)|locat\w+|position|place)\b"),
    ("type", r"\b(what (kind|type|sort)|which (defect|type|kind)|classif\w+|type of|is it an?|called)\b"),
    (
        "description",
        r"\b(describe|description|look like|appearance|shape|size|big|large|long|wide|area|colou?r|dark"
        r"|bright|orient\w+|contrast)\b",
    ),
    ("detection", r"\b(any|is there|are there|defect(ive)?|anomal\w+|damage[d]?|ok|good|normal|wrong)\b"),
)


def matched_kind(question: str) -> Asked | None:
    """Return what the question's own words ask for, or None where no rule fits.

    The rules are tried in order, so that "why is there a scratch" is an analysis, not a detection.
    """
    text = question.lower()
    for kind, pattern in _RULES:
        if re.search(pattern, text):
            return kind
    return None


def kind_of_question(question: str) -> Asked:
    """Return what the question asks for; "analysis" (the notes answer) where no rule fits."""
    return matched_kind(question) or "analysis"
