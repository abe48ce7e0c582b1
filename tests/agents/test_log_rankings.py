"""Pareto lists, rankings and trends of the log, however they are worded, and decisions said in English."""

from __future__ import annotations

from datetime import datetime

import pytest

from agents.questions.understanding import understand

NOW = datetime.fromisoformat("2026-06-10T12:00:00+02:00")


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("pareto of the vial defects please", "frequent"),
        ("Top 3 Fehler heute?", "frequent"),
        ("Ranking der Fehler", "frequent"),
        ("classifica dei difetti di oggi", "frequent"),
        ("ranking de defectos de hoy", "frequent"),
        ("top 5 des défauts", "frequent"),
        ("ranking de defeitos", "frequent"),
        ("今天的缺陷排名", "frequent"),
        ("不良ランキングを見せて", "frequent"),
        ("오늘 불량 유형 순위 알려줘", "frequent"),
        ("Rangliste der Bediener", "operators"),
        ("ranking de operarios con más rechazos hoy", "operators"),
        ("ranking of lots", "lots"),
        ("classement des postes", "stations"),
        ("ロット別ランキング", "lots"),
        ("批次排名", "lots"),
        ("로트 순위", "lots"),
        ("the top 3 parts of today", "worst"),
        ("Seit wann steigt der Ausschuss?", "trend"),
        ("since when are rejects rising?", "trend"),
        ("gli scarti stanno aumentando?", "trend"),
        ("¿está subiendo la tasa de rechazo?", "trend"),
        ("les rebuts augmentent-ils ?", "trend"),
        ("a taxa de rejeição está a subir?", "trend"),
        ("不良率在上升吗?", "trend"),
        ("不良率は上がっていますか", "trend"),
        ("불량률이 올라가고 있어?", "trend"),
        ("Seit wann haben wir Ausschuss?", "first"),
    ],
)
def test_the_figure_of_a_ranking_or_a_trend(question: str, figure: str) -> None:
    log = understand(question, pictured=False, now=NOW).first.log
    assert log is not None
    assert log.figure == figure


def test_the_top_causes_are_of_the_notes() -> None:
    assert understand("top 3 causes of a scratch", pictured=False, now=NOW).first.log is None


@pytest.mark.parametrize("question", ["quali boards sono failed oggi?", "welche Teile sind heute rejected?"])
def test_a_decision_in_english(question: str) -> None:
    log = understand(question, pictured=False, now=NOW).first.log
    assert log is not None
    assert (log.figure, log.decision) == ("list", "fail")
