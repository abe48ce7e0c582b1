"""What a yes says of the part: verbs put twice, nouns set apart, negative questions, and out of limits."""

from __future__ import annotations

import pytest

from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import once, words_of
from agents.questions.slots.limits import asks_if_above
from agents.questions.understanding import understand

SENSES = {
    "good": (
        "能不能用",
        "能不能发货",
        "合不合格",
        "好不好",
        "行不行",
        "是不是合格",
        "可否放行",
        "没问题吧",
        "算不算合格",
        "Elle est bonne, cette cellule ?",
        "Cette cellule, elle est bonne ?",
        "Elle est bonne, la cellule ?",
        "È buona, questa cella?",
        "Questa cella, va bene?",
        "Va bene, questo pezzo?",
        "¿Está bien, esta pieza?",
        "Esta pieza, ¿está bien?",
        "Tá boa, essa peça?",
        "Essa célula, está boa?",
        "Ist die gut, diese Zelle?",
        "Die Zelle, ist die gut?",
        "Ist sie in Ordnung, die Zelle?",
        "Is it good, this cell?",
        "This tile, is it ok?",
        "isn't it good?",
        "isn't this part ok?",
        "it's not defective, is it?",
        "Ist das Teil nicht gut?",
        "N'est-elle pas bonne ?",
        "¿No está bien?",
        "Não está boa?",
        "良品じゃないですか",
        "良品ではないのですか",
        "大丈夫じゃないですか",
        "悪くないですか",
        "問題ないですか",
        "問題ありませんか",
        "양품 아닌가요?",
        "괜찮지 않아요?",
        "문제 없나요?",
        "합격이죠?",
        "良品ですよね",
        "它没坏吧",
        "it's fine, right?",
        "ist gut, oder?",
        "va bene, vero?",
        "está buena, ¿verdad?",
        "elle est bonne, non ?",
        "tá boa, né?",
        "can this scratch be shipped?",
    ),
    "bad": (
        "有没有问题",
        "是不是坏了",
        "有没有坏",
        "Elle est fissurée, cette cellule ?",
        "È difettoso, questo pezzo?",
        "Está com defeito, essa peça?",
        "Is it broken, this tile?",
        "isn't it defective?",
        "Ist das nicht kaputt?",
        "N'est-elle pas défectueuse ?",
        "Non è difettoso?",
        "¿No está defectuosa?",
        "不良じゃないですか",
        "不良ではないですか",
        "불량 아니에요?",
        "불량 아닌가요?",
        "나쁘지 않나요?",
        "不合格なの？",
        "불합격이에요?",
        "not ok?",
    ),
}


@pytest.mark.parametrize(("sense", "question"), [(sense, q) for sense in SENSES for q in SENSES[sense]])
def test_a_yes_says_of_the_part(sense: str, question: str) -> None:
    (intent,) = understand(question).intents
    assert (intent.kind, intent.sense, intent.closed) == ("verdict", sense, True)


@pytest.mark.parametrize(
    ("question", "language"),
    [("超差了吗", "zh"), ("是不是超公差了", "zh"), ("out of tolerance?", "en"), ("is it out of spec?", "en"),
     ("außer Toleranz?", "de"), ("fuori tolleranza?", "it"), ("¿fuera de tolerancia?", "es"),
     ("hors tolérance ?", "fr"), ("fora da tolerância?", "pt"), ("規格外ですか", "ja"),
     ("공차를 벗어났나요?", "ko")],
)  # fmt: skip
def test_out_of_tolerance_is_above_the_limit(question: str, language: str) -> None:
    assert asks_if_above(normalised(question), language)
    assert understand(question).first.kind == "size"


@pytest.mark.parametrize(
    ("question", "language"),
    [("在公差内吗", "zh"), ("没超差吧", "zh"), ("within tolerance?", "en"), ("innerhalb der Toleranz?", "de"),
     ("dans la tolérance ?", "fr"), ("公差内ですか", "ja"), ("공차 안에 있나요?", "ko")],
)  # fmt: skip
def test_within_tolerance_is_not(question: str, language: str) -> None:
    assert not asks_if_above(normalised(question), language)


def test_a_verb_put_twice_denies_nothing() -> None:
    assert [once(text) for text in ("合不合格", "能不能放行", "有没有问题", "能否用")] == [
        "合格", "能放行", "有问题", "能用",
    ]  # fmt: skip
    words = words_of("zh")
    kept = words.find("keep", "能不能放行")
    assert kept is not None
    assert not words.is_turned(kept, "能不能放行", 16)
