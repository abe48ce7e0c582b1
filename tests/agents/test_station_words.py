"""The station's words: every one that a page says has a translation in every language it offers."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection

from agents.interfaces.station import words
from agents.interfaces.station.words import FOLDER, LANGUAGES, language_of, words_of


def said() -> Iterator[str]:
    """The constant first arguments of `say(...)` and the names of the pages."""
    for path in Path(str(words.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "say"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield node.args[0].value
    yield from ("Inspect", "Review", "Products", "Log")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_word_is_translated_with_its_fields(language: str) -> None:
    with (FOLDER / f"{language}.po").open("rb") as text:
        held = {str(one.id): str(one.string) for one in read_po(text, locale=language) if one.id}
    assert set(said()) == set(held)
    for english, translated in held.items():
        assert translated
        assert fields(english) == fields(translated), english


def test_the_browser_chooses_the_language() -> None:
    def asked(accept: str, cookie: str = "") -> str:
        headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
        return language_of(HTTPConnection({"type": "http", "headers": headers}))

    assert asked("de-AT,en;q=0.7") == "de"
    assert asked("xx, de;q=0.5") == "de"
    assert asked("xx") == asked("") == "en"
    assert asked("de", "iad_language=en") == "en"
    assert asked("de", "iad_language=../../x") == "de"
    assert words_of("de")("FAIL") == "FEHLER"
    assert words_of("en")("FAIL") == "FAIL"
