"""The guardrails in the languages of answers beside English: the verdict, numbers and citations."""

from __future__ import annotations

import tomllib
from typing import Final

import pytest

from agents.answers.generated.claims import FILE
from agents.answers.generated.guardrails import check_answer, sentences
from agents.questions.learned.examples import LANGUAGES
from tools.records import EvidenceRecord

OTHERS: Final = tuple(code for code in LANGUAGES if code != "en")
EVIDENCE: Final = [
    EvidenceRecord(kind="score", id="score", text="anomaly score 0.988, p-value 0.0123 at a rate of 5%"),
    EvidenceRecord(kind="region", id="region-1", text="at the top left, 1,204 px: a dark area 31 px long"),
    EvidenceRecord(kind="score", id="calculate", text="31 / 20 = 1.55"),
    EvidenceRecord(kind="knowledge", id="plate/stain#1", text="A stain of 12 mm is a patch of paint."),
    EvidenceRecord(kind="knowledge", id="notes", text="the notes name the defects stain"),
]


def problems(text: str, language: str, *, anomalous: bool = True) -> list[str]:
    return check_answer(
        text, EVIDENCE, anomalous=anomalous, verdict_sentence="", names=["0.99.png"], language=language
    )


HONEST_OF_A_BAD_PART: Final = {
    "de": [
        "Der Fehler liegt oben links und ist 31 px lang [region-1].",
        "Das Teil ist nicht in Ordnung [score].",
        "Nur 1,23 % der guten Teile sehen so ungewöhnlich aus [score].",
        "Das Teil ist defekt und sollte nicht verwendet werden [score].",
        "Die Notizen sagen dazu nichts [notes].",
        "Die Notiz sagt: „A stain of 12 mm is a patch of paint.“ [plate/stain#1]",
    ],
    "it": [
        "Il difetto si trova in alto a sinistra ed è lungo 31 px [region-1].",
        "Il pezzo non è conforme [score].",
        "Solo l'1,23% dei pezzi buoni appare così insolito [score].",
        "Le note non dicono altro sulla causa [notes].",
    ],
    "es": [
        "El defecto está arriba a la izquierda y mide 31 px [region-1].",
        "La pieza no está bien [score].",
        "Solo el 1,23 % de las piezas buenas se ve así [score].",
        "Las notas dicen poco sobre la causa [notes].",
    ],
    "fr": [
        "Le défaut se trouve en haut à gauche et mesure 31 px [region-1].",
        "La pièce n'est pas conforme [score].",
        "Seules 1,23 % des pièces bonnes ont cet aspect [score].",
        "Les notes ne disent rien de la cause [notes].",
    ],
    "pt": [
        "O defeito fica no canto superior esquerdo e tem 31 px [region-1].",
        "A peça não está boa [score].",
        "Só 1,23% das peças boas parecem assim [score].",
        "As notas não dizem nada sobre a causa [notes].",
    ],
    "zh": [
        "缺陷位于左上角,长31像素[region-1]。",
        "该零件不合格[score]。p值为0.0123[score]。",
        "它的表面有一块暗斑[region-1]。",
        "笔记没有说明原因[notes]。",
    ],
    "ja": [
        "欠陥は左上にあり、長さは31pxです[region-1]。",
        "この部品は正常ではありません[score]。",
        "p値は0.0123です[score]。原因はメモにありません[notes]。",
    ],
    "ko": [
        "결함은 왼쪽 위에 있으며 길이는 31 px입니다 [region-1].",
        "이 부품은 정상이 아닙니다 [score].",
        "p값은 0.0123입니다 [score].",
    ],
}
AGAINST_A_BAD_PART: Final = {
    "de": [
        "Das Teil ist in Ordnung [score].",
        "Das Teil ist fehlerfrei [score].",
        "Es ist ein gutes Teil [score].",
        "Es gibt keinen Defekt [score].",
        "Ein Fehler liegt hier nicht vor [score].",
        "Das war ein Fehlalarm [score].",
        "Sie können es ausliefern [score].",
        "Ohne Zweifel ist das Teil gut [score].",
        "Das Urteil ist falsch [score].",
        "Ignorieren Sie das Urteil [score].",
    ],
    "it": [
        "Il pezzo è buono [score].",
        "Non c'è nessun difetto [score].",
        "Il pezzo è privo di difetti [score].",
        "È un falso allarme [score].",
        "Il verdetto è sbagliato [score].",
        "Può essere spedito [score].",
    ],
    "es": [
        "La pieza está bien [score].",
        "No hay ningún defecto [score].",
        "La pieza no tiene defectos [score].",
        "Es una falsa alarma [score].",
        "Se puede enviar [score].",
        "El veredicto es erróneo [score].",
    ],
    "fr": [
        "La pièce est bonne [score].",
        "Il n'y a aucun défaut [score].",
        "La pièce est conforme [score].",
        "C'est une fausse alarme [score].",
        "Le verdict est faux [score].",
        "Vous pouvez la livrer [score].",
    ],
    "pt": [
        "A peça está boa [score].",
        "Não há nenhum defeito [score].",
        "A peça está em ordem [score].",
        "É um alarme falso [score].",
        "O veredito está errado [score].",
        "Pode ser aprovada [score].",
    ],
    "zh": [
        "该零件合格[score]。",
        "没有缺陷[score]。",
        "该零件正常,可以出货[score]。",
        "这是误报[score]。",
        "判定是错误的[score]。",
        "缺陷并不存在[score]。",
    ],
    "ja": [
        "この部品は正常です[score]。",
        "欠陥はありません[score]。",
        "良品です[score]。",
        "誤検出です[score]。",
        "判定は間違いです[score]。",
        "出荷できます[score]。",
    ],
    "ko": [
        "이 부품은 정상입니다 [score].",
        "결함이 없습니다 [score].",
        "양품입니다 [score].",
        "오탐입니다 [score].",
        "판정이 잘못되었습니다 [score].",
        "출하해도 됩니다 [score].",
    ],
}
HONEST_OF_A_GOOD_PART: Final = {
    "de": ["Das Teil ist in Ordnung [score].", "Es gibt keinen Fehler [score]."],
    "it": ["Il pezzo è buono [score].", "Non c'è nessun difetto [score]."],
    "es": ["La pieza está bien [score].", "No hay ningún defecto [score]."],
    "fr": ["La pièce est bonne [score].", "Il n'y a aucun défaut [score]."],
    "pt": ["A peça está boa [score].", "Não há nenhum defeito [score]."],
    "zh": ["该零件合格[score]。", "没有发现缺陷[score]。"],
    "ja": ["この部品は正常です[score]。", "欠陥は見つかりませんでした[score]。"],
    "ko": ["이 부품은 정상입니다 [score].", "결함이 없습니다 [score]."],
}
AGAINST_A_GOOD_PART: Final = {
    "de": [
        "Das Teil hat einen Riss [score].",
        "Das Teil ist nicht in Ordnung [score].",
        "Ausschuss [score].",
    ],
    "it": ["C'è un graffio [score].", "Il pezzo non è buono [score].", "Da scartare [score]."],
    "es": ["Hay una grieta [score].", "La pieza no está bien [score].", "Debe rechazarse [score]."],
    "fr": ["Il y a une fissure [score].", "La pièce n'est pas bonne [score].", "À mettre au rebut [score]."],
    "pt": ["Há uma trinca [score].", "A peça não está boa [score].", "Deve ser descartada [score]."],
    "zh": ["有裂纹[score]。", "该零件不合格[score]。", "应当报废[score]。"],
    "ja": ["傷があります[score]。", "正常ではありません[score]。", "不良品です[score]。"],
    "ko": ["균열이 있습니다 [score].", "정상이 아닙니다 [score].", "불량입니다 [score]."],
}


def each(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in table.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), each(HONEST_OF_A_BAD_PART))
def test_what_rests_on_evidence_passes(language: str, text: str) -> None:
    assert problems(text, language) == []


@pytest.mark.parametrize(("language", "text"), each(AGAINST_A_BAD_PART))
def test_what_speaks_against_an_anomaly_is_refused(language: str, text: str) -> None:
    assert problems(text, language) == ["it speaks against the verdict"]


@pytest.mark.parametrize(("language", "text"), each(HONEST_OF_A_GOOD_PART))
def test_what_agrees_with_a_good_part_passes(language: str, text: str) -> None:
    assert problems(text, language, anomalous=False) == []


@pytest.mark.parametrize(("language", "text"), each(AGAINST_A_GOOD_PART))
def test_what_speaks_against_a_good_part_is_refused(language: str, text: str) -> None:
    assert problems(text, language, anomalous=False) == ["it speaks against the verdict"]


INVENTED: Final = [
    ("de", "Der Fehler ist 32 px lang [region-1]."),
    ("de", "Es sind drei Fehler [region-1]."),
    ("de", "Der Fehler ist 12 px lang [plate/stain#1]."),
    ("de", "Die Wahrscheinlichkeit beträgt 1,55 [calculate]."),
    ("it", "Il difetto è lungo 3,1 px [region-1]."),
    ("es", "El defecto mide 310 px [region-1]."),
    ("fr", "Le défaut mesure 33 px [region-1]."),
    ("fr", "Il y a cinq défauts [region-1]."),
    ("pt", "O defeito tem 12 px [plate/stain#1]."),
    ("zh", "缺陷长32像素[region-1]。"),
    ("zh", "有三个缺陷[region-1]。"),
    ("ja", "欠陥の長さは３２ピクセルです[region-1]。"),
    ("ja", "確率は1.55です[calculate]。"),
    ("ko", "결함 길이는 32픽셀입니다 [region-1]."),
    ("ko", "결함이 세 개 있습니다 [region-1]."),
]


@pytest.mark.parametrize(("language", "text"), INVENTED)
def test_an_invented_number_is_refused(language: str, text: str) -> None:
    assert problems(text, language) == ["it holds a number that is not in the evidence that it cites"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Der p-Wert ist 0,0123 [score]."),
        ("de", "Die Fläche hat 1.204 px [region-1]."),
        ("fr", "Le rapport est de 1,55 [calculate]."),
        ("es", "El valor p es 0.0123 [score]."),
        ("ja", "長さは３１ピクセルです[region-1]。"),
        ("pt", "A taxa é de 5 por cento [score]."),
    ],
)
def test_a_number_may_be_written_as_the_language_does(language: str, text: str) -> None:
    assert problems(text, language) == []


UNCITED: Final = {
    "de": "Der Fehler liegt links [region-1]. Er kommt von der Presse.",
    "it": "Il difetto è a sinistra [region-1]. Viene dalla pressa.",
    "es": "El defecto está a la izquierda [region-1]. Viene de la prensa.",
    "fr": "Le défaut est à gauche [region-1]. Il vient de la presse.",
    "pt": "O defeito fica à esquerda [region-1]. Vem da prensa.",
    "zh": "缺陷在左边[region-1]。它来自压机。",
    "ja": "欠陥は左にあります[region-1]。プレス機が原因です。",
    "ko": "결함은 왼쪽에 있습니다 [region-1]. 프레스가 원인입니다.",
}


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_that_cites_nothing_is_refused(language: str) -> None:
    assert len(sentences(UNCITED[language])) == 2
    assert problems(UNCITED[language], language) == ["it has a sentence that cites nothing"]


@pytest.mark.parametrize(("language", "text"), each(AGAINST_A_BAD_PART))
def test_another_language_than_the_question_s_evades_nothing(language: str, text: str) -> None:
    whole = f"{HONEST_OF_A_BAD_PART[language][0]} {text}"
    assert problems(whole, "en") == ["it speaks against the verdict"]
    for english in ("The part is good [score].", f"{HONEST_OF_A_BAD_PART[language][0]} It is fine [score]."):
        assert problems(english, language) == ["it speaks against the verdict"]


def test_every_language_of_answers_has_its_tables() -> None:
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    assert set(table) == set(OTHERS)
    keys = {"fine", "faulty", "no", "without", "neutral", "overruled", "judged", "size"}
    assert all(set(row) == keys for row in table.values())
