"""The catalogues of phrases: whole, with the same fields and citations, and used."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from agents.answers.phrases import FOLDER, phrases_of
from agents.answers.tool.doubt import SUBJECTS
from agents.questions.learned.classifier import KINDS
from agents.questions.learned.examples import LANGUAGES

FIELDS = re.compile(r"\{\w+\}|\[[\w{}]+\]")
SOURCE = Path(__file__).parents[2] / "agents" / "answers"


def messages(language: str) -> dict[str, str]:
    with (FOLDER / f"{language}.po").open("rb") as text:
        return {str(one.id): str(one.string) for one in read_po(text, locale=language) if one.id}


def literals() -> set[str]:
    """All strings of the modules that answers are worded in."""
    found = set()
    worded = (
        path
        for folder in ("notes", "image", "catalogue", "log", "tool")
        for path in SOURCE.glob(f"{folder}/*.py")
    )
    for path in (*worded, SOURCE / "topic.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_there_is_a_catalogue_a_language() -> None:
    assert {path.stem for path in FOLDER.glob("*.po")} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_message_is_translated_with_its_fields(language: str) -> None:
    found = messages(language)
    assert set(found) == set(messages("de"))
    for source, text in found.items():
        assert text, source
        assert set(FIELDS.findall(source)) == set(FIELDS.findall(text)), source
    assert phrases_of(language)("No.") == found["No."]


def test_every_kind_that_can_be_meant_is_named() -> None:
    assert set(SUBJECTS) == set(KINDS) - {"greeting", "other"}
    assert set(SUBJECTS.values()) <= set(messages("de"))


def test_every_cited_message_of_the_code_is_in_the_catalogues() -> None:
    cited = re.compile(r"\[(score|type|notes|size|thread|quality|\{id\}|\{source\})\]\.$|\{cited\}\.$")
    worded = {text for text in literals() if cited.search(text) and text == text.strip()}
    assert len(worded) > 50
    assert worded - set(messages("de")) == set()
