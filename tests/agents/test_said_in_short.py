"""What an engineer says in a few words at the line: "what's up with it?", "at 3 o'clock?", "K4?"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from given_parts import asked_of
from logged import append_rows, context

from agents.answers.multiple_choice import kind_of_choice, place_named
from agents.answers.options import split_options
from agents.answers.without_image import answer_in_thread, answer_without_image
from agents.questions.learned.languages import language_of
from agents.questions.slots.zone_names import zones_in
from agents.questions.understanding import understand
from agents.state import Seen, Turn
from knowledge.catalogue.product_match import mentioned
from tools.context import Context

SEEN = [Seen(number=1, image="/parts/P01.png", sha256="1", store_version=1, found={})]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Cooler: 3 of 4 failed at grinder-1, lots K4 and K5; gear: all passed."""
    made = context(Path(tmp_path_factory.mktemp("log")) / "log.sqlite")
    append_rows(
        made,
        [("kuehler", "Ann", "grinder-1", "K4", one) for one in ("fail", "fail", "pass")]
        + [("kuehler", "Ben", "grinder-2", "K5", "fail")]
        + [("gear", "Cleo", "mill-1", "G1", "pass")] * 4,
    )
    yield made
    assert made.log is not None
    made.log.close()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("wie viele K\u00fchler", "kuehler"),
        ("the kuhler", "kuehler"),
        ("Kuehler-Teile", "K\u00fchler"),
        ("K\u00fchler\u6709\u54ea\u4e9b", "kuehler"),
        ("les engrenages c\u00f4nes", "engrenage c\u00f4ne"),
        ("Spritzguss", "spritzgu\u00df"),
    ],
)
def test_a_product_is_named_with_and_without_its_accents(text: str, name: str) -> None:
    assert mentioned(text, [name, "gear"]) == [name]


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele K\u00fchler waren schlecht?",
        "combien de K\u00fchler refus\u00e9s ?",
        "how many kuhlers failed?",
        "\u00bfcu\u00e1ntos K\u00fchler fallaron?",
        "quanti K\u00fchler scartati?",
    ],
)
def test_the_log_is_counted_of_a_product_by_its_name_with_an_umlaut(logged: Context, question: str) -> None:
    answer = answer_without_image(logged, question).answer
    assert "3" in answer and "kuehler" in answer


@pytest.mark.parametrize("question", ["how many rejects at grinder 2?", "wie viele schlecht an grinder 2?"])
def test_a_station_is_named_whatever_parts_its_words(logged: Context, question: str) -> None:
    assert "grinder-2" in answer_without_image(logged, question).answer


def test_parts_of_a_lot_are_those_that_were_counted(logged: Context) -> None:
    _, asked = answer_in_thread(logged, "wie viele Teile waren schlecht?")
    turn = _turn("wie viele Teile waren schlecht?", "de", asked.first.kind, 0)
    turn = turn.model_copy(update={"slots": asked.first})
    answer = answer_in_thread(logged, "welche Teile von K4 waren das?", turns=[turn])[0].answer
    assert "K4" in answer and "bestanden)" not in answer


@pytest.mark.parametrize(
    "question",
    [
        "which defect came up most?",
        "welcher Fehler kam am h\u00e4ufigsten raus?",
        "quel d\u00e9faut est sorti le plus ?",
        "\u00bfqu\u00e9 defecto ha salido m\u00e1s?",
        "quale difetto \u00e8 uscito di pi\u00f9?",
        "que defeito saiu mais?",
        "\u54ea\u79cd\u7f3a\u9677\u51fa\u5f97\u6700\u591a\uff1f",
        "\u4e00\u756a\u3088\u304f\u51fa\u305f\u4e0d\u826f\u306f\uff1f",
        "\uc81c\uc77c \ub9ce\uc774 \ub098\uc628 \ubd88\ub7c9\uc774 \ubb50\uc57c?",
    ],
)
def test_what_came_up_most_is_the_most_frequent_type(question: str) -> None:
    log = understand(question, pictured=False).first.log
    assert log is not None and log.figure == "frequent"


@pytest.mark.parametrize(
    ("question", "of_the_log"),
    [
        ("Wer wird dieses Jahr Deutscher Meister?", False),
        ("\u4eca\u5e74\u306e\u7d05\u767d\u306f\u8ab0\u304c\u51fa\u308b\uff1f", False),
        ("Wie viele Tore fielen gestern?", False),
        ("Was war gestern los?", True),
        ("K\u00fchler heute schlecht?", True),
        ("what happened on the night shift?", True),
        ("\u4eca\u5929\u7684\u60c5\u51b5\uff1f", True),
    ],
)
def test_a_period_alone_asks_nothing_of_the_log(question: str, of_the_log: bool) -> None:
    asked = understand(question, names=["kuehler", "gear"], pictured=False)
    assert (asked.first.log is not None) is of_the_log


@pytest.mark.parametrize(
    "question",
    [
        "How many parts failed, and what rate?",
        "Wie viele waren schlecht, und welche Quote?",
        "Combien de pi\u00e8ces refus\u00e9es, et quel taux ?",
        "\u00bfCu\u00e1ntas rechazadas y qu\u00e9 porcentaje?",
        "Quanti pezzi scartati e che percentuale?",
        "Quantas pe\u00e7as reprovadas, e qual a taxa?",
    ],
)
def test_the_rate_is_of_what_was_counted(question: str) -> None:
    asked = understand(question, pictured=False)
    assert [one.log.decision for one in asked.intents if one.log is not None][-1] == "fail"


@pytest.mark.parametrize(
    "question",
    [
        "can you tell me how deep a scratch is?",
        "kannst du mir sagen, wie schwer ein Teil ist?",
        "peux-tu v\u00e9rifier l'entraxe des trous ?",
        "\u00bfpuedes decirme qu\u00e9 tan profundo es?",
        "puoi dirmi quanto pesa?",
        "voc\u00ea consegue verificar o peso?",
        "\u80fd\u770b\u51fa\u5212\u75d5\u6709\u591a\u6df1\u5417\uff1f",
        "\u30ad\u30ba\u306e\u6df1\u3055\u306f\u308f\u304b\u308a\u307e\u3059\u304b\uff1f",
        "\uae4a\uc774\ub3c4 \uc54c \uc218 \uc788\uc5b4?",
    ],
)
def test_whether_something_can_be_measured_is_a_question_for_the_tool(question: str) -> None:
    assert understand(question, pictured=False, known=["Scratch"]).first.topic == "measures"


@pytest.mark.parametrize(
    "question",
    [
        "what's up with it?",
        "was hat der?",
        "il a quoi ?",
        "\u00bfqu\u00e9 tiene esta?",
        "cos'ha questo?",
        "o que tem essa?",
        "\u8fd9\u4e2a\u600e\u4e48\u4e86\uff1f",
        "\u3069\u3053\u304c\u304a\u304b\u3057\u3044\uff1f",
        "\uc774\uac70 \uc65c \uc774\ub798?",
    ],
)
def test_what_a_part_has_is_asked_of_its_defect(question: str) -> None:
    assert understand(question).first.kind in ("verdict", "type")


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("At 3 o'clock?", "right"),
        ("auf 7 Uhr?", "bottom left"),
        ("\u00e0 12 heures ?", "top"),
        ("a las 9?", "left"),
        ("12\u6642\uff1f", "top"),
    ],
)
def test_an_hour_beside_an_image_is_a_place(question: str, place: str) -> None:
    first = understand(question).first
    assert (first.kind, first.place, first.log) == ("place", place, None)


@pytest.mark.parametrize(
    "question",
    [
        "which of the two blades is bent?",
        "welche der beiden Zungen ist verbogen?",
        "laquelle des deux lames est tordue ?",
        "\u00bfcu\u00e1l de las dos cuchillas est\u00e1 torcida?",
        "quale delle due lame \u00e8 piegata?",
        "qual das duas l\u00e2minas est\u00e1 torta?",
        "\u54ea\u4e00\u8fb9\u7684\u7aef\u5b50\u5f2f\u4e86\uff1f",
        "\u7aef\u5b50\u304c\u66f2\u304c\u3063\u3066\u308b\u306e\u5de6\u53f3\u3069\u3063\u3061\uff1f",
        "\uc5b4\ub290 \ucabd \ub2e8\uc790\uac00 \ud718\uc5c8\uc5b4?",
    ],
)
def test_which_of_two_things_is_asked_by_its_place(question: str) -> None:
    assert understand(question, known=["Bent blade"]).first.kind == "place"


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("Is the print legible?", "Possibly not."),
        ("Ist der Aufdruck unlesbar?", "M\u00f6glicherweise."),
        ("L'impression est lisible ?", "Peut-\u00eatre pas."),
        ("Stimmt die Farbe?", "M\u00f6glicherweise nicht."),
        ("wrong colour?", "Possibly."),
        ("la couleur est bonne ?", "Peut-\u00eatre pas."),
    ],
)
def test_that_a_part_failed_says_not_that_its_print_or_colour_is_wrong(question: str, lead: str) -> None:
    answer, affirmed = asked_of(question, "fail")
    assert answer.startswith(f"{lead} ") and affirmed is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("kann man den aufdrck noch lesen", "Aufdruck"),
        ("is the makring there", "marking"),
        ("le marqage est bon", "marquage"),
        ("is the head ok", None),
    ],
)
def test_a_zone_is_named_with_a_letter_wrong(text: str, zone: str | None) -> None:
    zones = ["Aufdruck", "marking", "marquage", "handle"]
    assert zones_in(text, zones, language_of(text)) == [zone] * (zone is not None)


@pytest.mark.parametrize(
    "question",
    [
        "how much is missing? limit 1 mm",
        "wie viel fehlt da, Grenze 1 mm?",
        "combien il manque ? limite 1 mm",
        "\u00bfcu\u00e1nto falta? l\u00edmite 1 mm",
        "quanto manca? limite 1 mm",
        "\u7f3a\u4e86\u591a\u5c11\uff1f\u9650\u5ea61\u6beb\u7c73",
    ],
)
def test_how_much_is_missing_is_held_against_a_limit(question: str) -> None:
    (one,) = understand(question).intents
    assert (one.kind, one.closed, one.limit and one.limit.value) == ("size", False, 1.0)


@pytest.mark.parametrize(
    ("before", "question", "language"),
    [
        ("ist das ein Kratzer?", "und bei dem hier?", "de"),
        ("is it a scratch?", "and this one?", "en"),
        ("c'est une rayure ?", "et celle-ci ?", "fr"),
        ("\u00bfes un rasgu\u00f1o?", "\u00bfy esta?", "es"),
    ],
)
def test_a_type_is_asked_of_another_image_again(before: str, question: str, language: str) -> None:
    slots = understand(before, known=["Scratch"]).first.model_copy(update={"image": 1})
    turn = _turn(before, language, slots.kind, 1).model_copy(update={"slots": slots})
    first = understand(question, [turn], SEEN, None, known=["Scratch"]).first
    assert (first.kind, first.type, first.closed) == ("type", "scratch", True)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("same thing as before?", "en"),
        ("der gleiche Fehler wie beim letzten?", "de"),
        ("c'est le m\u00eame d\u00e9faut que le pr\u00e9c\u00e9dent ?", "fr"),
        ("\u00bfes el mismo defecto que el anterior?", "es"),
        ("\u3055\u3063\u304d\u306e\u3068\u540c\u3058\u4e0d\u826f\uff1f", "ja"),
    ],
)
def test_the_same_as_before_compares_two_images(question: str, language: str) -> None:
    turn = _turn("?", language, "type", 1)
    first = understand(question, [turn], SEEN, None).first
    assert (first.kind, first.other, first.closed) == ("comparison", 1, True)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Where is it? A: top left B: center", "Defect Localization"),
        ("Wo ist er? A: oben B: unten", "Defect Localization"),
        ("O\u00f9 est-ce ? A : en haut B : en bas", "Defect Localization"),
        ("Where is the logo? A: top left B: center", "Object Analysis"),
    ],
)
def test_where_it_is_asks_for_the_defect(typed: str, kind: str) -> None:
    question, options = split_options(typed)
    assert kind_of_choice(question, options) == kind
    assert all(place_named(text, question) is not None for text in options.values())


def _turn(question: str, language: str, kind: str, image: int) -> Turn:
    return Turn.model_validate(
        {
            "number": 1,
            "image": image,
            "question": question,
            "kind": kind,
            "region": None,
            "answer": "",
            "meant": question,
            "language": language,
        }
    )
