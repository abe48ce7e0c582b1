"""The words of a report's page: each is translated, and nothing on the page is said past the catalogues."""

from __future__ import annotations

import ast
import dataclasses
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from reported import MADE, contents, part

from anomaly_core.imaging.quality import Quality, QualityLimits
from anomaly_core.product import NOT_ALIGNED
from anomaly_core.results import CELLS
from tools.records import ErrorRecord, EvidenceRecord, FailureRecord, Language
from tools.report import page as module
from tools.report.contents import Contents
from tools.report.page import LOOKS, render_page
from tools.report.records import ASPECTS, LabelRecord, ProductFacts, ReportType
from tools.report.words import FOLDER, PROBLEMS, TITLE, words_of

LANGUAGES = sorted(set(get_args(Language)) - {"en"})
SOURCE = Path(str(module.__file__)).parent
NAMES = re.compile(r"SHA-256|\bp\b")
"""What a template may say in every language."""
FIELD = re.compile(r"\{\w+\}")
LATIN = re.compile(r"[A-Za-z]{2,}")


def templates() -> Iterator[nodes.Template]:
    for path in sorted((SOURCE / "templates").glob("*.html")):
        yield Environment().parse(path.read_text(encoding="utf-8"))


def said() -> set[str]:
    """What is given to `say` as a constant, why a picture is missing, and the words of what is found."""
    found = {
        call.args[0].value
        for template in templates()
        for call in template.find_all(nodes.Call)
        if getattr(call.node, "name", "") == "say" and isinstance(call.args[0], nodes.Const)
    }
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            words = node.args[:1] if ast.unparse(node.func) in ("say", "self.say") else []
            words += [keyword.value for keyword in node.keywords if keyword.arg == "gone"]
            found |= {word.value for word in words if isinstance(word, ast.Constant)}
    looks = {word for look in LOOKS.values() for word in (look.word, look.meaning)}
    statuses = set(get_args(ReportType.model_fields["status"].annotation))
    labels = set(get_args(LabelRecord.model_fields["verdict"].annotation))
    aspects = {aspect.capitalize() for aspect in ASPECTS}
    return found | looks | statuses | labels | aspects | set(CELLS) | PROBLEMS | {TITLE}


def messages(language: str) -> dict[str, str]:
    with (FOLDER / f"{language}.po").open("rb") as text:
        return {str(one.id): str(one.string) for one in read_po(text, locale=language) if one.id}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


class Texts(HTMLParser):
    """Collects what a reader sees or hears: texts outside the style, and the attributes that are read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        self.found += [value for name, value in attrs if value and name in ("alt", "aria-label", "title")]

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if not self.in_style and data.strip():
            self.found.append(" ".join(data.split()))


def whole(folder: Path, language: str) -> Contents:
    """A report that shows nearly all that a page can show; what the inspection said is left out."""
    silent = {"answer": "", "analysis": "", "evidence": [EvidenceRecord(kind="score", id="K1", text="t")]}
    label = LabelRecord(verdict="good", at=MADE, operator="k7")
    unknown = ReportType(name="unknown defect", status="unknown")
    parts = [part(folder, f"{number}.png", **silent) for number in range(8)]
    parts[1] = part(folder, "1.png", label=label, models=None, uncertain=True, inferred=True, **silent)
    parts[2] = part(folder, "2.png", defect_type=unknown, p_value=0.0001, **silent)
    parts[3] = part(folder, "3.png", "pass", **silent)
    parts[4] = part(folder, "4.png", "review", station="s", mm_per_px=None, **silent)
    (folder / "5.png").unlink()
    return contents(
        *parts,
        failures=(FailureRecord(image="x.png", error=ErrorRecord(kind="E", message="m")),),
        language=language,
        expected=20,
        source="log",
        since=MADE,
        log_hash="0" * 64,
        products=[ProductFacts(name="9", templates=3, encoder="e", enrolled_at=MADE)],
    )


def test_there_is_a_catalogue_a_language() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.po")) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated_with_its_fields(language: str) -> None:
    held = messages(language)
    assert set(held) == said()
    assert list(held) == list(messages("de"))
    for english, translated in held.items():
        assert translated, english
        assert fields(english) == fields(translated), english


def test_the_templates_say_nothing_past_the_catalogues() -> None:
    for template in templates():
        outputs = template.find_all(nodes.Output)
        pieces = (piece for output in outputs for piece in output.nodes)
        page = "".join(piece.data if isinstance(piece, nodes.TemplateData) else "0" for piece in pieces)
        assert [text for text in Texts(page).found if LATIN.search(NAMES.sub("", text))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_no_english_left(language: str, tmp_path: Path) -> None:
    text = render_page(whole(tmp_path, language))
    assert f'<html lang="{language}">' in text
    held = messages(language)
    english = [FIELD.sub("#", one) for one in said() if held[one] != one]
    patterns = {one: re.compile(re.escape(one).replace(r"\#", r"\S+")) for one in english}
    shown = Texts(text).found
    assert {(one, seen) for one, like in patterns.items() for seen in shown if like.fullmatch(seen)} == set()
    say = words_of(language)
    for heading in ("The worst parts", "Part by part", "How to read this report", "Defect type", "Cause"):
        assert say(heading) in text


def test_why_an_image_cannot_be_judged_is_said_in_the_language(tmp_path: Path) -> None:
    names = [field.name for field in dataclasses.fields(Quality)]
    grey, coloured = {"colour": (0.0, 0.5)}, {"colour": (3.0, 4.0)}
    problems = {NOT_ALIGNED}
    for value, limits in ((-9.0, coloured), (9.0, grey)):
        limited = QualityLimits({**dict.fromkeys(names, (0.0, 1.0)), **limits}, True, 0.5, noise=0.0)
        problems |= {*limited.problems(Quality(**dict.fromkeys(names, value)), 0.4)}
        problems |= {*limited.problems(Quality(**{**dict.fromkeys(names, value), "area": None}), 0.9)}
    assert {problem.split(": ")[0].removesuffix(".") for problem in problems} == PROBLEMS
    sharp = next(one for one in problems if one.startswith("The image is out of focus"))
    # The log keeps all problems in one text.
    reasons = ["The p-value 0.1 is below the rate 0.2.", f"{sharp} {NOT_ALIGNED}"]
    text = render_page(contents(part(tmp_path, decision="review", reasons=reasons), language="de"))
    told = re.search(r'<ul class="reasons">(.*?)</ul>', text, re.DOTALL)
    assert told is not None
    assert [" ".join(one.split()) for one in Texts(told[1]).found] == [
        "Der p-Wert 0.1 liegt unter der Rate 0.2.",
        "Das Bild ist unscharf",
        sharp.split(": ")[1],
        messages("de")[NOT_ALIGNED.removesuffix(".")],
    ]


def test_what_comes_from_elsewhere_is_not_translated(tmp_path: Path) -> None:
    text = render_page(contents(part(tmp_path), language="de"))
    assert "A worn guide." in text
    assert "scratch" in text
    assert "Der p-Wert 0.01 liegt unter der Rate 0.05." in text
    assert "4.00 × 3.00 mm" in text
