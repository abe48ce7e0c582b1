"""What a question asked for stays what the next ones are about, and what is not measured is said so."""

from __future__ import annotations

from typing import Any

import pytest
from given_parts import NOTES, PASSAGES, REGION, asked_of

from agents.answers.image.two import about_two, type_of_found
from agents.answers.meant import of_this_product
from agents.answers.phrases import phrases_of
from agents.answers.topic import Topic
from agents.questions.form.polarity import asks_openly
from agents.questions.log.history import named_figure
from agents.questions.slots.absences import absences, foreign_bodies
from agents.questions.slots.zone_names import zones_in
from agents.questions.understanding import understand
from agents.state import Seen, Turn, Understanding
from knowledge.catalogue.entries import Entry
from tools.classify.scores import UNKNOWN
from tools.records import DefectRecord, PassageRecord, PersonsWord, VerdictRecord

ENTRIES = [
    Entry("Missing pin", look="empty chamber"),
    Entry("Fehlendes Langloch", look="glatte Fläche"),
    Entry("Metallspan", look="heller Fremdkörper"),
    Entry("fibre", look="thin curved line"),
    Entry("Crack", look="dark line"),
]
LACKING = {
    "en": "is anything missing?",
    "de": "fehlt da was?",
    "it": "manca qualcosa?",
    "es": "¿falta algo?",
    "fr": "il manque quelque chose ?",
    "pt": "falta alguma coisa?",
    "zh": "少了什么吗?",
    "ja": "何か足りないですか?",
    "ko": "뭐가 빠졌어?",
}
LYING = {
    "en": "is there something floating in the liquid?",
    "de": "liegt da was zwischen den Pins?",
    "it": "c'è qualcosa che galleggia nel liquido?",
    "es": "¿hay algo flotando en el líquido?",
    "fr": "y a-t-il quelque chose qui flotte dans le liquide ?",
    "pt": "há algo preso entre os pinos?",
    "zh": "针之间有异物吗?",
    "ja": "ピンの間に何か挟まっていますか?",
    "ko": "핀 사이에 뭔가 끼어 있어?",
}


def turn(question: str, **slots: Any) -> Turn:
    one = understand(question, current=1, known=list(NOTES)).first.model_copy(update=slots)
    return Turn(
        number=1, image=1, question=question, kind=one.kind, region=None, answer="", slots=one,
        meant=question, language=understand(question).language,
    )  # fmt: skip


@pytest.mark.parametrize(("language", "question"), LACKING.items())
def test_something_missing_means_what_the_notes_know_as_missing(language: str, question: str) -> None:
    assert absences(question, language, ENTRIES) == ["Missing pin", "Fehlendes Langloch"]


def test_a_thing_that_is_named_as_missing_is_meant_alone() -> None:
    assert absences("is a pin missing?", "en", ENTRIES) == ["Missing pin"]
    assert absences("fehlt ein langloch?", "de", ENTRIES) == ["Fehlendes Langloch"]
    assert absences("is it scratched?", "en", ENTRIES) == []


@pytest.mark.parametrize(("language", "question"), LYING.items())
def test_something_that_lies_there_means_foreign_matter_and_asks_for_yes_or_no(
    language: str, question: str
) -> None:
    assert foreign_bodies(question, language, ENTRIES) == ["Metallspan", "fibre"]
    assert understand(question, current=1).first.kind == "verdict"
    assert not asks_openly(question.lower(), language)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("feeder problem?", "cause"),
        ("Zuführungsproblem?", "cause"),
        ("problema dell'alimentatore?", "cause"),
        ("¿problema del alimentador?", "cause"),
        ("problème du distributeur ?", "cause"),
        ("problema do alimentador?", "cause"),
        ("供料器的问题吗?", "cause"),
        ("フィーダーの問題ですか?", "cause"),
        ("피더 문제인가요?", "cause"),
        ("dangerous for the patient?", "effect"),
        ("what do we do?", "action"),
    ],
)
def test_a_question_goes_on_with_the_types_that_were_asked_about(question: str, kind: str) -> None:
    before = turn("is anything missing?", maybe=["Crack"])
    one = understand(question, [before], current=1, known=list(NOTES)).first
    assert (one.kind, one.maybe) == (kind, ["Crack"])


@pytest.mark.parametrize("question", ["any problem?", "is that a problem?", "ist das ein Problem?"])
def test_a_mere_problem_is_no_cause(question: str) -> None:
    assert understand(question, current=1).first.kind != "cause"


def test_in_review_only_the_type_in_question_is_told() -> None:
    asked = understand("what is the cause?", current=1, known=list(NOTES))
    first = asked.first.model_copy(update={"maybe": ["Stain"]})
    likely = DefectRecord(name=UNKNOWN, score=0.1, alternatives=[{"name": "Crack", "score": 0.1}])  # type: ignore[list-item]
    told, _ = asked_of("q", "review", asked=asked.model_copy(update={"intents": [first]}), defect_type=likely)
    assert told.startswith("To be reviewed.") and "If it is Stain" in told and "Crack" not in told


@pytest.mark.parametrize(
    "question",
    [
        "is the middle hole smaller than the others?",
        "ist die mittlere Bohrung kleiner als die anderen?",
        "il foro centrale è più piccolo degli altri?",
        "¿el agujero central es más pequeño que los demás?",
        "le trou du milieu est plus petit que les autres ?",
        "o furo do meio é menor que os outros?",
        "中间的孔比其他孔小吗?",
        "真ん中の穴は他の穴より小さいですか?",
        "가운데 구멍이 다른 구멍보다 작아?",
    ],
)
def test_sizes_of_features_are_not_measured(question: str) -> None:
    asked = understand(question, current=1)
    assert [(one.kind, one.measured) for one in asked.intents] == [("size", "feature")]
    assert "[score]" in asked_of(question, "fail", asked=asked)[0]


def test_by_how_much_goes_on_with_it() -> None:
    before = turn("is the middle hole smaller than the others?")
    assert understand("by how much?", [before], current=1).first.measured == "feature"


@pytest.mark.parametrize(
    "question",
    [
        "what does that mean for the assembly?",
        "was bedeutet das für die Montage?",
        "cosa significa per il montaggio?",
        "¿qué significa esto para el montaje?",
        "qu'est-ce que ça veut dire pour le montage ?",
        "o que isso significa para a montagem?",
        "这对装配有什么影响?",
        "組立にどんな影響がありますか?",
        "조립에 어떤 영향이 있어?",
    ],
)
def test_what_it_means_for_something_asks_for_the_effect(question: str) -> None:
    assert understand(question, current=1).first.kind == "effect"


@pytest.mark.parametrize(
    "question",
    [
        "can you write poems?",
        "kannst du Gedichte schreiben?",
        "sai scrivere poesie?",
        "¿sabes escribir poemas?",
        "tu sais écrire des poèmes ?",
        "você escreve poemas?",
        "你会写诗吗?",
        "詩を書けますか?",
        "시를 쓸 수 있나요?",
    ],
)
def test_poems_are_none_of_the_tools_business(question: str) -> None:
    asked = understand(question)
    assert [(one.kind, one.topic) for one in asked.intents] == [("other", None)]


@pytest.mark.parametrize("question", ["which pin is it?", "welcher Pin ist es?", "¿qué agujero es?"])
def test_which_of_several_alike_asks_for_a_place(question: str) -> None:
    asked = understand(question, current=1)
    assert asked.first.kind == "place"
    told, _ = asked_of(question, "fail", asked=asked)
    assert told.count("[score]") == 1


@pytest.mark.parametrize(
    "question",
    [
        "Which type of defect does the screw have?",
        "which defect does the pin show?",
        "Welcher Fehler ist am Pin?",
        "quel type de défaut a la vis ?",
        "¿qué tipo de defecto tiene el agujero?",
        "qual tipo de defeito tem o furo?",
        "che tipo di difetto ha il foro?",
        "这个引脚是哪种缺陷?",
        "このピンはどの欠陥ですか",
        "핀에 어떤 결함이 있나요?",
    ],
)
def test_which_defect_a_thing_has_asks_for_no_place(question: str) -> None:
    assert understand(question, current=1).first.kind != "place"


@pytest.mark.parametrize("question", ["could it be the rim scratch?", "könnte das der Riss sein?"])
def test_a_type_that_it_could_be_is_no_cause(question: str) -> None:
    assert understand(question, current=1, known=list(NOTES)).first.kind in ("type", "verdict")


def test_a_size_asked_about_is_supposed() -> None:
    before = turn("is the rim scratch allowed?", type="rim scratch")
    asked = understand("what about 6 mm, would that be ok?", [before], current=1, known=list(NOTES))
    assert "6 mm is above the limit of 2 mm" in asked_of("q", "fail", asked=asked)[0]


def test_only_the_types_of_the_images_product_count() -> None:
    one = Understanding(kind="type", text="ist das ein Riss?", type="crack", closed=True)
    assert of_this_product(one, [Entry("Glasriss"), Entry("fibre")], "de").type == "glasriss"
    other = one.model_copy(update={"type": "torn foil"})
    assert of_this_product(other, [Entry("Tear")], "en").type == "tear"


def test_a_zone_is_named_by_the_end_of_its_compound_in_another_language() -> None:
    zones = ["Bördelkappe", "liquid"]
    assert zones_in("is the cap crooked?", zones, "en") == ["Bördelkappe"]
    assert zones_in("is the glass ok?", zones, "en") == []


def test_what_is_through_has_passed() -> None:
    assert understand("wie viele sind durch?", pictured=False).first.log.decision == "pass"  # type: ignore[union-attr]
    assert understand("which wait for review?", pictured=False).first.log is not None
    assert named_figure("which wait for review?", "en") == "list"


@pytest.mark.parametrize("question", ["colour of the liquid?", "Farbe der Flüssigkeit?", "액체 색깔은?"])
def test_a_colour_is_asked_for_as_a_look(question: str) -> None:
    assert understand(question, current=1).first.kind == "appearance"


def found(said: str | None) -> dict[str, Any]:
    word = {"id": "1", "verdict": "anomalous", "at": "2026-11-28T09:00:00Z", "image": "a.png"}
    person = None if said is None else PersonsWord.model_validate({**word, "defect_type": said})
    bad = VerdictRecord(
        decision="fail", anomalous=True, score=0.99, p_value=0.01, uncertain=False, alpha=0.05, review=0.2,
        person=person,
    )  # fmt: skip
    return {"verdict": bad, "regions": [REGION], "defect_type": DefectRecord(name=UNKNOWN, score=0.1)}


SEVERE = [
    *PASSAGES,
    *(
        PassageRecord(
            id=f"{name}#severity", product="plate", defect=name, title=name, field="severity", text=text,
            file="notes.md", offset=0, score=1.0, language="en",
        )
        for name, text in (("Crack", "critical"), ("Stain", "minor"))
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "mine", "other", "first"),
    [
        ("is it the same defect in both?", "Crack", "Crack", "Yes."),
        ("is it the same defect in both?", "Crack", "Stain", "No."),
        ("is it the same defect in both?", "Crack", None, "That can't be told."),
        ("which is worse of the two?", "Stain", "Crack", '"before.png".'),
        ("which is worse of the two?", "Crack", "Stain", '"part.png".'),
    ],
)
def test_the_types_that_people_named_count_of_two_images(
    question: str, mine: str, other: str | None, first: str
) -> None:
    seen = [
        Seen(number=1, image="/x/before.png", sha256="1", store_version=1, found=found(other)),
        Seen(number=2, image="part.png", sha256="2", store_version=1, found=found(mine)),
    ]
    asked = understand(question, [turn("is it ok?")], seen, 2, list(NOTES))
    assert type_of_found(found(mine)) == mine
    state = {**found(mine), "image": "part.png", "seen": seen, "passages": SEVERE}
    reply = about_two(Topic(state, asked, asked.first, 0, phrases_of("en")))  # type: ignore[arg-type]
    assert reply is not None and reply.text.startswith(first)
    assert ("worse" in question) is ('"critical" [Crack#severity]' in reply.text)
