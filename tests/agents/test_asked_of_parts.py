"""What belongs to a part, sizes without a scale, diameters, and whether a defect is of a type."""

from __future__ import annotations

import pytest

from agents.answers.compose import Composed, compose_answer
from agents.answers.notes.limits import NO_SCALE
from agents.answers.phrases import phrases_of
from agents.questions.understanding import understand
from agents.state import DialogueState
from tools.classify.classify import UNKNOWN
from tools.records import (
    DefectRecord,
    LanguageRecord,
    LookRecord,
    MeasuredRegion,
    NamedScore,
    OpenedRecord,
    ProductRecord,
    SettingsRecord,
    VerdictRecord,
)


def answer(
    question: str, decision: str = "fail", defect: str = UNKNOWN, mm_per_px: float | None = None
) -> Composed:
    """Return the answer about a plate, with one region where it failed."""
    failed = decision == "fail"
    look = LookRecord(shape="elongated", length_px=30.0, width_px=10.0, contrast=-12.0)
    region = MeasuredRegion(
        id="region-1",
        bbox=(10, 10, 40, 20),
        cell="top left",
        area_px=200,
        score=0.9,
        text="a line",
        look=look,
    )
    state = DialogueState(
        image="part.png",
        question=question,
        asked=understand(question),
        product=ProductRecord(name="plate", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision=decision,  # type: ignore[arg-type]
            anomalous=failed,
            score=0.99,
            p_value=0.01,
            uncertain=False,
            alpha=0.05,
            review=0.2,
        ),
        regions=[region] if failed else [],
        defect_type=DefectRecord(name=defect, score=0.5, alternatives=[NamedScore(name="crack", score=0.4)]),
        opened=OpenedRecord(image="part.png", sha256="0", width=100, height=100),
        templates=[],
        expected=["crack", "stain"],
        passages=[],
    )
    if mm_per_px is not None:
        state["settings"] = SettingsRecord(mm_per_px=mm_per_px)
    return compose_answer(state)


BELONGING = [
    ("en", "does it still have both arms?", "good"),
    ("en", "are all the legs there?", "good"),
    ("en", "is a leg missing?", "bad"),
    ("en", "is a hole missing?", "bad"),
    ("de", "Hat der Kerl noch beide Arme?", "good"),
    ("de", "Fehlt ein Loch?", "bad"),
    ("it", "Ha ancora entrambe le braccia?", "good"),
    ("it", "manca un foro?", "bad"),
    ("es", "¿Tiene los dos brazos?", "good"),
    ("es", "¿falta un agujero?", "bad"),
    ("fr", "A-t-il encore ses deux bras ?", "good"),
    ("fr", "il manque un trou ?", "bad"),
    ("pt", "Tem os dois braços?", "good"),
    ("pt", "falta um furo?", "bad"),
    ("zh", "两只手臂都在吗？", "good"),
    ("zh", "少了一个孔吗？", "bad"),
    ("ja", "両腕はありますか？", "good"),
    ("ko", "양팔 다 있어?", "good"),
    ("ko", "구멍이 빠졌나요?", "bad"),
]


@pytest.mark.parametrize(("language", "question", "sense"), BELONGING)
def test_what_belongs_to_a_part_is_told_by_comparison(language: str, question: str, sense: str) -> None:
    say = phrases_of(language)
    (one,) = understand(question).intents
    assert (one.kind, one.sense, one.closed) == ("parts", sense, True)
    passed = answer(question, "pass")
    yes = sense == "good"
    first = "Yes, by comparison with good parts." if yes else "No, by comparison with good parts."
    assert passed.answer.startswith(say(first))
    assert passed.affirmed is yes
    failed = answer(question)
    assert failed.answer.startswith(say("Possibly not." if yes else "Possibly."))
    assert "[region-1]" in failed.answer
    assert failed.affirmed is None


@pytest.mark.parametrize("question", ["are both images good?", "are both scratches the same?", "is it bent?"])
def test_what_is_of_no_belonging_part(question: str) -> None:
    assert understand(question).first.kind != "parts"


IN_MM = [
    ("en", "how many mm?"),
    ("en", "how big is it in cm?"),
    ("en", "how many mm from the edge is it?"),
    ("de", "wie viel mm ist der Kratzer lang?"),
    ("it", "quanti millimetri è lungo?"),
    ("es", "¿cuántos milímetros mide?"),
    ("fr", "combien de millimètres ?"),
    ("pt", "de quantos milímetros é a mancha?"),
    ("zh", "划痕有多少毫米？"),
    ("ja", "何ミリですか？"),
    ("ko", "몇 mm예요?"),
]


@pytest.mark.parametrize(("language", "question"), IN_MM)
def test_without_a_scale_it_is_said_how_to_give_one(language: str, question: str) -> None:
    missing = phrases_of(language)(NO_SCALE, id="size")
    assert "iad enroll --mm-per-px" in missing
    assert missing in answer(question).answer
    assert missing not in answer(question, mm_per_px=0.1).answer


DIAMETERS = [
    ("en", "what is the diameter of the spot?"),
    ("de", "Welchen Durchmesser hat der Fleck?"),
    ("it", "che diametro ha?"),
    ("es", "¿qué diámetro tiene la mancha?"),
    ("fr", "quel est le diamètre ?"),
    ("pt", "qual é o diâmetro?"),
    ("zh", "直径是多少？"),
    ("ja", "直径は？"),
    ("ko", "지름이 얼마예요?"),
]


@pytest.mark.parametrize(("language", "question"), DIAMETERS)
def test_a_diameter_is_the_greatest_extent(language: str, question: str) -> None:
    say = phrases_of(language)
    told = (
        "Its greatest diameter, the longest way across, is {length}; the widest at right angles to that "
        "{width}, {place} [size]."
    )
    place = say("at the top left")
    assert answer(question).answer.startswith(say(told, length="30 px", width="10 px", place=place))
    scaled = say(told, length="3 mm (30 px)", width="1 mm (10 px)", place=place)
    assert answer(question, mm_per_px=0.1).answer.startswith(scaled)


IS_IT = [
    ("en", "is it an oil stain?"),
    ("de", "Ist das ein Ölfleck?"),
    ("it", "è una macchia d'olio?"),
    ("es", "¿Es una mancha de aceite?"),
    ("fr", "c'est une tache d'huile ?"),
    ("pt", "é uma mancha de óleo?"),
    ("zh", "这是油渍吗？"),
    ("ja", "油汚れですか？"),
    ("ko", "기름 얼룩인가요?"),
]


@pytest.mark.parametrize(("language", "question"), IS_IT)
def test_whether_it_is_of_a_type_is_told_by_the_image(language: str, question: str) -> None:
    say = phrases_of(language)
    assert answer(question, defect="stain").answer.startswith(say("Yes."))
    assert answer(question, defect="dent").answer.startswith(say("Probably not."))
    assert answer(question).answer.startswith(say("That can't be told."))
    assert answer(question, "pass").answer.startswith(say("No."))
