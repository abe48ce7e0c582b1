"""Norms and drawings are cited from the passage that names them."""

from __future__ import annotations

import pytest

from agents.answers.phrases import phrases_of
from agents.app import Application
from agents.questions.understanding import understand
from agents.settings import Settings

CATALOGUE = """Product,Defect,Look,Cause,Effect,Severity,Action,Limit
screw,scratch,a thin bright line on the head,a worn gripper,cosmetic only,3,polish it,max 2 mm as in ISO 1302
screw,burr,a ragged border,a blunt die,jams the feeder,5,deburr it,max 0.3 mm
"""
NOTES = "# screw\n\nThe screw is made by Zeichnung 4711-B. Threads follow {norm}. A screw has 2 slots.\n"


def opened(folder: pytest.TempPathFactory, norm: str | None) -> Application:
    path = folder.mktemp("norms")
    (path / "fmea.csv").write_text(CATALOGUE if norm else CATALOGUE.replace(" as in ISO 1302", ""))
    made = Application(Settings(store=path / "store", encoder="tiny", text_encoder="tiny"))
    made.add_knowledge([path / "fmea.csv"])
    if norm is not None:
        (path / "notes.md").write_text(NOTES.format(norm=norm))
        made.add_knowledge([path / "notes.md"])
    return made


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Application:
    return opened(tmp_path_factory, "DIN EN ISO 4759-1")


NORMS = [
    ("en", "which standard applies?"),
    ("de", "welche Norm gilt?"),
    ("it", "Quale norma si applica?"),
    ("es", "¿Qué norma se aplica?"),
    ("fr", "Quelle norme s'applique ?"),
    ("pt", "Qual norma se aplica?"),
    ("zh", "适用哪个标准？"),
    ("ja", "どの規格が適用されますか？"),
    ("ko", "어떤 규격이 적용되나요?"),
]
DRAWINGS = [
    "what drawing is this made to?",
    "nach welcher Zeichnung?",
    "secondo quale disegno?",
    "¿según qué plano?",
    "selon quel plan ?",
    "conforme que desenho?",
    "图纸号是多少？",
    "図面番号は？",
    "도면 번호가 뭐예요?",
]


@pytest.mark.parametrize(("language", "question"), NORMS)
def test_a_norm_is_cited(noted: Application, language: str, question: str) -> None:
    told = noted.ask_without_image(question)
    assert told.language == language
    assert "ISO 1302" in told.answer
    assert "DIN EN ISO 4759-1" in told.answer
    assert "4711-B" not in told.answer


@pytest.mark.parametrize("question", DRAWINGS)
def test_a_drawing_is_cited(noted: Application, question: str) -> None:
    answer = noted.ask_without_image(question).answer
    assert "Zeichnung 4711-B" in answer
    assert "ISO" not in answer


def test_the_norm_of_a_type_comes_first(noted: Application) -> None:
    answer = noted.ask_without_image("which standard applies to scratches?").answer
    assert "ISO 1302" in answer
    assert "4759" not in answer


@pytest.mark.parametrize(
    "norm", ["JIS B 1001", "ASTM E18", "GB/T 3098.1", "EN 10204", "IPC-A-610", "NF E27-005"]
)
def test_norms_of_many_bodies(tmp_path_factory: pytest.TempPathFactory, norm: str) -> None:
    assert norm in opened(tmp_path_factory, norm).ask_without_image("which standard applies?").answer


@pytest.mark.parametrize(("language", "question"), NORMS)
def test_notes_without_a_norm(tmp_path_factory: pytest.TempPathFactory, language: str, question: str) -> None:
    answer = opened(tmp_path_factory, None).ask_without_image(question).answer
    assert answer.startswith(phrases_of(language)("The notes name no standard or drawing [notes]."))


def test_what_is_of_no_norm() -> None:
    assert understand("which lots are out of spec?", pictured=False).first.kind == "history"
    assert understand("is it within the standard?").first.kind == "size"
