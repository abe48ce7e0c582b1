"""The words of the pages: English, and a catalogue for each other language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection

from tools.phrases import Phrases

FOLDER: Final = Path(__file__).parent / "locale"
LANGUAGES: Final = ("en", *sorted(path.stem for path in FOLDER.glob("*.po")))
COOKIE: Final = "iad_language"


@cache
def words_of(language: str) -> Phrases:
    """Return the words of one of the languages."""
    return Phrases(language, FOLDER)


def language_of(connection: HTTPConnection) -> str:
    """Return the language that a browser's cookie names, else the first known one that it asks for."""
    chosen = connection.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wished = connection.headers.get("accept-language", "").split(",")
    codes = [one.split(";")[0].strip().split("-")[0].lower() for one in wished]
    return next((code for code in codes if code in LANGUAGES), "en")
