"""Patterns of words are compiled once: an inspection engineer asks all day, and the `re` module keeps 512."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agents.questions.understanding import understand

ASKED = (
    "Is the second scratch on the left longer than 2 mm?",
    "Wie viele Teile waren gestern bei Los B7 schlecht?",
    "Il graffio numero 2 è più grave del primo?",
    "¿Cuántas piezas fallaron en la línea 2 esta semana?",
    "La rayure du bord gauche est-elle acceptable ?",
    "Qual operador corrigiu mais peças ontem?",
    "第二个划痕在哪里?",
    "3番目の傷は何mmですか?",
    "어제 불량품은 몇 개였나요?",
)


def test_a_question_asked_again_compiles_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    for question in ASKED:
        understand(question)
    made: list[object] = []
    compiler = re._compiler  # type: ignore[attr-defined]
    own = compiler.compile

    def noted(source: Any, flags: int = 0) -> Any:
        made.append(source)
        return own(source, flags)

    monkeypatch.setattr(compiler, "compile", noted)
    for _ in range(3):
        for question in ASKED:
            understand(question)
    long = [one for one in made if len(str(one)) > 400]
    assert not long, [str(one)[:80] for one in long]
