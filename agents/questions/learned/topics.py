"""What can be asked about the tool itself, in `topics.toml`: questions in nine languages, and the answer.

The questions are examples of a kind too; which topic a question of that kind is of, the nearest ones tell
(`classifier.topic_of`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from agents.questions.lexicon.words import Words
from tools.records import Kind

FILE: Final = Path(__file__).with_name("topics.toml")
DECISIONS: Final = "decisions"
"""The topic of how a part is decided on."""
TO_LESSEN: Final = "fewer_alarms"
"""The topic of how to get fewer false alarms."""
STRICTER: Final = "stricter"
"""The topic of how to set it stricter, or less strict."""
SMALLEST: Final = "smallest"
"""The topic of how small a defect is found."""
MACHINE: Final = "machine"
"""The topic of what machines are told."""
OF_RATES: Final = "rates"
"""The topic of alpha and review, as they are set."""
Value = Literal["rates", "images", "zones", "products", "scale", "p_value"]
"""What an answer tells of the products that are enrolled; of the part in hand its p-value, first."""


@dataclass(frozen=True)
class HelpTopic:
    """A topic. answer: a message of the catalogues of phrases. kind: of its questions, by language."""

    name: str
    answer: str
    kind: Kind
    values: Sequence[Value]
    questions: Mapping[str, Sequence[str]]


@cache
def help_topics() -> Mapping[str, HelpTopic]:
    """Return the topics by name, in the file's order."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: _topic(name, **one) for name, one in table.items()}


def _topic(
    name: str, answer: str, kind: Kind = "help", values: Sequence[Value] = (), **questions: Sequence[str]
) -> HelpTopic:
    return HelpTopic(name, answer, kind, values, questions)


def asks_to_tighten(words: Words, text: str) -> bool:
    """Return whether a question asks how to set what is judged stricter, or less strict."""
    adjusts = any(words.has(one, text) for one in ("way", "lessen"))
    of_else = ("why", "which", "how_many", "image", "who")
    return adjusts and words.has("stricter", text) and not any(words.has(one, text) for one in of_else)


def asks_how_small(words: Words, text: str) -> bool:
    """Return whether a question asks how small a defect may be to be found, and not what was found."""
    return words.has("detects", text) and words.has("how_small", text)


def asks_to_lessen(words: Words, text: str) -> bool:
    """Return whether a question asks how to get fewer false alarms, and not how many there were."""
    return all(words.has(one, text) for one in ("false_alarm", "way", "lessen")) and not words.has(
        "how_many", text
    )
