"""Words that name a type of defect only in another sense, and questions for what is wrong."""

from __future__ import annotations

import pytest

from agents.questions.slots.by_words import type_of
from agents.questions.slots.described import described_type, named_by_look
from agents.questions.understanding import understand
from knowledge.catalogue.entries import Entry


def _entry(name: str, look: str) -> Entry:
    return Entry(type=name, look=look)


BOARD = [
    _entry("Scratch", "bright thin line on the green mask"),
    _entry("Wrong chip marking", "another text on the chip"),
    _entry("Shifted component", "dark rectangular part rotated or off its pads"),
]
LEATHER = [_entry("Taglio", "linea scura sottile"), _entry("Graffio", "linea chiara lunga")]
LINES = [
    ("en", "do we stop the line for that?"),
    ("en", "Shall I halt the production line?"),
    ("de", "Müssen wir deswegen die Linie anhalten?"),
    ("it", "Dobbiamo fermare la linea per questo?"),
    ("es", "¿Paramos la línea por eso?"),
    ("fr", "On arrête la ligne pour ça ?"),
    ("pt", "Paramos a linha por isso?"),
    ("zh", "要为这个停线吗？"),
    ("ja", "このためにラインを止めますか？"),
    ("ko", "이것 때문에 라인을 세워야 하나요?"),
]
OTHERS = [
    ("it", "La taglio via o la declasso?", "taglio"),
    ("es", "¿Quién ganó el partido anoche?", "break"),
    ("pt", "Quem ganhou a partida ontem?", "break"),
]
WRONG = [
    ("en", "What is wrong with it?"),
    ("de", "Was ist denn los mit dem Teil?"),
    ("it", "Cosa c'è che non va in questo pezzo?"),
    ("es", "¿Qué tiene de malo este cuero?"),
    ("fr", "Qu'est-ce qui cloche sur ce cuir ?"),
    ("pt", "O que há de errado com esta peça?"),
    ("zh", "这个法兰有什么问题？"),
    ("ja", "この部品のどこがおかしいの？"),
    ("ko", "이 부품 뭐가 문제야?"),
]


@pytest.mark.parametrize(("language", "question"), LINES, ids=[one[0] for one in LINES])
def test_stopping_a_line_names_no_type(language: str, question: str) -> None:
    assert named_by_look(question, language, BOARD) is None
    assert described_type(question, language, BOARD) is None


@pytest.mark.parametrize(("language", "question", "other"), OTHERS, ids=[one[0] for one in OTHERS])
def test_verbs_and_matches_are_no_types(language: str, question: str, other: str) -> None:
    assert type_of(question.lower(), language, ["Taglio", "Graffio"]) != other
    assert type_of("un taglio", "it", ["Taglio", "Graffio"]) == "taglio"
    assert type_of("la pieza partida", "es") == "break"


def test_a_chip_that_the_notes_mark_is_no_chipping() -> None:
    assert described_type("what usually makes chips shift", "en", BOARD) == "Shifted component"
    names = [one.type for one in BOARD]
    assert type_of("is the wrong chip marking serious?", "en", names) == "wrong chip marking"
    assert type_of("is the chip serious?", "en", ["Chip at the edge"]) == "chip at the edge"


def test_a_dark_line_is_not_what_looks_bright() -> None:
    assert named_by_look("¿Qué es esa linea oscura?", "es", LEATHER[1:]) is None
    assert named_by_look("che cos'è quella linea chiara?", "it", LEATHER[1:]) == "Graffio"


@pytest.mark.parametrize(("language", "question"), WRONG, ids=[one[0] for one in WRONG])
def test_what_is_wrong_asks_for_no_cause(language: str, question: str) -> None:
    assert [one.kind for one in understand(question).intents] == ["verdict"]
