"""Either-or between types, shares, lines for a record, colour, stated limits, gibberish."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.answers.compose import Composed, compose_answer
from agents.answers.phrases import phrases_of
from agents.answers.tool.doubt import doubt
from agents.answers.without_image import answer_without_image
from agents.questions.learned.languages import language_of
from agents.questions.understanding import understand
from agents.state import DialogueState
from anomaly_core.encoders.fakes import TinyTextEncoder
from tools.classify.classify import UNKNOWN
from tools.context import Context
from tools.records import (
    DefectRecord,
    LanguageRecord,
    LookRecord,
    MeasuredRegion,
    NamedScore,
    OpenedRecord,
    ProductRecord,
    VerdictRecord,
)


def answer(question: str, defect: str = UNKNOWN, contrast: float = -12.0) -> Composed:
    """Return the answer about a plate with one region, whose type is unknown and nearest to a crack."""
    look = LookRecord(shape="elongated", length_px=30.0, width_px=10.0, contrast=contrast)
    state = DialogueState(
        image="part.png",
        question=question,
        asked=understand(question, known=["poke"]),
        product=ProductRecord(name="plate", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision="fail", anomalous=True, score=0.99, p_value=0.01, uncertain=False, alpha=0.05, review=0.2
        ),
        regions=[
            MeasuredRegion(
                id="region-1", bbox=(10, 10, 40, 20), cell="top left", area_px=200, score=0.9,
                text="an elongated area", look=look,
            )
        ],
        defect_type=DefectRecord(
            name=defect, score=0.5, alternatives=[NamedScore(name="crack", score=0.4)]
        ),
        opened=OpenedRecord(image="part.png", sha256="0", width=100, height=100),
        templates=[],
        expected=["crack", "poke", "scratch"],
        passages=[],
    )  # fmt: skip
    return compose_answer(state)


EITHER = [
    ("en", "Is it a crack or a scratch?"),
    ("de", "Ist das ein Riss oder ein Kratzer?"),
    ("it", "È una crepa o un graffio?"),
    ("es", "¿Es una grieta o un rasguño?"),
    ("fr", "Est-ce une fissure ou une rayure ?"),
    ("pt", "É uma fissura ou um risco?"),
    ("zh", "这是裂纹还是划痕？"),
    ("ja", "これはひび割れですか、それとも傷ですか？"),
    ("ko", "균열인가요 아니면 스크래치인가요?"),
]


@pytest.mark.parametrize(("language", "question"), EITHER)
def test_an_either_or_between_types_is_answered_by_the_type(language: str, question: str) -> None:
    say = phrases_of(language)
    assert answer(question, "scratch").answer.startswith(say("Probably {type} [type].", type="scratch"))
    assert answer(question).answer.startswith(say("Neither is established."))
    assert answer(question, "dent").answer.startswith(say("Neither of them."))
    assert answer(question).affirmed is None
    assert "rack" in answer(question).answer


def test_a_type_that_only_the_notes_name_can_be_chosen() -> None:
    assert [one.choice for one in understand("Is it a crack or a poke?", known=["poke"]).intents] == [
        ["is it a crack", "a poke"]
    ]
    assert answer("Is it a crack or a poke?", "poke").answer.startswith("Probably poke [type].")


SHARES = [
    ("en", "Roughly how much of the picture is it?"),
    ("en", "what share of the surface is affected?"),
    ("de", "Welcher Anteil des Bildes ist betroffen?"),
    ("it", "Quanta parte della superficie è difettosa?"),
    ("es", "¿Qué porcentaje de la superficie está afectado?"),
    ("fr", "Quelle part de la surface est touchée ?"),
    ("pt", "Que percentagem da imagem está afetada?"),
    ("zh", "缺陷占画面的多少？"),
    ("ja", "傷は表面の何パーセントですか？"),
    ("ko", "결함이 이미지에서 차지하는 비율은?"),
]


@pytest.mark.parametrize(("language", "question"), SHARES)
def test_a_share_of_the_image_is_in_percent(language: str, question: str) -> None:
    asked = understand(question)
    assert (asked.language, [one.kind for one in asked.intents]) == (language, ["size"])
    assert "2%" in answer(question).answer


def test_a_share_of_parts_is_of_the_log() -> None:
    assert [one.kind for one in understand("Welcher Anteil der Teile ist heute durchgefallen?").intents] == [
        "history"
    ]


LINES = [
    ("en", "Tell my boss in one line"),
    ("en", "give me one sentence for the shift log"),
    ("de", "Sag es meinem Chef in einem Satz"),
    ("it", "dimmi in una frase per il capo"),
    ("es", "Una frase para el registro del turno"),
    ("fr", "Une phrase pour le journal de poste"),
    ("pt", "Uma frase para o registo do turno"),
    ("zh", "用一句话告诉我老板"),
    ("ja", "上司に一言で報告して"),
    ("ko", "한 문장으로 상사에게 보고해줘"),
]


@pytest.mark.parametrize(("language", "question"), LINES)
def test_a_line_for_somebody_is_the_summary(language: str, question: str) -> None:
    asked = understand(question)
    assert (asked.language, asked.style) == (language, "line")
    assert [one.kind for one in asked.intents] == ["verdict"]
    assert answer(question).answer.startswith("plate: NG, ")


COLOURS = [
    ("en", "what colour is the spot?"),
    ("de", "Welche Farbe hat der Fleck?"),
    ("it", "di che colore è la macchia?"),
    ("es", "¿de qué color es la mancha?"),
    ("fr", "de quelle couleur est la tache ?"),
    ("pt", "de que cor é a mancha?"),
    ("zh", "这个斑点是什么颜色？"),
    ("ja", "この染みは何色ですか？"),
    ("ko", "이 얼룩은 무슨 색인가요?"),
]


@pytest.mark.parametrize(("language", "question"), COLOURS)
def test_colour_is_answered_by_the_brightness_that_is_measured(language: str, question: str) -> None:
    say = phrases_of(language)
    told = answer(question).answer
    darker = "It is {number} grey levels darker than its surroundings [{id}]."
    assert told.startswith(say(darker, number=12, id="region-1"))
    assert (
        say("It has no colour of its own that stands out, only its brightness [{id}].", id="region-1") in told
    )


def test_darker_or_brighter() -> None:
    question = "is it darker or brighter than the surroundings?"
    assert answer(question, contrast=9).answer.startswith("It is 9 grey levels brighter")
    assert answer(question, contrast=0.2).answer.startswith("It is about as bright as")
    assert "colour" not in answer(question).answer


STATED = [
    ("en", "max scratch length is 2 mm, part has 1.5, ok?", True),
    ("en", "the limit is 0.5 mm and we measured 0.7 mm, is that ok?", False),
    ("en", "part has 2.5 mm, maximum is 0.2 cm, ok?", False),
    ("de", "Der Kratzer darf höchstens 2 mm lang sein, gemessen 1,5 mm, ok?", True),
    ("it", "massimo 2 mm, misurato 1,5 mm, va bene?", True),
    ("es", "máximo 2 mm, medido 2,5 mm, ¿está bien?", False),
    ("fr", "maximum 2 mm, mesuré 1,5 mm, c'est bon ?", True),
    ("pt", "máximo 2 mm, medido 2,5 mm, está bom?", False),
    ("zh", "划痕最大2毫米，实测1.5毫米，合格吗？", True),
    ("ja", "傷は最大2mmまで、実測2.5mm、大丈夫ですか？", False),
    ("ko", "최대 2mm인데 측정값은 1.5mm, 괜찮나요?", True),
]


@pytest.mark.parametrize(("language", "question", "within"), STATED)
def test_a_stated_measure_is_held_against_the_stated_limit(
    tmp_path: Path, language: str, question: str, within: bool
) -> None:
    context = Context(
        store=tmp_path / "store",
        model=lambda: pytest.fail("nothing is inspected"),
        text_encoder=TinyTextEncoder,
        max_pixels=1024,
    )
    reply = answer_without_image(context, question)
    assert (reply.language, reply.affirmed) == (language, within)
    assert [one.kind for one in reply.understood] == ["size"]
    limit = "As stated, {value} is within the limit of {limit}; nothing was measured."
    if within:
        assert phrases_of(language)(limit, value="1.5 mm", limit="2 mm") in reply.answer


@pytest.mark.parametrize("text", ["asdf qwer zxcv", "hjkl", "qwertz uiop", "xkcd blorf", "zzzz", "qqq www"])
def test_gibberish_is_of_the_conversations_language_else_english(text: str) -> None:
    assert language_of(text) == "en"
    assert language_of(text, "ko") == "ko"
    assert language_of(text, "it") == "it"


@pytest.mark.parametrize(("text", "language"), [("Kratzspuren?", "de"), ("graffi?", "it"), ("bavures", "fr")])
def test_a_single_word_still_tells_its_language(text: str, language: str) -> None:
    assert language_of(text, "en") == language


@pytest.mark.parametrize(
    "question", ["需要报废吗？", "良品と比べてください", "결함이 이미지에서 차지하는 비율은?"]
)
def test_a_plain_question_is_not_asked_back(question: str) -> None:
    asked = understand(question)
    assert doubt(asked, phrases_of(asked.language)) == ""
