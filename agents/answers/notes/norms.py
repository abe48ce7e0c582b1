"""Norms and drawings that the notes name: "ISO 1302", "Zeichnung 4711-B"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.answers.notes.analysis import Finding, about_type, find_aspect, quoted
from agents.answers.topic import Reply, Topic
from agents.questions.slots.types import called_type
from knowledge.text import sentences
from tools.records import PassageRecord

MOST_TOLD: Final = 3
_BODY: Final = (
    r"ISO|IEC|DIN|EN|ASTM|ASME|ANSI|IPC|SAE|MIL|JIS|GB|KS|UNI|NF|UNE|NBR|ABNT|VDI|VDA|VDE|BS|AMS|AWS|SEMI"
    r"|GOST|IATF"
)
"""Bodies that issue norms, as their norms' numbers begin."""
_NORM: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_BODY})(?:[/ -]?(?:{_BODY}|TS|TR|T|STD|PAS))*[ -]?[A-Z]{{0,2}}[ -]?\d+(?:[-.:/]\w+)*"
)
_DRAWING: Final = re.compile(
    r"(?:(?<!\w)(?:drawing|dwg|blueprint|zeichnung|disegno|plano|dibujo|dessin|plan|desenho)(?:s?nummer)?"
    r"|图纸|图号|図面|図番|도면)(?:\s*(?:no|nr|number|num|nummer|numero|número|n|番号|号|번호)(?!\w))?[\s.:°º#]*"
    r"(?=[\w./-]*\d)[a-z0-9][\w./-]+",
    re.IGNORECASE,
)
"""A drawing with its number."""
_DRAWN: Final = re.compile(
    r"drawing|dwg|zeichnung|disegn|plano|dibujo|dessin|(?<!\w)plans?(?!\w)|desenho|图|図|도면"
)


def norms(topic: Topic) -> Reply:
    """Quote the sentences of the notes that name what is asked for, a norm or a drawing, else the other one.

    Those of a type that is asked about come first.
    """
    passages = topic.state["passages"]
    named = topic.intent.type or called_type(topic.text, topic.known_types, topic.asked.spoken)
    if named is None and topic.defect is not None and topic.words.has("this", topic.text):
        named = topic.defect.name
    own = [] if named is None else about_type(passages, named)
    wanted, other = (_DRAWING, _NORM) if _DRAWN.search(topic.text) else (_NORM, _DRAWING)
    for pattern in (wanted, other):
        for some in (own, passages):
            if told := quoted(topic, _naming(some, pattern)):
                return Reply("", told)
    limits = quoted(topic, find_aspect(own, "limit", topic.say.language)[:1])
    return Reply("", [topic.say("The notes name no standard or drawing [notes]."), *limits])


def _naming(passages: Sequence[PassageRecord], pattern: re.Pattern[str]) -> list[Finding]:
    """Return the first sentences of passages that have a pattern, each once."""
    found = [
        Finding("cause", sentence, one.id, None, one.language)
        for one in passages
        for sentence in sentences(one.text.replace('"', "'"))
        if pattern.search(sentence)
    ]
    return list({one.sentence: one for one in found}.values())[:MOST_TOLD]
