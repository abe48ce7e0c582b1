"""A type that a question names is meant by those after it, and whom to tell stands in a column of its own."""

from __future__ import annotations

import pytest
from plates import part

from agents.app import Application
from agents.questions.understanding import understand
from agents.settings import Settings
from agents.state import Turn

TYPES = ("Crack", "Stain", "Rim scratch", "Base scratch")
FMEA = {
    "en": "Defect;Look;Action;Responsible\nCrack;dark line;scrap the plate;Ms Okafor, hall 2\n",
    "de": "Fehlerart;Aussehen;Maßnahme;Verantwortlich\nRiss;dunkle Linie;verschrotten;Herr Brandt, QS\n",
    "fr": "Défaut;Aspect;Action;Responsable\nfissure;ligne sombre;mettre au rebut;Mme Roux, atelier\n",
    "ja": "欠陥;外観;処置;担当者\n亀裂;暗い線;廃棄;田中さん\n",
    "zh": "缺陷;外观;措施;负责人\n裂纹;暗线;报废;王工\n",
}
Noted = tuple[str, Application]
WHO = [
    ("en", "Who is responsible for a crack?", "Ms Okafor"),
    ("en", "who do I tell when a plate has a crack?", "Ms Okafor"),
    ("de", "Wer ist bei einem Riss zuständig?", "Herr Brandt"),
    ("de", "An wen wende ich mich, wenn eine Platte einen Riss hat?", "Herr Brandt"),
    ("fr", "À qui dois-je signaler une fissure ?", "Mme Roux"),
    ("ja", "亀裂があったら誰に連絡すればいいですか", "田中さん"),
    ("zh", "有裂纹找谁负责?", "王工"),
]


@pytest.fixture(scope="module", params=sorted(FMEA))
def noted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Application]:
    folder = tmp_path_factory.mktemp("fmea")
    (folder / "fmea.csv").write_text(FMEA[request.param], encoding="utf-8")
    made = Application(Settings(store=folder / "store", encoder="tiny", text_encoder="tiny"))
    made.enroll("plate", [part(folder / f"good-{seed}.png", seed) for seed in range(2)])
    made.add_knowledge([folder / "fmea.csv"], "plate")
    return request.param, made


def test_whom_to_tell_is_read_from_its_column_and_is_no_action(noted: Noted) -> None:
    language, app = noted
    for own, question, name in WHO:
        if own == language:
            said = app.ask_without_image(question).answer
            assert name in said.split("[")[0], said
    asked = {"en": "What do we do about a crack?", "de": "Was tun bei einem Riss?"}.get(language)
    if asked is not None:
        said = app.ask_without_image(asked).answer
        assert not any(name in said for _, _, name in WHO), said


def turn(question: str, number: int = 1, image: int = 1) -> Turn:
    first = understand(question, known=TYPES).first
    return Turn(
        number=number, image=image, question=question, kind=first.kind, region=None, answer="", slots=first
    )


def follow(question: str, *before: Turn) -> str | None:
    one = understand(question, before, current=1, known=TYPES).first
    return one.type if one.asked_before else None


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("Is it a crack?", "and what causes it?", "crack"),
        ("How long is the crack?", "what do we do about it?", "crack"),
        ("Ist das ein Riss?", "und was ist die Ursache?", "crack"),
        ("è una crepa?", "quindi cosa devo fare?", "crack"),
        ("c'est une fissure ?", "et la cause ?", "crack"),
        ("这是裂纹吗?", "那怎么处理?", "crack"),
        ("これは亀裂ですか?", "原因は?", "crack"),
        ("균열이 있어요?", "왜 생긴 거예요?", "crack"),
        ("Is it ok?", "and what causes it?", None),
        ("Is it a crack?", "what causes a stain?", None),
    ],
)
def test_a_type_that_was_asked_for_is_meant_by_the_next_question(
    first: str, second: str, named: str | None
) -> None:
    found = follow(second, turn(first))
    assert (found or "").lower() == (named or "")


def test_what_lies_between_may_be_a_size_but_not_another_image() -> None:
    between = turn("how long is it?", 2)
    assert follow("and the cause?", turn("Is it a crack?"), between) == "crack"
    assert follow("and the cause?", turn("Is it a crack?", image=2), between) is None
