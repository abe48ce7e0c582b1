"""Kinds of question that newcomers put and that were answered beside the point."""

from __future__ import annotations

import pytest

from agents.questions.slots import by_words
from agents.questions.slots.products import product_meant
from agents.questions.slots.zone_names import zones_in
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import Seen, Turn
from tools.locations import ZONE


def turn(kind: str = "verdict", image: int = 1) -> Turn:
    return Turn(number=1, image=image, question="?", kind=kind, region=None, answer="")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question", ["and this one?", "what about that one?", "und die hier?", "et celle-ci ?"]
)
def test_a_question_that_only_goes_on_asks_for_no_yes(question: str) -> None:
    (one,) = understand(question, [turn()], current=None).intents
    assert (one.kind, one.sense, one.closed) == ("verdict", "open", False)


def test_another_image_after_a_question_of_the_log_is_judged() -> None:
    (one,) = understand("and that?", [turn("history")], current=2).intents
    assert one.kind == "verdict"


@pytest.mark.parametrize(
    ("question", "measured"),
    [
        ("how far is the crack from the left edge?", "distance"),
        ("how many mm from the top edge is it?", "distance"),
        ("Wie groß ist der Abstand zum rechten Rand?", "distance"),
        ("a che distanza è dal bordo?", "distance"),
        ("¿a qué distancia de la punta está?", "distance"),
        ("à quelle distance du bord ?", "distance"),
        ("距离左边缘多远？", "distance"),
        ("端からの距離は?", "distance"),
        ("how long is the entire bolt?", "part"),
        ("Wie lang ist die ganze Schraube?", "part"),
        ("how long is the scratch in all, the whole scratch?", "defect"),
        ("how long is it?", "defect"),
    ],
)
def test_what_is_to_be_measured(question: str, measured: str) -> None:
    one = understand(question).first
    assert (one.kind, one.measured) == ("size", measured)


@pytest.mark.parametrize(
    "question",
    ["whom do I call about this?", "Wen muss ich informieren?", "a quién aviso?", "誰に連絡すればいいですか"],
)
def test_who_is_asked_of_the_notes(question: str) -> None:
    assert understand(question).first.kind == "action"


@pytest.mark.parametrize(
    "question",
    ["is it a scratch or a dent?", "Ist das ein Riss oder ein Kratzer?", "head or shank, where is it?"],
)
def test_a_choice_asks_for_no_yes(question: str) -> None:
    assert not understand(question).first.closed


def test_two_figures_of_the_log_are_two_questions_in_one_period() -> None:
    asked = understand("how many were bad today and which was the worst?", pictured=False).intents
    assert [one.log.figure for one in asked if one.log is not None] == ["count", "worst"]
    assert len({one.log.since for one in asked if one.log is not None}) == 1


def test_a_zone_is_named_in_any_language() -> None:
    zones = ["head", "shank", "label area"]
    assert zones_in("ist der kopf in ordnung", zones, "de") == ["head"]
    assert zones_in("头部有问题吗", zones, "zh") == ["head"]
    assert zones_in("is the label area ok", zones, "en") == ["label area"]
    assert zones_in("¿la rosca está bien?", zones, "es") == []
    # A zone "cap" is no capsule, in no language.
    assert zones_in("how long is the capsule", ["cap"], "en") == []
    assert zones_in("이 캡슐에 균열이 있나요", ["cap"], "ko") == []
    assert zones_in("뚜껑은 괜찮아요", ["cap"], "ko") == ["cap"]
    assert zones_in("are the caps ok", ["cap"], "en") == ["cap"]
    assert in_zones(understand("¿la cabeza está bien?"), zones).first.place == f"{ZONE}head"
    # Where it lies, of two zones, is told from the region.
    assert in_zones(understand("is it on the head or the shank?"), zones).first.place is None


def test_an_image_that_is_named_but_unknown_is_not_another_one() -> None:
    seen = [
        {"number": n, "image": f"b{n}.png", "sha256": str(n), "store_version": 1, "found": {}} for n in (1, 2)
    ]
    (one,) = understand("is b7 worse than this one?", [turn(image=2)], seen, 2).intents  # type: ignore[arg-type]
    assert (one.kind, one.other) == ("comparison", None)
    (one,) = understand("is b1 worse than this one?", [turn(image=2)], seen, 2).intents  # type: ignore[arg-type]
    assert (one.kind, one.other) == ("comparison", 1)


@pytest.mark.parametrize(
    "question", ["what does one of these cost?", "Was kostet so ein Teil?", "单价多少钱？"]
)
def test_a_price_is_no_question_for_a_verdict(question: str) -> None:
    assert understand(question).first.kind == "other"


@pytest.mark.parametrize("question", ["may I ship it today?", "puis-je l'expédier aujourd'hui ?"])
def test_shipping_it_today_is_no_question_of_the_log(question: str) -> None:
    (one,) = understand(question).intents
    assert one.kind in ("verdict", "action")
    assert one.log is None


@pytest.mark.parametrize(
    ("question", "figure"), [("is it getting worse?", "trend"), ("which defect do we see most?", "frequent")]
)
def test_without_an_image_the_log_is_asked(question: str, figure: str) -> None:
    (one,) = understand(question, pictured=False).intents
    assert one.log is not None and one.log.figure == figure


def images(count: int = 2) -> list[Seen]:
    return [
        Seen(number=number, image=f"part-{number}.png", sha256=f"{number:064}", store_version=1, found={})
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("question", "figure", "decision"),
    [
        ("which one can I ship?", "list", "pass"),
        ("quale dei due è buono?", "list", "pass"),
        ("qual das duas está ruim?", "list", "fail"),
        ("Quelle bouteille je sors de la ligne ?", "list", "fail"),
        ("둘 중에 불량은 어느 거예요?", "list", "fail"),
        ("哪个是好的？", "list", "pass"),
        ("Welches Teil hat den größeren Fehler?", "largest", None),
        ("どちらの欠陥が大きい？", "largest", None),
        ("Welches ist schlimmer?", "worst", None),
    ],
)
def test_a_question_to_choose_among_images_is_of_all_of_them(
    question: str, figure: str, decision: str | None
) -> None:
    one = understand(question, [turn("verdict", 2)], images(), 2).first
    if one.kind == "comparison":
        assert figure == "worst"  # compared with the one before
        return
    assert one.log is not None
    assert (one.log.figure, one.log.decision, one.log.conversation) == (figure, decision, True)


@pytest.mark.parametrize(
    "question", ["which type of defect is it?", "how large is it?", "which edge is bad?"]
)
def test_of_one_image_nothing_is_chosen(question: str) -> None:
    one = understand(question, [turn("verdict", 2)], images(1), 1).first
    assert one.log is None


@pytest.mark.parametrize(
    ("question", "decision", "figure"),
    [
        ("Welche Teile muss sich noch jemand anschauen?", "review", "list"),
        ("¿qué piezas hay que volver a mirar?", "review", "list"),
        ("Did anyone overrule the machine?", None, "corrected"),
        ("who inspected lot L41?", None, "operators"),
        ("Wieviel Prozent Gutteile bei bottle?", "pass", "yield"),
    ],
)
def test_figures_of_the_log(question: str, decision: str | None, figure: str) -> None:
    one = understand(question, pictured=False).first
    assert one.log is not None
    assert (one.log.figure, one.log.decision) == (figure, decision)


@pytest.mark.parametrize(
    ("question", "language", "product"),
    [
        ("wieviel Ausschuss hatten wir heut bei den Flaschen?", "de", "bottle"),
        ("¿cuántas botellas pasaron hoy?", "es", "bottle"),
        ("今天瓶子有多少不合格", "zh", "bottle"),
        ("나사는 오늘 몇 개 불량이야", "ko", "screw"),
        ("wie viele Teile heute?", "de", None),
        ("combien de pièces contrôlées ce matin", "fr", None),
        ("今日のNG品はどれ", "ja", None),
    ],
)
def test_a_product_is_meant_by_its_name_in_another_language(
    question: str, language: str, product: str | None
) -> None:
    assert product_meant(question, ["bottle", "tile", "screw"], language) == product


def test_a_name_of_the_notes_is_found_in_other_forms_and_beside_other_letters() -> None:
    known = ["Falsche Sorte", "Blowhole", "Chipped edge"]
    assert by_words.type_of("wen ruf ich bei falscher sorte an", "de", known) == "falsche sorte"
    assert by_words.type_of("blowholeは何ミリ", "ja", known) == "blowhole"
    assert by_words.types_of("blowhole or chipped edges", known) == ["blowhole", "chipped edge"]
    assert by_words.type_of("was ist die sorte", "de", known) is None
