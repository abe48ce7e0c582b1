"""Whether a type matters; statements of types, shares, words for several types, false alarms, more images."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from given_parts import state_of

from agents.answers.compose import compose_answer
from agents.answers.notes.severity import weighed
from agents.answers.phrases import phrases_of
from agents.answers.topic import Topic
from agents.questions.log.periods import period_of
from agents.questions.slots.by_words import type_of
from agents.questions.understanding import understand
from agents.state import InspectionState, Turn
from anomaly_core.results import Decision
from tools.classify.scores import UNKNOWN
from tools.records import (
    DefectRecord,
    MeasuredRegion,
    NamedScore,
    OpenedRecord,
)

NOTES = {
    "Crack": {
        "cause": "the kiln cooled too fast", "effect": "the plate breaks", "severity": "critical",
        "action": "scrap", "limit": "not allowed",
    },
    "Stain": {
        "cause": "dried water", "effect": "none", "severity": "cosmetic", "action": "wipe it",
        "limit": "up to 5 per part",
    },
    "Rim scratch": {
        "cause": "worn guide", "effect": "looks bad", "severity": "minor", "action": "rework: polish",
        "limit": "max 2 mm length",
    },
    "Base scratch": {
        "cause": "dirty belt", "effect": "rusts", "severity": "minor", "action": "release",
        "limit": "max 1 mm length",
    },
}  # fmt: skip


def state(question: str, decision: Decision = "fail", regions: int = 1, **asked: Any) -> InspectionState:
    return state_of(
        question, decision, NOTES,
        opened=OpenedRecord(image="part.png", sha256="ab" * 32, width=100, height=100),
        regions=[
            MeasuredRegion(id=f"region-{n + 1}", bbox=(0, 40 * n, 20, 40 * n + 10), cell="left", area_px=200,
                score=1, text="a spot", zone="rim")
            for n in range(regions)
        ] if decision == "fail" else [],
        defect_type=DefectRecord(
            name=UNKNOWN, score=0.1,
            alternatives=[NamedScore(name="Crack", score=0.3), NamedScore(name="Stain", score=0.2)],
        ),
        asked=understand(question, known=list(NOTES), **asked),
    )  # fmt: skip


def answer(question: str, decision: Decision = "fail", regions: int = 1, **asked: Any) -> str:
    return compose_answer(state(question, decision, regions, **asked)).answer


def of_type(question: str) -> tuple[str, bool | None]:
    """The kind that a question without an image is of, and what its first words affirm."""
    asked = understand(question, known=list(NOTES), pictured=False)
    given = state(question)
    topic = Topic(
        InspectionState(passages=given["passages"], product=given["product"], expected=given["expected"]),
        asked, asked.first, 0, phrases_of(asked.language),
    )  # fmt: skip
    return asked.first.kind, weighed(topic, [asked.first.type or ""]).affirmed


@pytest.mark.parametrize(
    "question",
    [
        "is a crack on the plate a problem?",
        "do cracks matter to the customer?",
        "are cracks dangerous?",
        "ist ein Riss schlimm?",
        "ist ein Riss in der Platte ein Problem?",
        "una cricca è un problema?",
        "¿es malo que haya una grieta?",
        "¿importa una grieta?",
        "une fissure, c'est gênant ?",
        "uma trinca é problema?",
        "裂纹有问题吗?",
        "クラックは問題になりますか?",
        "크랙은 문제가 되나요?",
    ],
)
def test_what_is_not_allowed_matters(question: str) -> None:
    assert of_type(question) == ("effect", True)


@pytest.mark.parametrize(
    ("question", "affirmed"),
    [
        ("is a stain harmful?", False),
        ("ist ein Fleck schädlich?", False),
        ("can a crack be ignored?", False),
        ("ist ein Riss harmlos?", False),
        ("is a stain a problem?", None),
        ("ist ein Riss nicht schlimm?", None),
    ],
)
def test_what_is_harmless_matters_beyond_its_limit(question: str, affirmed: bool | None) -> None:
    assert of_type(question)[1] is affirmed


@pytest.mark.parametrize(
    "question",
    [
        "what happens if we ship it anyway?",
        "was passiert, wenn wir das so ausliefern?",
        "cosa succede se lo spediamo lo stesso?",
        "que se passe-t-il si on l'envoie quand même",
        "¿qué efecto tiene el defecto?",
        "qual è l'effetto del difetto?",
        "o que acontece se enviarmos assim?",
        "この欠陥の影響は?",
        "이대로 출하하면 어떻게 돼?",
        "这个缺陷有什么影响",
    ],
)
def test_the_effect_of_an_uncertain_type_is_told(question: str) -> None:
    told = answer(question)
    assert '"the plate breaks" [Crack#effect]; "critical" [Crack#severity]' in told


@pytest.mark.parametrize(
    "question",
    [
        "length and width of the scratch pls",
        "Länge und Breite vom Kratzer bitte",
        "dimensiones del rayón",
        "longueur et largeur de la rayure",
        "划痕的长度和宽度",
        "傷の長さと幅は?",
    ],
)
def test_a_size_is_held_against_no_limit_unless_one_is_asked_for(question: str) -> None:
    composed = compose_answer(state(question))
    assert "#limit" not in composed.answer
    assert composed.affirmed is None


@pytest.mark.parametrize(
    "question",
    ["is the scratch within the limit?", "ist der Kratzer noch im Limit?", "il graffio è nei limiti?"],
)
def test_a_word_for_several_types_is_the_one_of_the_place(question: str) -> None:
    told = answer(question)
    assert "[Rim scratch#limit]" in told and "[Base scratch#limit]" not in told


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("how much of the plate is damaged?", "All 2 together: 4% of the image"),
        ("total affected area in percent", "All 2 together: 4% of the image"),
        ("quanto è grande la zona difettosa in percentuale", "Tutti e 2 insieme: 4% dell'immagine"),
        ("wie viel Prozent der Platte sind beschädigt?", "Alle 2 zusammen: 4% des Bildes"),
        ("¿qué porcentaje de la pieza está dañado?", "Los 2 juntos: 4% de la imagen"),
        ("不良面積は何パーセント?", "2 か所の合計：画像の 4%"),
    ],
)
def test_the_share_of_all_defects_comes_first(question: str, first: str) -> None:
    assert answer(question, regions=2).startswith(first)


@pytest.mark.parametrize(
    ("question", "none"),
    [
        ("what caused the scratch on this one?", "There is no defect to explain"),
        ("woher kommt der Riss?", "Es gibt keinen Fehler zu erklären"),
        ("¿por qué está rayada?", "No hay ningún defecto que explicar"),
        ("なぜ傷が付いたの?", "説明する欠陥はありません"),
    ],
)
def test_a_good_part_has_no_defect_to_explain(question: str, none: str) -> None:
    assert answer(question, "pass").startswith(none)


@pytest.mark.parametrize(
    ("statement", "after"),
    [
        ("that's a crack", "and its cause?"),
        ("I think that dark spot is a crack", "what causes it?"),
        ("das ist ein Riss", "und die Ursache?"),
        ("creo que es una grieta", "¿y la causa?"),
        ("je pense que c'est une fissure", "et la cause ?"),
        ("secondo me è una cricca", "e la causa?"),
        ("acho que é uma trinca", "e a causa?"),
        ("我觉得是裂纹", "原因呢?"),
        ("これはクラックだと思う", "原因は?"),
        ("이건 크랙인 것 같아", "원인은?"),
    ],
)
def test_a_type_that_a_person_states_is_taken_up(statement: str, after: str) -> None:
    composed = compose_answer(state(statement, "review"))
    assert "--verdict anomalous --type Crack" in composed.answer
    asked = understand(statement, known=list(NOTES))
    assert (asked.first.kind, asked.first.supposed) == ("correction", True)
    turn = Turn(
        number=1, image=1, question=statement, kind="correction", region=None, answer="",
        language=asked.spoken, meant=statement, slots=asked.first,
    )  # fmt: skip
    told = answer(after, "review", turns=[turn], current=1)
    assert '"the kiln cooled too fast" [Crack#cause]' in told


@pytest.mark.parametrize(
    ("asked", "after", "word"),
    [
        ("Is it a stain?", "and what causes it?", "your word"),
        ("Ist das ein Fleck?", "und was ist die Ursache?", "Ihre Angabe"),
        ("è una macchia?", "e la causa?", "lo dice Lei"),
        ("c'est une tache ?", "et la cause ?", "vous qui le dites"),
    ],
)
def test_a_type_that_was_asked_for_is_told_as_the_askers(asked: str, after: str, word: str) -> None:
    before = understand(asked, known=list(NOTES)).first
    turn = Turn(
        number=1, image=1, question=asked, kind=before.kind, region=None, answer="", slots=before
    )  # fmt: skip
    told = answer(after, turns=[turn], current=1)
    assert "dried water" in told and word in told
    assert "kiln" not in told
    assert word not in answer(after, "pass", turns=[turn], current=1)


def test_what_the_notes_do_not_know_may_be_normal() -> None:
    assert "iad correct part.png --normal" in answer("could be just dust")


@pytest.mark.parametrize(
    "question", ["is that a crack?", "es grave una grieta", "das ist ein Riss, oder?", "这是裂纹吗"]
)
def test_a_question_states_nothing(question: str) -> None:
    assert not understand(question, known=list(NOTES)).first.supposed


@pytest.mark.parametrize(
    "question",
    [
        "whats different from a good plate",
        "what's the difference to a good part",
        "was ist anders als bei einem Gutteil",
        "¿qué diferencia hay con una pieza buena?",
        "cosa c'è di diverso da un pezzo buono",
        "o que há de diferente de uma peça boa",
        "和良品有什么不同",
        "양품과 뭐가 달라?",
    ],
)
def test_what_is_different_asks_for_a_comparison(question: str) -> None:
    assert understand(question).first.kind == "comparison"


@pytest.mark.parametrize(
    "question",
    [
        "a ponta do parafuso está torta",
        "la punta della vite è storta",
        "la pointe de la vis est tordue",
        "die Spitze der Schraube ist verbogen",
        "螺丝尖弯了",
    ],
)
def test_a_type_is_named_by_its_words_in_any_order(question: str) -> None:
    language = understand(question).spoken
    assert type_of(question.lower(), language, ["Bent tip", "Head scratch"]) == "bent tip"


def test_a_crooked_label_is_no_bent_tip() -> None:
    assert type_of("a etiqueta está torta", "pt", ["Bent tip", "Head scratch"]) == "misalignment"


@pytest.mark.parametrize(
    ("question", "kind", "type_"),
    [
        ("what do we do when we find a crack", "action", "crack"),
        ("die Platte hat einen Riss, was tun?", "action", "crack"),
        ("o que fazer se a placa tiver uma trinca", "action", "crack"),
        ("クラックがある場合はどうする?", "action", "crack"),
    ],
)
def test_what_to_do_asks_for_the_action_alone(question: str, kind: str, type_: str) -> None:
    (one,) = understand(question, known=list(NOTES), pictured=False).intents
    assert (one.kind, one.type) == (kind, type_)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("how do I get fewer false alarms", "fewer_alarms"),
        ("zu viele Pseudoausschüsse, was kann ich ändern?", "fewer_alarms"),
        ("come riduco i falsi allarmi", "fewer_alarms"),
        ("怎么减少误报", "fewer_alarms"),
        ("오경보를 줄이려면 어떻게 해?", "fewer_alarms"),
        ("how many false alarms did we have today?", None),
        ("what share of the rejects were false alarms?", None),
    ],
)
def test_fewer_false_alarms_are_a_topic_and_their_number_is_of_the_log(
    question: str, topic: str | None
) -> None:
    one = understand(question, pictured=False).first
    assert (one.topic, one.kind) == (topic, "help" if topic else "history")


@pytest.mark.parametrize(
    "question",
    [
        "can I add a few more good pictures without starting over",
        "kann ich mehr gute Bilder nachreichen, ohne von vorne anzufangen",
        "comment ajouter d'autres images de bonnes pièces",
        "良品画像を追加するには",
    ],
)
def test_more_good_images_narrow_the_calibration(question: str) -> None:
    assert understand(question, pictured=False).first.topic == "more_good"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("schreib mir für den Kunden in einem Satz, was los ist", "Wir haben ein Teil (plate) mit Gutteilen"),
        ("one sentence for the customer", "We compared one plate with good parts"),
        ("scrivi al cliente in una frase cosa c'è", "Abbiamo confrontato un pezzo (plate)"),
        ("用一句话告诉客户", "我们将一个零件（plate）与良品进行了比较"),
    ],
)
def test_one_sentence_for_the_customer(question: str, first: str) -> None:
    told = answer(question)
    assert told.startswith(first)
    assert sum(told.count(mark) for mark in ".。") == 1


@pytest.mark.parametrize(
    ("text", "language", "open_"),
    [
        ("combien de pièces à revoir aujourd'hui", "fr", False),
        ("pezzi da verificare oggi", "it", False),
        ("parts to check today", "en", False),
        ("jusqu'à aujourd'hui", "fr", True),
        ("until today", "en", True),
    ],
)
def test_a_short_word_before_another_is_no_until(text: str, language: str, open_: bool) -> None:
    period, _ = period_of(text, language, datetime(2026, 11, 27, 12, tzinfo=UTC))
    assert period is not None and (period.since is None) is open_


def test_the_meaning_of_p_comes_with_that_of_the_part() -> None:
    told = answer("whats the p-value and what does that mean for me")
    assert "p-value 0.01" in told and "0.01 means one good part in 100" in told


OF_NOTES = [
    "is this within the standard?",
    "is it in spec?",
    "does it meet the requirements?",
    "does the scratch comply with the norm?",
    "hält der Kratzer die Norm ein?",
    "ist das noch normgerecht?",
    "entspricht das der Vorgabe?",
    "il graffio rispetta la norma?",
    "rientra nello standard?",
    "¿el rayón cumple la norma?",
    "¿está dentro de la norma?",
    "la rayure respecte-t-elle la norme ?",
    "c'est conforme à la norme ?",
    "o risco atende à norma?",
    "está dentro do padrão?",
    "这个划痕符合标准吗？",
    "在规格内吗？",
    "この傷は基準内ですか",
    "規格を満たしていますか？",
    "이 흠집은 기준 안이야?",
    "규격에 맞아?",
]


@pytest.mark.parametrize("question", OF_NOTES)
def test_the_limit_of_the_notes_is_used(question: str) -> None:
    assert understand(question, known=list(NOTES)).first.kind == "size"
    given = state(question)
    given["defect_type"] = DefectRecord(name="Rim scratch", score=0.9, alternatives=[])
    told = compose_answer(given).answer
    assert "max 2 mm length" in told
    assert "[Rim scratch#limit]" in told


def test_first_words_say_whether_it_is_held() -> None:
    given = state("is it in spec? 1 mm is 5 px")
    given["defect_type"] = DefectRecord(name="Rim scratch", score=0.9, alternatives=[])
    assert compose_answer(given).answer.startswith("No.")
    assert answer("is it in spec?", "pass").startswith("Yes.")
    unsure = answer("is it in spec?")
    assert unsure.startswith("That can't be told. The type of the defect is not certain")
    assert '"not allowed" [Crack#limit]' in unsure
