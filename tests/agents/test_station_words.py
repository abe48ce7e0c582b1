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
from agents.questions.learned.examples import LANGUAGES as OF_ANSWERS
from agents.questions.understanding import understand
from agents.state import Understanding


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


def messages(language: str) -> dict[str, str]:
    with (FOLDER / f"{language}.po").open("rb") as text:
        return {str(one.id): str(one.string) for one in read_po(text, locale=language) if one.id}


def of_the_log(asked: Understanding) -> tuple[str, str, bool] | None:
    """What a question asks of the log, over which period, and whether of this part's product alone."""
    return None if asked.log is None else (asked.log.figure, asked.log.period, asked.log.this)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_pages_and_answers_have_the_same_languages() -> None:
    assert sorted(LANGUAGES) == sorted(OF_ANSWERS)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_word_is_translated_with_its_fields(language: str) -> None:
    held = messages(language)
    assert set(said()) == set(held)
    assert list(held) == list(messages("de"))
    for english, translated in held.items():
        assert translated
        assert fields(english) == fields(translated), english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How sure are you?", "confidence"),
        ("What does a good part look like?", "normal"),
        ("Where is the defect?", "place"),
        ("How big is it?", "size"),
        ("What caused it?", "cause"),
        ("What should be done about it?", "action"),
        ("How often did it occur this week?", "history"),
    ],
)
def test_a_question_that_a_page_suggests_is_understood(question: str, kind: str, language: str) -> None:
    found = understand(words_of(language)(question))
    assert (found.language, [one.kind for one in found.intents]) == (language, [kind])
    (one,) = found.intents
    assert not one.closed
    assert one.near is None
    assert of_the_log(one) == (("often", "this week", True) if kind == "history" else None)


def test_the_browser_chooses_the_language() -> None:
    def asked(accept: str, cookie: str = "") -> str:
        headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
        return language_of(HTTPConnection({"type": "http", "headers": headers}))

    assert asked("de-AT,en;q=0.7") == "de"
    assert asked("xx, de;q=0.5") == "de"
    assert asked("pt-BR,pt;q=0.9,en;q=0.8") == "pt"
    assert asked("zh-CN") == "zh"
    assert asked("xx") == asked("") == "en"
    assert asked("de", "iad_language=en") == "en"
    assert asked("de", "iad_language=../../x") == "de"
    assert words_of("de")("FAIL") == "FEHLER"
    assert words_of("en")("FAIL") == "FAIL"
