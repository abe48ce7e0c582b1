"""What an image can't tell is not affirmed: texts, values, polarity, likely types, supposed sizes."""

from __future__ import annotations

import pytest
from given_parts import LIKELY, NOTES, REGION, asked_of

from agents.answers.evidence import in_mm
from agents.questions.rules.supposed import as_noted
from agents.questions.understanding import understand
from agents.state import Turn, Understanding


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("do all the resistors say 103?", "That can't be told. Text"),
        ("does the chip read MCU-48?", "That can't be told. Text"),
        ("steht auf allen Widerständen 103?", "Das lässt sich nicht sagen. Text"),
        ("are all resistors the right value?", "That can't be told. Values"),
        ("is the capacitor the right way round?", "That can't be told. Values"),
        ("stimmen die Werte der Widerstände?", "Das lässt sich nicht sagen. Werte"),
        ("ist der Kondensator richtig herum?", "Das lässt sich nicht sagen. Werte"),
        ("¿está el condensador al revés?", "No se puede decir. No se juzgan"),
        ("le condensateur est dans le bon sens ?", "On ne peut pas le dire. Les valeurs"),
        ("la polarità del condensatore è giusta?", "Non si può dire. Non si giudicano"),
        ("a polaridade do capacitor está correta?", "Não dá para dizer. Não se avaliam"),
        ("电容的极性正确吗?", "不判断元件的数值"),
        ("コンデンサの極性は正しいですか?", "部品の値や向きは判定しません"),
        ("커패시터의 극성이 맞나요?", "부품의 값이나 방향은 판정하지 않으며"),
    ],
)
def test_texts_values_and_polarity_get_no_yes(question: str, told: str) -> None:
    answer, affirmed = asked_of(question)
    assert told in answer and affirmed is None


def test_whether_the_part_is_good_is_still_affirmed() -> None:
    assert asked_of("is it good?") == ("Yes. Nothing exceeds what good parts show [score].", True)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("is it a crack?", "Probably not."),
        ("ist das ein Riss?", "Eher nicht."),
        ("is it rust?", "Probably not."),
    ],
)
def test_a_type_that_is_likely_makes_another_improbable(question: str, first: str) -> None:
    answer, affirmed = asked_of(question, "fail", defect_type=LIKELY)
    assert answer.startswith(first)
    assert "Stain [type]" in answer and affirmed is None
    sure = LIKELY.model_copy(update={"status": "confirmed"})
    assert asked_of(question, "fail", defect_type=sure)[1] is False


def test_a_compound_of_the_notes_is_the_type_that_its_word_names() -> None:
    asked = Understanding(kind="type", text="is it a crack?", type="crack", closed=True)
    assert as_noted(asked, ["Glasriss", "fibre"], "en").type == "glasriss"
    assert as_noted(asked, ["Glasriss", "Crack"], "en").type == "crack"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("and what if it was 4 mm?", "4 mm is above the limit of 2 mm"),
        ("what if it were 1 mm?", "1 mm is within the limit of 2 mm"),
        ("und wenn es 4 mm wären?", "4 mm über der Grenze von 2 mm"),
        ("¿y si fuera de 4 mm?", "4 mm"),
        ("et s'il faisait 4 mm ?", "4 mm"),
        ("e se fosse di 4 mm?", "4 mm"),
        ("e se ela medisse 4 mm?", "4 mm"),
        ("如果是4毫米呢?", "4 mm"),
        ("もし4mmだったら?", "4 mm"),
        ("만약 4 mm라면?", "4 mm"),
    ],
)
def test_a_size_that_is_only_supposed_is_held_against_the_limit_asked_of_before(
    question: str, told: str
) -> None:
    before = understand("is the rim scratch allowed?", known=list(NOTES))
    turn = Turn(
        number=1, question="is the rim scratch allowed?", image=1, kind=before.first.kind, region=None,
        slots=before.first.model_copy(update={"type": "rim scratch"}), answer="", language="en",
    )  # fmt: skip
    asked = understand(question, [turn], current=1, known=list(NOTES))
    assert asked.first.type == "rim scratch"
    answer = asked_of(question, "fail", asked=asked)[0]
    assert told in answer and "2 mm" in answer and "% of the image" not in answer


def test_a_length_is_one_figure_in_whole_pixels_or_not() -> None:
    assert in_mm(REGION, 20.0) == "an elongated dark area 5.93 mm long and 0.41 mm wide"


@pytest.mark.parametrize("question", ["wie hoch ist der?", "how high is it?", "quanto è alto?", "有多高?"])
def test_how_high_something_is_asks_for_no_certainty(question: str) -> None:
    assert understand(question, current=1, known=list(NOTES)).first.kind == "size"


def test_how_high_a_probability_is_still_asks_for_it() -> None:
    assert understand("wie hoch ist die Sicherheit?", current=1, known=list(NOTES)).first.kind == "confidence"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what type is it?", "The type is not certain: "),
        ("welche Art von Fehler ist das?", "Der Typ ist nicht sicher: "),
        ("che tipo di difetto è?", "Il tipo non è certo: "),
        ("¿qué tipo de defecto es?", "El tipo no es seguro: "),
        ("quel type de défaut est-ce ?", "Le type n'est pas certain : "),
        ("que tipo de defeito é?", "O tipo não é certo: "),
        ("这是什么类型的缺陷？", "类型不确定："),
        ("これは何の欠陥ですか？", "種類は確かではありません："),
        ("결함 유형이 뭐예요?", "유형이 확실하지 않습니다: "),
    ],
)
def test_an_uncertain_type_is_called_so_first(question: str, first: str) -> None:
    assert asked_of(question, "fail")[0].startswith(first)


@pytest.mark.parametrize("question", ["what does the rim look like?", "why is it so dark at the left?"])
def test_an_open_question_gets_no_grade_as_first_word(question: str) -> None:
    assert not asked_of(question, "fail")[0].startswith(("NG.", "OK."))
