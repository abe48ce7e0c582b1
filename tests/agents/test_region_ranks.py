"""Regions by their rank: the second largest, the shorter of two, the other one, the last, the right one."""

from __future__ import annotations

import pytest

from agents.answers.topic import ranked
from agents.questions.learned.encoder import normalised
from agents.questions.slots.region_ranks import SIDES, Rank, rank_of
from agents.questions.understanding import understand
from agents.state import Seen, Turn
from tools.records import MeasuredRegion

SEEN = [Seen(number=1, image="part.png", sha256="1", store_version=1, found={})]
TURN = Turn(number=1, image=1, question="", kind="place", region=1, answer="")
RANKS = [
    ("en", "how long is the second largest?", 2),
    ("en", "the 2nd biggest spot", 2),
    ("en", "how wide is the third smallest one", -3),
    ("en", "and the next biggest?", 2),
    ("en", "the shorter of the two", -1),
    ("en", "the bigger one, how long?", 1),
    ("de", "wie lang ist der zweitgrößte?", 2),
    ("de", "die drittkleinste Stelle", -3),
    ("de", "und der nächstgrößte?", 2),
    ("de", "der kürzere von beiden", -1),
    ("de", "der kleinste Kratzer", -1),
    ("it", "quanto è lunga la seconda più grande?", 2),
    ("it", "il terzo difetto più piccolo", -3),
    ("it", "la seconda per dimensione", 2),
    ("it", "la più piccola", -1),
    ("it", "la più corta delle due", -1),
    ("es", "¿cuánto mide el segundo más grande?", 2),
    ("es", "el tercer defecto más pequeño", -3),
    ("es", "el segundo mayor", 2),
    ("es", "el más corto de los dos", -1),
    ("fr", "la deuxième plus grande fait combien ?", 2),
    ("fr", "le troisième plus petit défaut", -3),
    ("fr", "le second plus long", 2),
    ("fr", "la plus courte des deux", -1),
    ("pt", "o segundo maior mede quanto?", 2),
    ("pt", "a terceira menor", -3),
    ("pt", "a segunda mancha mais comprida", 2),
    ("pt", "o mais curto dos dois", -1),
    ("zh", "第二大的多长？", 2),
    ("zh", "第三小的缺陷", -3),
    ("zh", "次大的那个", 2),
    ("zh", "两个中较短的", -1),
    ("ja", "二番目に大きいのは？", 2),
    ("ja", "3番目に小さい欠陥", -3),
    ("ja", "次に大きいのは", 2),
    ("ja", "短い方は？", -1),
    ("ko", "두 번째로 큰 건?", 2),
    ("ko", "세 번째로 작은 결함", -3),
    ("ko", "둘째로 긴 것", 2),
    ("ko", "더 짧은 쪽은?", -1),
]


@pytest.mark.parametrize(("language", "text", "number"), RANKS, ids=[one[1] for one in RANKS])
def test_a_rank_by_length(language: str, text: str, number: int) -> None:
    assert rank_of(normalised(text), language) == Rank("length", number)
    assert understand(text, [TURN], SEEN, 1).first.region is None


SIDED = [
    ("en", "the right one of the two, how long?", "right"),
    ("en", "the upper spot", "top"),
    ("de", "die rechte von beiden", "right"),
    ("de", "der untere, wie lang?", "bottom"),
    ("it", "quella a sinistra quanto è lunga?", "left"),
    ("it", "quella di destra delle due", "right"),
    ("es", "la de la derecha de las dos", "right"),
    ("es", "el de abajo, ¿cuánto mide?", "bottom"),
    ("fr", "celle de gauche fait combien ?", "left"),
    ("pt", "o da direita dos dois", "right"),
    ("zh", "右边那个多长？", "right"),
    ("ja", "左のやつは長さいくつ？", "left"),
    ("ko", "둘 중 오른쪽 건 얼마나 길어?", "right"),
]


@pytest.mark.parametrize(("language", "text", "side"), SIDED, ids=[one[1] for one in SIDED])
def test_a_rank_by_side(language: str, text: str, side: str) -> None:
    rank = rank_of(normalised(text), language)
    assert rank is not None
    assert rank.by == side


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "is it bigger than the last one?"),
        ("en", "on the left edge"),
        ("en", "how long are the 2 largest"),
        ("de", "ist er größer als der letzte?"),
        ("de", "die linke Hälfte"),
        ("it", "è più lungo di 2 mm?"),
        ("es", "¿está a la izquierda?"),
        ("fr", "à gauche ou à droite ?"),
        ("zh", "比上一个大吗"),
        ("ja", "2mmより大きい？"),
        ("ko", "결함 2 길이"),
    ],
)
def test_what_is_no_rank(language: str, text: str) -> None:
    rank = rank_of(normalised(text), language)
    assert rank is None or rank == Rank("length")
    assert rank is None or "largest" in text


OTHERS = [
    "what is the other one?",
    "und der andere?",
    "e l'altra?",
    "¿y el otro?",
    "et l'autre ?",
    "e o outro?",
    "另一个呢？",
    "もう一つは？",
    "나머지 하나는?",
]


@pytest.mark.parametrize("question", OTHERS)
def test_the_other_one_is_not_that_of_the_turn_before(question: str) -> None:
    assert understand(question, [TURN], SEEN, 1).first.region == 2
    after = TURN.model_copy(update={"region": 2})
    assert understand(question, [after], SEEN, 1).first.region == 1
    several = [*SEEN, Seen(number=2, image="b.png", sha256="2", store_version=1, found={})]
    assert understand(question, [TURN], several, 1).first.region is None


LAST = [
    "the last one, what is it?",
    "der letzte, was ist das?",
    "l'ultima cos'è?",
    "el último qué es",
    "le dernier c'est quoi ?",
    "o último o que é?",
    "最后一个是什么",
    "最後のは何",
    "마지막 건 뭐야",
]


@pytest.mark.parametrize("question", LAST)
def test_the_last_one_after_a_region_is_none_of_the_log(question: str) -> None:
    one = understand(question, [TURN], SEEN, 1).first
    assert one.log is None
    assert one.kind in ("appearance", "place", "look_again", "type")


def region(number: int, box: tuple[int, int, int, int]) -> MeasuredRegion:
    return MeasuredRegion(
        id=f"region-{number}", bbox=box, cell="left", area_px=200, score=1, text="", zone=None
    )


def test_regions_by_rank() -> None:
    regions = [region(1, (0, 0, 30, 9)), region(2, (40, 20, 90, 29)), region(3, (0, 50, 10, 59))]
    by_length = {number: ranked(regions, Rank("length", number)) for number in (1, 2, 3, -1, -2, 4)}
    assert [[one.id for one in found] for found in by_length.values()] == [
        ["region-2"], ["region-1"], ["region-3"], ["region-3"], ["region-1"], [],
    ]  # fmt: skip
    assert [ranked(regions, Rank(side))[0].id for side in SIDES] == [
        "region-3", "region-2", "region-1", "region-3",
    ]  # fmt: skip
