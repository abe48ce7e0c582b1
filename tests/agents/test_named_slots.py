"""What questions name: types in people's words, zones by a part of their names, places and idioms."""

from __future__ import annotations

import pytest

from agents.questions.learned.encoder import normalised
from agents.questions.slots.by_words import type_of
from agents.questions.slots.places import names_the_edge, place_of
from agents.questions.slots.zone_names import zones_in

TYPES = [
    ("en", "any delamination on it?", "delamination"),
    ("en", "is that weld spatter?", "spatter"),
    ("en", "there is a cut in the sheath", "cut"),
    ("en", "can we cut costs here?", None),
    ("de", "sind das Spritzer?", "spatter"),
    ("de", "Fadenzieher im Stoff?", "pulled thread"),
    ("de", "die Schicht im Schnitt gut?", None),
    ("it", "Sbeccature lungo i bordi?", "chip"),
    ("it", "scarti per mancanza di fusione", "lack of fusion"),
    ("es", "veo un desconchón", "chip"),
    ("es", "qué dice de la picadura", "pitting"),
    ("fr", "c'est de la limaille", "filings"),
    ("fr", "un manque de vernis ici ?", "missing coating"),
    ("pt", "o fio puxado conta?", "pulled thread"),
    ("pt", "o nó da ponta", "knot"),
    ("pt", "nós podemos enviar?", None),
    ("zh", "电池片边缘有没有缺角", "chip"),
    ("zh", "有咬边吗", "undercut"),
    ("zh", "灰色的可以吗", None),
    ("ja", "ピンホールは出てない?", "pinhole"),
    ("ja", "ただのホコリでしょ", "contamination"),
    ("ja", "いずれにしても大丈夫?", None),
    ("ko", "버스바에 끊김이 보여", "break"),
    ("ko", "박리 불량", "delamination"),
    ("ko", "커버가 괜찮아?", None),
]
ZONES = [
    ("pt", "como é que está o anel", ["gargalo", "anel da tampa"], ["anel da tampa"]),
    ("it", "l'anello è integro?", ["collo", "anello del tappo"], ["anello del tappo"]),
    ("it", "mi faccia vedere il difetto", ["faccia di tenuta", "foro"], []),
    ("fr", "à gauche sur la portée", ["portée de joint", "lèvre"], ["portée de joint"]),
    ("es", "y el conector qué tal", ["pistas", "conector J3"], ["conector J3"]),
    ("de", "Kratzer auf den Flanken?", ["Zahnflanke", "Nabe"], ["Zahnflanke"]),
    ("de", "Nr. 4 ist doch bloß Staub", ["Mantel", "Ader"], []),
    ("de", "wie viele in dieser Schicht?", ["Deckschicht", "Schmalkante"], []),
    ("zh", "螺丝全长25毫米", ["螺纹", "头部"], []),
    ("ja", "ビードの乱れは不良?", ["溶接ビード", "母材"], ["溶接ビード"]),
    ("ja", "キャップリングは?", ["キャップ", "ラベル"], []),
    ("ko", "캡슐 상태 어때?", ["캡", "몸통"], []),
    ("ko", "캡은 괜찮아?", ["캡", "몸통"], ["캡"]),
    ("ko", "링에 금이 갔어?", ["라벨", "캡 링"], ["캡 링"]),
]
PLACES = [
    ("en", "on the one hand it passes, bottom line?", None),
    ("en", "what's at 3 o'clock?", "right"),
    ("de", "kann ich das links liegen lassen", None),
    ("de", "ist die Oberfläche ok?", None),
    ("de", "Ausbruch auf 4 Uhr", "bottom right"),
    ("es", "esto va derecho al cliente?", None),
    ("es", "en el lado derecho", "right edge"),
    ("fr", "J'ai le droit de l'envoyer ?", None),
    ("fr", "coin supérieur droit", "top right"),
    ("it", "a destra e a manca dicono che va", None),
    ("it", "nel bel mezzo?", "center"),
    ("pt", "olha de cima a baixo", None),
    ("pt", "canto superior direito", "top right"),
    ("zh", "8点到10点到底怎么了", None),
    ("zh", "螺纹上有划痕吗", None),
    ("zh", "4时方向有划痕", "bottom right"),
    ("zh", "左上角", "top left"),
    ("ja", "上に報告した方がいい?", None),
    ("ja", "1ミリ以上のが今週いくつ?", None),
    ("ja", "上が欠けてる", "top"),
    ("ko", "위에 보고해야 하나요", None),
    ("ko", "왼쪽 위 모서리", "top left"),
]
EDGES = [
    ("it", "lungo i bordi?", True),
    ("de", "Kratzer an den Rändern?", True),
    ("ja", "隅に汚れ", True),
    ("en", "chips at the corners?", True),
    ("it", "D'altro lato si salva?", False),
    ("pt", "Por um lado tudo bem", False),
    ("ko", "한편으론 괜찮아", False),
]


@pytest.mark.parametrize(("language", "question", "named"), TYPES)
def test_a_type_is_named_in_the_words_of_its_language(
    language: str, question: str, named: str | None
) -> None:
    assert type_of(normalised(question), language) == named


def test_a_word_of_two_types_is_of_the_one_that_is_noted() -> None:
    assert type_of("剥離ですか", "ja", ["Peeling", "Scratch"]) == "peeling"
    assert type_of("ist das ein ausbruch?", "de", ["Chipping", "Riss"]) == "chipping"


@pytest.mark.parametrize(("language", "question", "zones", "named"), ZONES)
def test_a_zone_is_named_by_the_noun_of_its_name(
    language: str, question: str, zones: list[str], named: list[str]
) -> None:
    assert zones_in(normalised(question), zones, language) == named


@pytest.mark.parametrize(("language", "question", "place"), PLACES)
def test_an_idiom_names_no_place(language: str, question: str, place: str | None) -> None:
    assert place_of(normalised(question), language) == place


@pytest.mark.parametrize(("language", "question", "edge"), EDGES)
def test_edges_and_corners_are_the_edge(language: str, question: str, edge: bool) -> None:
    assert names_the_edge(normalised(question), language) is edge
