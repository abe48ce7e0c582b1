"""The plain answer: it follows the verdict, and cites only what is in the evidence."""

from __future__ import annotations

import re

import pytest

from agents.answers.compose import compose_answer
from agents.answers.generated.guardrails import check_answer
from agents.answers.phrases import phrases_of
from agents.answers.topic import image_name
from agents.questions.understanding import understand
from agents.state import InspectionState, Seen
from anomaly_core.results import Decision
from tools.classify.classify import UNKNOWN
from tools.records import (
    DefectRecord,
    LanguageRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    TemplateRecord,
    VerdictRecord,
)

ASKED = (
    "",
    "Is it ok?",
    "Where?",
    "How many?",
    "What type is it?",
    "How sure are you?",
    "Why?",
    "Describe it",
)


def state(
    *, anomalous: bool, regions: int, defect: str | None, notes: bool, question: str
) -> InspectionState:
    p_value = 0.01 if anomalous else 0.06
    cells = ("top left", "right")
    return InspectionState(
        image="part.png",
        question=question or None,
        product=ProductRecord(name="plate", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision="fail" if anomalous else "review",
            anomalous=anomalous,
            score=1 - p_value,
            p_value=p_value,
            uncertain=not anomalous,
            alpha=0.05,
            review=0.2,
        ),
        regions=[
            MeasuredRegion(
                id=f"region-{n + 1}", bbox=(0, 0, 9, 9), cell=cells[n], area_px=81, score=0.9, text="a spot"
            )
            for n in range(regions)
        ],
        defect_type=None if defect is None else DefectRecord(name=defect, score=0.7),
        templates=[TemplateRecord(id="template:ab", file_name="good.png", similarity=0.9, path="good.png")],
        expected=["stain"] if notes else [],
        passages=[
            PassageRecord(
                id="note-1", product="plate", defect="stain", title="stain", text="A patch of paint.",
                file="notes.json", offset=0, score=1.0,
            )
        ] if notes else [],
    )  # fmt: skip


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("regions", [0, 1, 2])
@pytest.mark.parametrize("defect", [None, UNKNOWN, "stain"])
@pytest.mark.parametrize("notes", [True, False])
@pytest.mark.parametrize("anomalous", [True, False])
def test_no_answer_contradicts_the_verdict_or_cites_what_is_not_there(
    question: str, regions: int, defect: str | None, notes: bool, anomalous: bool
) -> None:
    given = state(anomalous=anomalous, regions=regions, defect=defect, notes=notes, question=question)
    composed = compose_answer(given)
    if question == "Is it ok?":
        assert composed.answer.startswith("No. " if anomalous else "To be reviewed. ")
        assert composed.affirmed is (False if anomalous else None)
    elif not question:
        assert composed.answer.startswith("Yes, " if anomalous else "It is not clear ")
    plain = composed.answer
    for lead in composed.free:
        plain = plain.replace(lead, " ", 1)
    problems = check_answer(
        plain, composed.evidence, anomalous=anomalous, verdict_sentence="", names=["good.png"]
    )
    assert problems == []
    cited = re.findall(r"\[([a-z]+[-:\w]*)\]", f"{composed.answer} {composed.analysis}")
    assert "score" in cited
    assert set(cited) <= {evidence.id for evidence in composed.evidence}
    if not anomalous:
        # A person is told where to look, and of no defect.
        assert set(re.findall(r"region-\d", composed.answer)) <= {"region-1"}
        assert ("region-1" in composed.answer) is ("most unusual" in composed.answer)
        assert "There is a defect" not in composed.answer
        assert "a person should look" in composed.analysis


@pytest.mark.parametrize(
    ("decision", "first", "affirmed"), [("pass", "Yes. ", True), ("review", "To be reviewed. ", None)]
)
def test_what_a_person_decides_is_neither_yes_nor_no(
    decision: Decision, first: str, affirmed: bool | None
) -> None:
    given = state(anomalous=False, regions=0, defect=None, notes=False, question="Is it ok?")
    given["verdict"] = given["verdict"].model_copy(update={"decision": decision, "uncertain": False})
    composed = compose_answer(given)
    assert composed.answer.startswith(first)
    assert composed.affirmed is affirmed


@pytest.mark.parametrize(
    ("question", "clause"),
    [
        ("What caused it?", "I took this as: the cause. Did you mean: the effect?"),
        ("Was ist die Ursache?", "Verstanden als: die Ursache. Oder war gemeint: die Auswirkung?"),
        ("原因是什么？", "我理解为：原因。您是不是想问：影响？"),
        ("원인이 뭐예요?", "원인(으)로 이해했습니다. 혹시 영향을(를) 물으셨나요?"),
    ],
)
def test_a_doubtful_question_is_told_what_it_was_taken_for(question: str, clause: str) -> None:
    given = state(anomalous=True, regions=1, defect="stain", notes=True, question=question)
    asked = understand(question)
    assert [one.near for one in asked.intents] == [None]
    assert clause not in compose_answer({**given, "asked": asked}).answer  # type: ignore[arg-type]
    doubtful = asked.model_copy(update={"intents": [asked.first.model_copy(update={"near": "effect"})]})
    composed = compose_answer({**given, "asked": doubtful})  # type: ignore[arg-type]
    assert composed.answer.endswith(clause)
    assert clause in composed.free
    alone = doubtful.model_copy(update={"style": "line"})
    assert clause not in compose_answer({**given, "asked": alone}).answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "first", "example"),
    [
        ("What is the capital of France?", "I only answer questions about parts", "“Where is the defect?”"),
        ("Wie wird das Wetter morgen?", "Ich beantworte nur Fragen", "„Wo ist der Fehler?“"),
        ("今天晚饭吃什么？", "我只回答", "缺陷在哪里"),
    ],
)
def test_what_is_near_no_kind_gets_what_can_be_asked(question: str, first: str, example: str) -> None:
    given = state(anomalous=True, regions=1, defect="stain", notes=True, question=question)
    answer = compose_answer(given).answer
    assert answer.startswith(first), answer
    assert example in answer
    assert "Did you mean" not in answer


def test_images_of_one_name_are_told_apart_by_their_number() -> None:
    seen = [
        Seen(number=number, image=f"{folder}/7.png", sha256=f"{number:064}", store_version=1, found={})
        for number, folder in enumerate("ab", 1)
    ]
    assert [image_name(seen, number) for number in (1, 2)] == ["7.png #1", "7.png #2"]
    assert image_name(seen[:1], 1) == "7.png"


@pytest.mark.parametrize(
    "question",
    [
        "any crack running down it?",
        "Ist da ein Riss drin?",
        "¿hay algún poro?",
        "有裂纹吗？",
        "割れはありますか？",
        "구멍 있어요?",
    ],
)
def test_whether_a_defect_is_there_is_not_denied_of_a_part_to_be_reviewed(question: str) -> None:
    reply = compose_answer(state(anomalous=False, regions=0, defect=None, notes=False, question=question))
    assert reply.affirmed is None
    assert not reply.answer.startswith(("No", "Nein", "否", "不", "いいえ", "아니"))


@pytest.mark.parametrize("question", ["is it the right label?", "C'est la bonne étiquette ?"])
def test_text_is_not_said_to_be_right(question: str) -> None:
    given = state(anomalous=False, regions=0, defect=None, notes=False, question=question)
    given["verdict"] = given["verdict"].model_copy(
        update={"decision": "pass", "p_value": 0.6, "uncertain": False}
    )
    reply = compose_answer(given)
    assert reply.affirmed is None
    assert reply.answer.startswith(("Text and codes aren't read", "Textes et codes ne sont pas lus"))


@pytest.mark.parametrize(
    ("question", "measured", "affirmed"),
    [
        ("how large is the biggest one?", "region-2", None),
        ("is it longer than 50 px?", "region-2", True),
        ("how long is the second one?", "region-2", None),
        ("how large is the smallest?", "region-1", None),
        ("where is the biggest one?", "region-2", None),
        ("dov'è il difetto più grande?", "region-2", None),
        ("how long is it?", "region-2", None),  # told as the largest, beside the strongest
    ],
)
def test_the_largest_of_several_regions_is_held_against_a_limit(
    question: str, measured: str, affirmed: bool | None
) -> None:
    given = state(anomalous=True, regions=2, defect=None, notes=False, question=question)
    given["opened"] = OpenedRecord(image="part.png", sha256="0" * 64, width=200, height=200, note=None)
    given["regions"][1] = given["regions"][1].model_copy(update={"bbox": (100, 0, 180, 20), "area_px": 900})
    reply = compose_answer(given)
    assert f"[{measured}]" in reply.answer, reply.answer
    assert reply.affirmed is affirmed


def test_an_area_is_told_in_square_millimetres_where_there_is_a_scale() -> None:
    question = "roughly how many square mm is it, at 5 px per mm?"
    given = state(anomalous=True, regions=1, defect=None, notes=False, question=question)
    given["opened"] = OpenedRecord(image="part.png", sha256="0" * 64, width=200, height=200, note=None)
    assert "It covers 3.24 mm²" in compose_answer(given).answer


CLOSE = "Below 20% a person would look; this part is at 25% [score]."


@pytest.mark.parametrize(
    ("question", "p_value", "first", "told", "affirmed"),
    [
        ("Are you quite sure?", 0.25, "Fairly sure. About 25% of good parts", CLOSE, None),
        ("How sure are you?", 0.25, "Fairly sure. About 25% of good parts", CLOSE, None),
        ("Bist du dir ganz sicher?", 0.25, "Einigermaßen sicher. ", "dieses Teil liegt bei 25%", None),
        ("¿Estás seguro?", 0.25, "Razonablemente seguro. ", "esta pieza está en el 25%", None),
        ("Tu es sûr ?", 0.25, "Plutôt sûr, sans plus. ", "cette pièce est à 25%", None),
        ("Sei proprio sicuro?", 0.25, "Discretamente sicuro. ", "questo pezzo è al 25%", None),
        ("Tem certeza?", 0.25, "Razoavelmente certo. ", "esta peça está em 25%", None),
        ("你确定吗？", 0.25, "大致确定。", "该零件为 25%", None),
        ("本当に確かですか？", 0.25, "おおむね確かです。", "この部品は 25% です", None),
        ("정말 확실해?", 0.25, "어느 정도 확실합니다.", "이 부품은 25%입니다", None),
        ("Are you quite sure?", 0.8, "Yes. Quite sure. About 80% of good parts", "", True),
    ],
)
def test_a_part_that_was_near_to_be_reviewed_passes_with_its_distance(
    question: str, p_value: float, first: str, told: str, affirmed: bool | None
) -> None:
    made = state(anomalous=False, regions=1, defect=None, notes=False, question=question)
    passed = {"decision": "pass", "p_value": p_value, "score": 1 - p_value, "uncertain": False}
    made["verdict"] = made["verdict"].model_copy(update=passed)
    reply = compose_answer(made)
    assert reply.answer.startswith(first), reply.answer
    assert told in reply.answer, reply.answer
    assert ("a person would look" in reply.answer) is (told == CLOSE)
    assert reply.affirmed is affirmed


@pytest.mark.parametrize(
    "question",
    [
        "Draft a complaint to the supplier about this part.",
        "Formulier mir bitte eine kurze Reklamation an die Stanzerei",
        "Scrivi due righe di reclamo al fornitore",
        "Redacta una reclamación sobre esta pieza",
        "Rédige une réclamation pour cette pièce",
        "Escreve uma reclamação sobre esta peça",
        "给供应商写一封投诉信",
        "この部品のクレームを書いてください",
        "이 부품에 대한 클레임 초안 써 줘",
    ],
)
def test_a_letter_beside_an_image_is_a_draft_of_its_facts(question: str) -> None:
    found = compose_answer(state(anomalous=True, regions=1, defect=None, notes=False, question=question))
    draft = next(say("A draft; nothing is sent:") for say in (phrases_of(understand(question).language),))
    assert found.answer.startswith(draft)
    assert "[region-1]" in found.answer
    assert found.affirmed is None
