"""Numbers of parts that questions of the log name, and the lines, lots and people that they call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from logged import context, entry

from agents.answers.without_image import answer_without_image
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.numbered import numbers_in
from agents.questions.lexicon.numerals import number_of, whole_pattern
from agents.questions.lexicon.words import words_of
from agents.questions.log.called import called_people
from agents.questions.log.code_names import code_name
from agents.questions.understanding import understand
from knowledge.log.entry import timestamp
from tools.context import Context

NUMBERS = [
    ("en", "of the last 20 parts how many failed", 20, None),
    ("en", "out of the last ten parts, any over 150 px?", 10, None),
    ("en", "show me the five worst from last week", None, 5),
    ("en", "the 5 worst of last week", None, 5),
    ("en", "show me three rejects of October", None, 3),
    ("en", "the latest ten", 10, None),
    ("en", "worst 3 of the last 50", 50, 3),
    ("en", "list 7 parts with dents", None, 7),
    ("en", "last twenty-five: yield?", 25, None),
    ("en", "how many of the previous hundred passed", 100, None),
    ("en", "in the last two hours", None, None),
    ("en", "last 3 days", None, None),
    ("en", "the last 2 mm of the edge", None, None),
    ("en", "give me the 3 most severe ones", None, 3),
    ("en", "part 3 from last week", None, None),
    ("en", "last 20 parts line 3", 20, None),
    ("en", "the two worst lots", None, None),
    ("en", "name three causes", None, None),
    ("en", "find me a dozen good ones", None, 12),
    ("en", "most recent 15 inspections", 15, None),
    ("de", "von den letzten 20 Teilen wie viele n.i.O.", 20, None),
    ("de", "die 10 schlechtesten von gestern bitte", None, 10),
    ("de", "über die letzten 50 Teile", 50, None),
    ("de", "zeig mir drei Ausschussteile vom Oktober", None, 3),
    ("de", "die letzten zehn", 10, None),
    ("de", "wie viele der letzten zwanzig waren gut", 20, None),
    ("de", "die fünf auffälligsten der Woche", None, 5),
    ("de", "gib mir 4 mit Kratzern", None, 4),
    ("de", "in den letzten drei Tagen", None, None),
    ("de", "letzte 30 stück: quote?", 30, None),
    ("de", "unter den letzten fünfundzwanzig", 25, None),
    ("it", "degli ultimi cento pezzi quanti buoni", 100, None),
    ("it", "i 5 peggiori della settimana scorsa", None, 5),
    ("it", "fammi vedere tre scarti di ottobre", None, 3),
    ("it", "ultimi 20: quanti scarti", 20, None),
    ("it", "negli ultimi 3 giorni", None, None),
    ("it", "dammi i dieci peggiori", None, 10),
    ("it", "sulle ultime trenta", 30, None),
    ("it", "mostrami quattro pezzi con graffi", None, 4),
    ("es", "y de las últimas treinta piezas, cuántas malas", 30, None),
    ("es", "Enséñame diez con descascarillado", None, 10),
    ("es", "las 5 peores de ayer", None, 5),
    ("es", "de las 20 últimas", 20, None),
    ("es", "en los últimos tres días", None, None),
    ("es", "dame tres rechazos de octubre", None, 3),
    ("es", "muéstrame cinco malas", None, 5),
    ("fr", "sur les 25 dernières, combien de bonnes ?", 25, None),
    ("fr", "les 5 pires de la semaine", None, 5),
    ("fr", "montre-moi trois rebuts d'octobre", None, 3),
    ("fr", "les dix dernières pièces", 10, None),
    ("fr", "sur les dernières 40 pièces", 40, None),
    ("fr", "les 3 derniers jours", None, None),
    ("fr", "les deux dernières heures", None, None),
    ("fr", "sors-moi les cinq pires", None, 5),
    ("pt", "das últimas 20 peças quantas ruins", 20, None),
    ("pt", "me acha duas peças de anteontem com mordedura", None, 2),
    ("pt", "as 5 piores de ontem", None, 5),
    ("pt", "nos últimos três dias", None, None),
    ("pt", "me mostra três refugos de outubro", None, 3),
    ("pt", "as dez últimas", 10, None),
    ("pt", "das últimas cinquenta", 50, None),
    ("zh", "最近20件里几件不良", 20, None),
    ("zh", "最近的二十个里有几个坏的", 20, None),
    ("zh", "最差的5个", None, 5),
    ("zh", "给我看三个不良品", None, 3),
    ("zh", "上周最差的五张", None, 5),
    ("zh", "最近三天", None, None),
    ("zh", "最近两个月", None, None),
    ("zh", "最后50片的良率", 50, None),
    ("zh", "列出10件有划痕的", None, 10),
    ("zh", "找两个前天的划痕", None, 2),
    ("zh", "刚才那30件", 30, None),
    ("ja", "直近30枚で不良は何枚", 30, None),
    ("ja", "直近12個のうち100ピクセル超えは?", 12, None),
    ("ja", "直近の50枚の良品率", 50, None),
    ("ja", "ワースト5", None, 5),
    ("ja", "先週の一番悪い5枚", None, 5),
    ("ja", "不良を3枚見せて", None, 3),
    ("ja", "最後の20個のうち", 20, None),
    ("ja", "直近2時間", None, None),
    ("ja", "過去3日間", None, None),
    ("ja", "先月のキズを三つ見せて", None, 3),
    ("ja", "悪い順に10枚", None, 10),
    ("ja", "最新10件", 10, None),
    ("ko", "최근 50개 중에 양품이 몇 개지", 50, None),
    ("ko", "지난주 최악의 5개", None, 5),
    ("ko", "불량 3개 보여줘", None, 3),
    ("ko", "마지막 20개 중 불량은?", 20, None),
    ("ko", "최근 3일", None, None),
    ("ko", "최근 2시간", None, None),
    ("ko", "가장 나쁜 다섯 개", None, 5),
    ("ko", "10월 불량 세 개만 보여줘", None, 3),
    ("ko", "최근 서른 개", 30, None),
    ("ko", "최근 검사한 100장", 100, None),
]
"""Questions, of how many of the latest they are, and how many they list."""
CALLED = [
    ("en", "station", "how many rejects since Monday on line 3", "3"),
    ("en", "station", "camera 2 today?", "2"),
    ("en", "station", "press 4", "4"),
    ("en", "station", "line B rejects", "b"),
    ("en", "station", "line two", "2"),
    ("en", "station", "workstation 12", "12"),
    ("en", "station", "is the line a scratch", None),
    ("en", "station", "press release 4", None),
    ("de", "station", "heute früh an Linie 2", "2"),
    ("de", "station", "Prüfplatz 7", "7"),
    ("de", "station", "Linie zwei", "2"),
    ("de", "station", "Kamera 3", "3"),
    ("de", "station", "Station B", "b"),
    ("de", "station", "Presse Nr. 4", "4"),
    ("it", "station", "linea 3", "3"),
    ("it", "station", "sulla pressa 2", "2"),
    ("it", "station", "postazione numero 4", "4"),
    ("es", "station", "línea 1", "1"),
    ("es", "station", "puesto 6", "6"),
    ("es", "station", "cámara dos", "2"),
    ("fr", "station", "ligne 5", "5"),
    ("fr", "station", "poste 3", "3"),
    ("fr", "station", "caméra n° 2", "2"),
    ("fr", "station", "ligne d'assemblage", None),
    ("pt", "station", "estação 8", "8"),
    ("pt", "station", "linha 2", "2"),
    ("pt", "station", "linha a pior", None),
    ("zh", "station", "今天下午3号线报废了多少", "3"),
    ("zh", "station", "2号工位", "2"),
    ("zh", "station", "B线", "b"),
    ("zh", "station", "二号线", "2"),
    ("zh", "station", "工位5", "5"),
    ("zh", "station", "3号机台", "3"),
    ("zh", "station", "划线缺陷", None),
    ("zh", "station", "三条线", None),
    ("ja", "station", "今朝の3番ライン", "3"),
    ("ja", "station", "B工程の", "b"),
    ("ja", "station", "2号機", "2"),
    ("ja", "station", "ライン4", "4"),
    ("ja", "station", "第二工程", None),
    ("ja", "station", "3番カメラ", "3"),
    ("ko", "station", "2번 라인", "2"),
    ("ko", "station", "A라인", "a"),
    ("ko", "station", "3호기", "3"),
    ("ko", "station", "라인 2", "2"),
    ("ko", "station", "2번 카메라", "2"),
    ("de", "lot", "Los 88", "88"),
    ("de", "lot", "Charge 4711-B", "4711-b"),
    ("de", "lot", "Los-Nr. 88", "88"),
    ("en", "lot", "batch 17B", "17b"),
    ("en", "lot", "lot number 88", "88"),
    ("en", "lot", "lot #12", "12"),
    ("it", "lot", "lotto C-220", "c-220"),
    ("it", "lot", "lotto n. 12", "12"),
    ("es", "lot", "lote nº 88", "88"),
    ("pt", "lot", "lote 774-C", "774-c"),
    ("fr", "lot", "lot A12-7", "a12-7"),
    ("fr", "lot", "lot n°88", "88"),
    ("zh", "lot", "L41批次", "l41"),
    ("zh", "lot", "88号批次", "88"),
    ("zh", "lot", "批次88", "88"),
    ("zh", "lot", "批号A12", "a12"),
    ("zh", "lot", "有3批不良", None),
    ("ja", "lot", "ロットA12", "a12"),
    ("ja", "lot", "A12ロット", "a12"),
    ("ja", "lot", "ロット番号88", "88"),
    ("ko", "lot", "로트 88", "88"),
    ("ko", "lot", "88번 로트", "88"),
    ("ko", "lot", "로트 C-220", "c-220"),
    ("en", "lot", "a lot of 3 parts", None),
]
PEOPLE = [
    ("en", "of the last 20 parts how many did Kowalski overrule", ["Kowalski"]),
    ("en", "Kowalski overruled how many yesterday?", ["Kowalski"]),
    ("en", "Mr. Smith's parts today", ["Smith"]),
    ("en", "Anything from García on line 2?", ["García"]),
    ("en", "Quality has dropped?", []),
    ("en", "Scratches were found?", []),
    ("en", "Someone changed the verdict?", []),
    ("de", "Was hat Yilmaz gestern korrigiert?", ["Yilmaz"]),
    ("de", "Kowalski hat wie viele umgestuft?", ["Kowalski"]),
    ("de", "Wie viele hat Frau Weber geprüft", ["Weber"]),
    ("de", "Kratzer hat es gegeben?", []),
    ("de", "Hat Weber gestern was freigegeben?", ["Weber"]),
    ("it", "Rossi ha corretto quanti verdetti?", ["Rossi"]),
    ("it", "quanti ne ha cambiati Bianchi da lunedì?", ["Bianchi"]),
    ("es", "Cuántas cambió García desde el viernes?", ["García"]),
    ("es", "García cambió cuántas", ["García"]),
    ("fr", "Dupont a validé combien de pièces hier ?", ["Dupont"]),
    ("fr", "combien Dupont en a changé", ["Dupont"]),
    ("fr", "Elle a une rayure ?", []),
    ("pt", "quantas o Silva mudou de ruim pra boa desde terça", ["Silva"]),
    ("pt", "Silva liberou quantas hoje?", ["Silva"]),
    ("zh", "王强从周一到现在改判了几个?", ["王强"]),
    ("zh", "李师傅放过的里面有没有超的", ["李"]),
    ("zh", "张工今天检了多少", ["张"]),
    ("zh", "小王昨天改判了几件", ["小王"]),
    ("zh", "陈丽华昨天复判了多少件", ["陈丽华"]),
    ("zh", "周一检查了多少", []),
    ("zh", "金属件检查了多少", []),
    ("zh", "高不良率是什么时候", []),
    ("zh", "孔的检查结果", []),
    ("zh", "老张放行的有几件", ["老张"]),
    ("zh", "张图片检查了吗", []),
    ("ja", "田中さんが一昨日直した判定はいくつあるの", ["田中"]),
    ("ja", "佐藤が直した判定", ["佐藤"]),
    ("ja", "キムさんの担当分", ["キム"]),
    ("ja", "お客さんに送れる?", []),
    ("ja", "機械が判定した数", []),
    ("ja", "鈴木は今日何枚見た", ["鈴木"]),
    ("ko", "김민수가 어제 바꾼 판정 몇 개", ["김민수"]),
    ("ko", "박 대리가 바꾼 판정", ["박"]),
    ("ko", "김민수 씨가 본 것", ["김민수"]),
    ("ko", "이미지가 수정된 건", []),
    ("ko", "고객님께 보내도 돼?", []),
    ("ko", "이 과장님 어제 몇 개 고쳤어", ["이"]),
]
SPELLED = [
    ("en", "twenty-five", 25),
    ("de", "fünfundzwanzig", 25),
    ("it", "ventotto", 28),
    ("es", "treinta y dos", 32),
    ("fr", "soixante-quinze", 75),
    ("fr", "quatre-vingt-douze", 92),
    ("pt", "vinte e cinco", 25),
    ("zh", "三百二十", 320),
    ("ja", "五十", 50),
    ("ko", "스무", 20),
    ("ko", "열두", 12),
    ("en", "half a dozen", 6),
    ("en", "one hundred and twenty", 120),
    ("de", "dreihundertzwanzig", 320),
    ("it", "ventitré", 23),
    ("es", "veintidós", 22),
    ("fr", "quatre-vingt-dix-sept", 97),
    ("fr", "deux cents", 200),
    ("pt", "cento e vinte", 120),
    ("zh", "一百零五", 105),
    ("zh", "二五", 25),
    ("ko", "예순", 60),
]


@pytest.mark.parametrize(("language", "text", "number"), SPELLED)
def test_numbers_in_words(language: str, text: str, number: int) -> None:
    assert re.fullmatch(whole_pattern(language), text)
    assert number_of(text, language) == number


@pytest.mark.parametrize(("language", "text", "latest", "number"), NUMBERS, ids=[one[1] for one in NUMBERS])
def test_numbers_of_parts(language: str, text: str, latest: int | None, number: int | None) -> None:
    found = numbers_in(normalised(text), words_of(language))
    assert (found.latest, found.number) == (latest, number)


@pytest.mark.parametrize(("language", "meaning", "text", "name"), CALLED, ids=[one[2] for one in CALLED])
def test_lines_and_lots_as_they_are_said(
    language: str, meaning: Literal["lot", "station"], text: str, name: str | None
) -> None:
    assert code_name(words_of(language), meaning, normalised(text)) == name


@pytest.mark.parametrize(("language", "text", "names"), PEOPLE, ids=[one[1] for one in PEOPLE])
def test_people_with_and_without_a_title(language: str, text: str, names: list[str]) -> None:
    assert called_people(text, language) == names


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Context]:
    """Forty parts of three lines and three people, an hour between them; each fifth fails."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    now = datetime.now(UTC)
    made.log.append(
        [
            entry(
                number,
                "fail" if number % 5 == 0 else "review" if number % 7 == 0 else "pass",
                p_value=0.001 * (number + 1) if number % 5 == 0 else 0.5,
                station=f"line-{1 + number % 3}",
                operator=("Anna", "Ben", "王强")[number % 3],
                at=timestamp(now - timedelta(hours=40 - number)),
            )
            for number in range(40)
        ]
    )
    yield made
    made.log.close()


FIRST_WORDS = [
    ("of the last 20 parts how many failed", "4 of the last 20 parts failed [log]."),
    (
        "how many of the last 100 parts failed?",
        "8 of the last 40 parts failed [log]. There are no more than 40",
    ),
    ("did any of the last 4 parts fail?", "No. 0 of the last 4 parts failed [log]."),
    ("what is the yield of the last 20 parts?", "70.0% of the last 20 parts passed: 14 [log]."),
    (
        "which of the last 20 parts failed?",
        '"part-35.png", "part-30.png", "part-25.png", "part-20.png" [log].',
    ),
    ("show me the last 4 rejects", '"part-35.png", "part-30.png", "part-25.png", "part-20.png" [log].'),
    ("the latest ten", 'The last 10 in the log: "part-39.png" (passed), "part-38.png" (passed),'),
    ("the 5 worst", 'The 5 worst in the log: "part-0.png" (p = 0.001), "part-5.png" (p = 0.006),'),
    ("worst 3 of the last 10", 'The 3 worst among the last 10 parts: "part-30.png" (p = 0.031),'),
    ("show me three rejects", '"part-35.png", "part-30.png", "part-25.png" [log]. 8 of 40'),
    ("out of the last ten parts, any that went over 150 px?", "The log is not searched by the size"),
    ("von den letzten 20 Teilen wie viele n.i.O.", "4 der letzten 20 Teile sind durchgefallen [log]."),
    ("zeig mir drei Ausschussteile", '"part-35.png", "part-30.png", "part-25.png" [log].'),
    ("degli ultimi cento pezzi quanti buoni", "28 degli ultimi 40 pezzi sono risultati buoni [log]."),
    ("y de las últimas treinta piezas, cuántas malas", "6 de las últimas 30 piezas fueron rechazadas [log]."),
    ("sur les 25 dernières, combien de bonnes ?", "18 des 25 dernières pièces sont conformes [log]."),
    ("das últimas 20 peças quantas ruins", "4 das últimas 20 peças foram reprovadas [log]."),
    ("最近20件里几件不良", "最近 20 个中有 4 个不合格 [log]。"),
    ("最差的5个", "最差的 5 个（记录中）："),
    ("直近30枚で不良は何枚", "直近 30 個のうち 6 個が不合格です [log]。"),
    ("ワースト5を見せて", "ワースト 5（記録全体で）:"),
    ("최근 50개 중에 양품이 몇 개지", "최근 40개 중 28개가 합격입니다 [log]. 모두 40개뿐입니다"),
    ("불량 3개 보여줘", '"part-35.png", "part-30.png", "part-25.png" [log].'),
    ("vorgestern auf Linie 9?", "Im Protokoll gibt es keine Station 9; es gibt line-1, line-2 und line-3"),
    ("李师傅检了几个", "记录中没有操作员 李；有 Anna、Ben和王强 [log]。"),
    ("王师傅检查了多少个零件？", "13 个零件已检查（记录中）"),
]


@pytest.mark.parametrize(("question", "first"), FIRST_WORDS, ids=[one[0] for one in FIRST_WORDS])
def test_the_first_words_tell_the_number_asked_for(shift: Context, question: str, first: str) -> None:
    reply = answer_without_image(shift, question)
    assert reply.answer.startswith(first), reply.answer


def test_a_line_in_words_narrows_the_latest_parts(shift: Context) -> None:
    for question in (
        "how many of the last 5 on line two failed?",
        "2号线最近5个有几个不良",
        "2番ラインの直近5個で不良はいくつ",
    ):
        found = understand(question, pictured=False).intents[0].log
        assert found is not None
        assert (found.latest, found.station) == (5, "2"), question


def test_a_day_or_a_number_of_something_else_is_no_period() -> None:
    for question in ("il 2 è rotto", "the 2nd is scratched", "am 2. Zahn ist ein Riss", "le 2 a une rayure",
                     "entre el 2 y el 3 hay una grieta", "12点方向有裂纹"):  # fmt: skip
        assert understand(question, pictured=False).intents[0].log is None, question
    assert understand("name three defects this product can have", pictured=False).intents[0].log is None


def test_a_sentence_does_not_end_at_an_abbreviation() -> None:
    for question in ("wie viele n.i.O. Anfang November", "lotto n. 12 quanti buoni"):
        assert len(understand(question, pictured=False).intents) == 1, question


def test_a_number_of_pictures_beside_an_image_is_not_of_the_log() -> None:
    for question in ("compare it with the last two images", "zeig mir die zwei Fehler", "這兩個缺陷一樣嗎"):
        assert understand(question).intents[0].log is None, question
