"""Questions whether a defect may stay, types that a question describes, and two types that it offers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents.questions.lexicon.words import words_of
from agents.questions.slots.absences import absences
from agents.questions.slots.by_words import is_absence
from agents.questions.slots.described import named_by_look
from agents.questions.understanding import understand
from agents.questions.verdict_words import says_so

KNOWN = ["Kratzer", "Delle", "Crack", "Cut", "Nick", "Verschmierter Druck"]


def _entries(*looks: tuple[str, str]) -> list[Any]:
    return [SimpleNamespace(type=name, look=look, text=look) for name, look in looks]


PANEL = _entries(
    ("Kratzer", "helle, dünne Linie im Lack"),
    ("Lackläufer", "senkrechte, längliche Nase unter dem Logo"),
    ("Delle", "große, runde, weiche Vertiefung im Lack"),
)
SEAL = _entries(
    ("Crack", "thin grey line in the rubber"),
    ("Fibre", "red curved long thin line lying over the ring"),
    ("Pit", "small dark round hole in the surface"),
)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Can we let the scratch pass at that length?", "en"),
        ("Der Kratzer, geht der mit der Länge noch durch?", "de"),
        ("Un graffio così lungo lo possiamo lasciare passare?", "it"),
        ("Un arañazo tan largo, ¿lo dejamos pasar?", "es"),
        ("Une rayure aussi longue, ça passe encore ?", "fr"),
        ("Um risco desse tamanho ainda passa?", "pt"),
        ("这么长的划痕能放行吗?", "zh"),
        ("この長さの傷で出荷していいですか", "ja"),
        ("이 크기의 긁힘은 통과할 수 있나요?", "ko"),
    ],
)
def test_what_may_stay_is_held_against_its_limit(question: str, language: str) -> None:
    asked = understand(question, current=1, known=["Kratzer"])
    assert asked.language == language
    assert [(one.kind, one.closed) for one in asked.intents] == [("size", True)]


def test_a_size_that_is_stated_of_a_defect_is_neither_limit_nor_length_of_the_part() -> None:
    one = understand("Un éclat de 5 mm, on le tolère ?", current=1, known=["Abplatzer"]).intents[0]
    assert (one.kind, one.limit) == ("size", None)
    one = understand("Can it stay like that, it's about 6 mm long?", current=1).intents[0]
    assert (one.kind, one.known_length_mm) == ("size", None)
    kept = understand("We tolerate scratches up to 0.4 mm. Is this one ok?", current=1).intents[0]
    assert kept.limit is not None


@pytest.mark.parametrize(
    "question", ["What am I looking at here, cut or nick?", "Is it a cut, or just a reflection?"]
)
def test_a_type_that_is_offered_asks_for_the_type(question: str) -> None:
    asked = understand(question, current=1, known=KNOWN)
    assert [one.kind for one in asked.intents] == ["type"]
    assert len(asked.intents[0].choice) == 2


def test_why_after_a_statement_asks_for_the_cause() -> None:
    asked = understand("Das Logo ist verschmiert. Warum?", current=1, known=KNOWN)
    assert [(one.kind, one.type) for one in asked.intents] == [("cause", "verschmierter druck")]


@pytest.mark.parametrize(
    ("question", "language", "entries", "meant"),
    [
        ("Woher kommt so eine Nase im Lack?", "de", PANEL, "Lackläufer"),
        ("What should I do about the red thread?", "en", SEAL, "Fibre"),
        ("¿Qué es ese hilo rojo?", "es", SEAL, "Fibre"),
        ("What caused this mark on the surface?", "en", SEAL, None),
        ("Was ist die Ursache?", "de", PANEL, None),
    ],
)
def test_a_word_of_one_look_alone_names_its_type(
    question: str, language: str, entries: list[Any], meant: str | None
) -> None:
    assert named_by_look(question, language, entries) == meant


def test_what_is_missing_names_its_absence() -> None:
    entries = _entries(("Cioccolato mancante", "manca la banda"), ("Missing letter", "a letter is missing"))
    assert absences("falta chocolate na borda", "pt", entries) == ["Cioccolato mancante"]
    assert not is_absence("Lackläufer") and not is_absence("Fehldruck") and is_absence("Fehlende Schraube")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Kann das Paneel so ans Band?", "de"),
        ("Can this go to the line like this?", "en"),
        ("이거 그대로 라인에 올려도 되나요?", "ko"),
        ("これ、このままラインに入れていい?", "ja"),
    ],
)
def test_as_it_is_carries_a_yes_or_no(question: str, language: str) -> None:
    one = understand(question, current=1).intents[0]
    assert one.closed and says_so(one, words_of(language))
