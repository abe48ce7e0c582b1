"""Examples of each kind of question, in nine languages: what the classifier learns from.

A file a language, `examples/<code>.txt`: a line `[kind]`, then a question a line. In `[verdict]` a question
that is answered yes for a good part begins with "+", one that is answered yes for a bad part with "-",
one that asks for no yes or no with "?". Questions about the tool itself stand in `topics.toml`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from agents.questions.learned.topics import help_topics
from agents.questions.lexicon.chat_spelling import in_full
from anomaly_core.errors import ConfigError
from tools.records import Kind, Language

FOLDER: Final = Path(__file__).parent / "examples"
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""The languages that are understood best, and answered in."""
Sense = Literal["good", "bad", "open"]
"""What a yes to a question says of the part; open where it asks for no yes or no."""
SIGNS: Final[Mapping[str, Sense]] = {"+": "good", "-": "bad", "?": "open"}


@dataclass(frozen=True)
class Example:
    """A question. sense: of one for the verdict, else None. topic: of one about the tool, else None."""

    language: str
    kind: Kind
    text: str
    sense: Sense | None = None
    topic: str | None = None

    @property
    def in_full(self) -> str:
        """The question as the classifier reads it, without the spellings of messages."""
        return in_full(self.text, self.language)


def read_examples(folder: Path = FOLDER) -> list[Example]:
    """Return all examples, by language, then in the files' order. Raises ConfigError for a bad line."""
    return [example for language in LANGUAGES for example in _read(folder / f"{language}.txt", language)]


def all_examples() -> list[Example]:
    """Return the examples of the files, then those of the topics of help."""
    return read_examples() + [
        Example(language, topic.kind, text, topic=topic.name)
        for topic in help_topics().values()
        for language, texts in topic.questions.items()
        for text in texts
    ]


def digest() -> str:
    """Return the SHA-256 of all examples in full, by which a classifier knows what it was fitted to."""
    whole = hashlib.sha256()
    for one in all_examples():
        whole.update(f"{one.language} {one.kind} {one.sense} {one.topic} {one.in_full}\n".encode())
    return whole.hexdigest()


def _read(path: Path, language: str) -> list[Example]:
    found: list[Example] = []
    kind: Kind | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text:
            continue
        if text.startswith("["):
            kind = next((one for one in get_args(Kind) if text == f"[{one}]"), None)
            if kind is None:
                raise ConfigError(f"{path}:{number}: {text} is no kind of question")
        elif kind is None:
            raise ConfigError(f"{path}:{number}: a question stands before any [kind]")
        elif kind == "verdict":
            if text[:2] not in {f"{sign} " for sign in SIGNS}:
                raise ConfigError(f"{path}:{number}: begin a question for a verdict with +, - or ?")
            found.append(Example(language, kind, text[2:], SIGNS[text[0]]))
        else:
            found.append(Example(language, kind, text))
    return found
