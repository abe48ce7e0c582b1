"""Questions of the log: each of a group, ties, who found what, releases, handovers, names of nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from logged import context, entry

from agents.answers.without_image import answer_in_thread, answer_without_image
from agents.questions.log.called import called_people
from agents.questions.log.periods import period_of
from agents.state import Turn
from knowledge.log.entry import NamedType
from tools.context import Context

NOW = datetime(2026, 11, 28, 13).astimezone()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Context]:
    """Of ben (lot B1, st-1) and kim (B2, st-2) 2 of 2 screws failed; of maria (B3, st-3) 1 of 4 plates."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    of = {
        "ben": ("B1", "st-1", "screw", "ff"),
        "kim": ("B2", "st-2", "screw", "ff"),
        "maria": ("B3", "st-3", "plate", "fppp"),
    }
    rows = [
        (operator, lot, station, product, "fail" if letter == "f" else "pass")
        for operator, (lot, station, product, letters) in of.items()
        for letter in letters
    ]
    made.log.append(
        entry(number, decision, operator=operator, lot=lot, station=station, product=product)
        for number, (operator, lot, station, product, decision) in enumerate(rows)
    )
    yield made
    made.log.close()


@pytest.mark.parametrize(
    ("question", "screw", "plate"),
    [
        ("What's our first pass yield, per product?", "0 of 4", "3 of 4"),
        ("Wie ist die Ausbeute je Produkt?", "0 von 4", "3 von 4"),
        ("resa per prodotto", "0 pezzi su 4", "3 pezzi su 4"),
        ("¿rendimiento por producto?", "0 de 4", "3 de 4"),
        ("le rendement par produit ?", "0 pièces sur 4", "3 pièces sur 4"),
        ("rendimento por produto", "0 de 4", "3 de 4"),
        ("各产品的良率是多少", "0 件合格", "3 件合格"),
        ("製品別の歩留まりは？", "0 個が合格", "3 個が合格"),
        ("제품별 수율은?", "0개 합격", "3개 합격"),
    ],
)
def test_each_product_is_told(plant: Context, question: str, screw: str, plate: str) -> None:
    answer = answer_without_image(plant, question).answer
    assert screw in answer and plate in answer, answer
    assert "What" not in answer


@pytest.mark.parametrize(
    "question",
    [
        "rejects per station",
        "Ausschuss je Station",
        "scarti per stazione",
        "rechazos por estación",
        "各工位的不良率",
    ],
)
def test_each_station_is_told(plant: Context, question: str) -> None:
    answer = answer_without_image(plant, question).answer
    assert all(name in answer for name in ("st-1", "st-2", "st-3")), answer


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which lot was the worst?", "B1 and B2, equally."),
        ("Welches Los war am schlechtesten?", "B1 und B2, gleichauf."),
        ("¿Qué lote fue el peor?", "B1 y B2, igualados."),
        ("哪个批次最差？", "B1和B2并列"),
        ("Which lot was the best?", "B3. "),
    ],
)
def test_a_tie_is_said(plant: Context, question: str, first: str) -> None:
    assert answer_without_image(plant, question).answer.startswith(first)


@pytest.mark.parametrize(
    ("first", "second", "language"),
    [
        ("Which lot was the best?", "who ran it?", "en"),
        ("Welches Los war am besten?", "Wer hat es geprüft?", "de"),
        ("Quel lot était le meilleur ?", "qui l'a contrôlé ?", "fr"),
        ("哪个批次最好？", "是谁做的？", "zh"),
    ],
)
def test_it_is_what_was_named_before(plant: Context, first: str, second: str, language: str) -> None:
    told, asked = answer_in_thread(plant, first)
    turn = Turn(
        number=1, image=0, question=first, kind="history", region=None, answer=told.answer,
        language=language, meant=asked.question, slots=asked.intents[0],
    )  # fmt: skip
    answer = answer_in_thread(plant, second, turns=[turn])[0].answer
    assert "maria" in answer.lower() and "ben" not in answer, answer


@pytest.mark.parametrize(
    "question",
    [
        "who found the crack?",
        "Wer hat den Riss entdeckt?",
        "¿quién encontró la grieta?",
        "谁发现的裂纹？",
        "誰がクラックを見つけた？",
    ],
)
def test_who_found_a_type_is_who_judged_it(plant: Context, question: str) -> None:
    assert plant.log is not None
    assert "ben" in answer_without_image(plant, question).answer
    judged = entry(0, kind="correction", verdict="anomalous", types=(NamedType("crack", "known", 1.0),),
                   operator="ruth", correction="c1", decision="fail")  # fmt: skip
    plant.log.append([judged])
    assert answer_without_image(plant, question).answer.startswith("ruth.")


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("has lot B3 been released?", "The log holds no releases"),
        ("Ist Charge B3 schon freigegeben?", "Freigaben hält das Protokoll nicht fest"),
        ("¿se ha liberado el lote B3?", "El registro no contiene liberaciones"),
        ("B3批次放行了吗？", "记录中不含放行信息"),
        ("can lot B3 be released?", "No. "),
    ],
)
def test_a_release_is_nothing_that_the_log_holds(plant: Context, question: str, first: str) -> None:
    assert answer_without_image(plant, question).answer.startswith(first)


@pytest.mark.parametrize(
    "question",
    ["give me a handover for the next shift, short", "Mach mir eine kurze Schichtübergabe",
     "引き継ぎ用にまとめて",
     "dame un resumen para el relevo"],
)  # fmt: skip
def test_a_handover_tells_the_shift(plant: Context, question: str) -> None:
    told, asked = answer_in_thread(plant, question)
    assert asked.intents[0].log is not None
    assert asked.intents[0].log.period == "in the last eight hours"
    assert "short" not in told.answer


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("What's our yield?", "en", []),
        ("Customer's parts today?", "en", []),
        ("Who's the worst today?", "en", []),
        ("Zoe's rejects today?", "en", ["Zoe"]),
    ],
)
def test_no_question_word_is_a_name(text: str, language: str, names: list[str]) -> None:
    assert called_people(text, language) == names


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("after lunch yesterday", "en", True),
        ("gestern nach 12 uhr", "de", True),
        ("ieri dopo le 14", "it", True),
        ("ayer después de las 14:00", "es", True),
        ("昨天下午2点以后", "zh", True),
        ("since yesterday at 14:00", "en", False),
        ("seit gestern 14 uhr", "de", False),
        ("昨日の午後2時以降", "ja", False),
    ],
)
def test_after_a_time_of_a_day_ends_with_the_day(text: str, language: str, ends: bool) -> None:
    period, _ = period_of(text, language, NOW)
    assert period is not None and (period.until is not None) is ends


@pytest.mark.parametrize(
    "question",
    ["how was yesterday's yield compared with today",
        "昨天的良率跟今天比怎么样", "昨日の歩留まりは今日と比べてどう？",
     "com'era la resa di ieri rispetto a oggi?", "어제 수율은 오늘과 비교하면 어때?"],
)  # fmt: skip
def test_two_days_are_compared(plant: Context, question: str) -> None:
    log = answer_in_thread(plant, question)[1].intents[0].log
    assert log is not None and log.than is not None


@pytest.mark.parametrize(
    "question",
    ["which parts does somebody still have to look at?", "welche Teile muss sich heut noch einer anschaun?",
     "quali pezzi deve ancora guardare qualcuno?", "还有哪些要人看？", "아직 사람이 봐야 하는 부품은?"],
)  # fmt: skip
def test_what_somebody_has_to_look_at_is_to_be_reviewed(plant: Context, question: str) -> None:
    log = answer_in_thread(plant, question)[1].intents[0].log
    assert log is not None and log.decision == "review"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How many parts failed?", "By product: screw 4/4, plate 1/4"),
        ("Wie viele Stück sind durchgefallen?", "Nach Produkt: screw 4/4, plate 1/4"),
        ("What is our reject rate?", "By product: screw 4/4, plate 1/4"),
        ("How many parts were inspected?", "By product: plate 4, screw 4"),
        ("有多少件不合格？", "按产品：screw 4/4，plate 1/4"),
    ],
)
def test_a_count_of_several_products_is_told_of_each(plant: Context, question: str, told: str) -> None:
    answer = answer_without_image(plant, question).answer
    assert told.replace("，", ", ") in answer.replace("，", ", "), answer


def test_a_count_of_one_product_is_told_once(plant: Context) -> None:
    assert "By product" not in answer_without_image(plant, "How many parts of lot B1 failed?").answer
