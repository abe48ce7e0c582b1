"""The type that an asker takes a defect for, and the one that is measured: which is told, and what of it."""

from __future__ import annotations

import pytest
from given_parts import state_of

from agents.answers.compose import compose_answer
from agents.questions.lexicon.words import types_in
from agents.questions.rules.supposed import as_noted
from agents.questions.slots.own_words import type_by_clause, type_by_own_word
from agents.questions.slots.said_effects import said_effects
from agents.questions.understanding import understand
from agents.state import Understanding
from knowledge.catalogue.entries import Entry
from tools.classify.scores import UNKNOWN
from tools.records import DefectRecord, NamedScore

NOTES = {
    "Crack": {
        "look": "thin dark branching line", "action": "scrap it", "effect": "the lid bursts",
        "limit": "not allowed", "cause": "cooled too fast",
    },
    "Scratch": {
        "look": "thin dark line", "action": "polish it out, then release", "effect": "only looks",
        "limit": "max 3 mm", "cause": "worn guide",
    },
    "Rim deformation": {
        "look": "rim bent in, outline not round", "action": "straighten it", "effect": "the jar leaks",
        "cause": "jammed",
    },
}  # fmt: skip
IS_CRACK = DefectRecord(
    name="Crack", score=0.7, status="likely", alternatives=[NamedScore(name="Scratch", score=0.1)]
)
UNSURE = DefectRecord(
    name=UNKNOWN, score=0.1,
    alternatives=[NamedScore(name="Scratch", score=0.3), NamedScore(name="Rim deformation", score=0.3)],
)  # fmt: skip


def answer(question: str, kind: DefectRecord = IS_CRACK) -> tuple[str, bool | None]:
    given = state_of(question, "fail", NOTES, defect_type=kind)
    given["asked"] = understand(question, known=list(NOTES))
    composed = compose_answer(given)
    return composed.answer, composed.affirmed


@pytest.mark.parametrize(
    "question",
    [
        "it's just a scratch right, we can polish it",
        "that's only a scratch, so we just polish it and release?",
        "ist ja nur ein Kratzer, den polieren wir raus, ok?",
        "c'est juste une rayure, on la polit ?",
        "es solo un rasguño, lo pulimos y ya, ¿no?",
        "è solo un graffio, lo lucidiamo?",
        "é só um risco, né? polir e liberar?",
        "只是划痕吧，抛光就行了？",
        "ただの傷でしょ？磨いて出していい？",
        "그냥 스크래치죠? 연마하면 되죠?",
    ],
)
def test_no_action_of_a_type_is_told_that_is_probably_not_there(question: str) -> None:
    told, affirmed = answer(question)
    assert "polish it out" not in told, told
    assert "Crack" in told and affirmed is not True, told


def test_the_askers_type_is_followed_as_theirs_where_nothing_speaks_against_it() -> None:
    told, _ = answer("what causes this scratch?", UNSURE)
    assert told.startswith('The notes say: "worn guide"')
    assert "That it is Scratch is your word" in told


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("is it a scratch?", "Probably not."),
        ("das ist doch nur n Kratzer, oder?", "Eher nicht."),
        ("c'est une rayure ?", "Probablement pas."),
        ("¿es un rasguño?", "Probablemente no."),
        ("è un graffio, giusto?", "Probabilmente no."),
        ("isso é um arranhão?", "Provavelmente não."),
        ("这是划痕吗？", "多半不是。"),
        ("이거 긁힌 거야?", "아마 아닐 것입니다."),
    ],
)
def test_another_likely_type_is_named_first(question: str, first: str) -> None:
    told, affirmed = answer(question)
    assert told.startswith(first) and affirmed is None, told
    assert "Crack" in told.split("[")[0], told


@pytest.mark.parametrize(
    "question",
    [
        "where is the scratch and what causes it?",
        "wo ist der Kratzer und was ist die Ursache?",
        "où est la rayure et quelle en est la cause ?",
        "¿dónde está el rasguño y cuál es la causa?",
        "dov'è il graffio e qual è la causa?",
        "onde está o risco e qual a causa?",
    ],
)
def test_a_type_that_a_question_names_holds_for_all_that_it_asks(question: str) -> None:
    asked = understand(question, known=list(NOTES))
    assert [one.type for one in asked.intents] == ["scratch", "scratch"]
    told, _ = answer(question, UNSURE)
    assert "worn guide" in told and "jammed" not in told


@pytest.mark.parametrize("question", ["will it leak because of that?", "wird das Glas damit undicht?"])
def test_an_effect_is_possible_where_a_candidates_notes_say_so(question: str) -> None:
    given = state_of(question, "fail", NOTES, defect_type=UNSURE)
    one = given["asked"].intents[0].model_copy(update={"kind": "effect", "type": None, "closed": True})
    given["asked"] = given["asked"].model_copy(update={"intents": [one]})
    told = compose_answer(given).answer
    assert told.startswith(("Possibly.", "Möglicherweise.")) and "the jar leaks" in told
    assert "only looks" not in told and "bursts" not in told


def test_a_word_of_damage_or_of_an_effect_tells_of_which_types_it_is() -> None:
    effects = {name: one["effect"] for name, one in NOTES.items()}
    looks = [f"{name} {one['look']}" for name, one in NOTES.items()]
    for language, question in [
        ("en", "will the jar leak?"),
        ("de", "wird das glas undicht?"),
        ("fr", "le bocal va fuir ?"),
        ("ja", "これだと瓶が漏れる？"),
    ]:
        assert said_effects(question, language, effects, looks) == ["Rim deformation"]
    assert said_effects("is the rim bent?", "en", effects, looks) == []


def test_a_compound_is_of_the_type_that_it_surely_is_of() -> None:
    """ "Ölfleck" is a stain, though it ends in "leck"."""
    leak = Understanding(kind="effect", type="leak", text="wird das Glas undicht?")
    assert "stain" in types_in("Ölfleck")
    assert as_noted(leak, ["Ölfleck"], "de").type == "leak"
    crack = Understanding(kind="effect", type="crack", text="was macht der Riss?")
    assert as_noted(crack, ["Glasriss"], "de").type in ("crack", "glasriss")


BLISTER = [
    Entry("Comprimido ausente", look="alvéolo vacío, gris, sin comprimido"),
    Entry("Comprimido roto", look="falta un trozo del comprimido"),
    Entry("Color equivocado", look="comprimido blanco en lugar de rosa"),
    Entry("Mancha", look="zona marrón difusa sobre el comprimido"),
]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("es", "¿qué hago si aparece un comprimido de otro color?"),
        ("en", "what do we do when a pill of another colour shows up?"),
        ("fr", "que faire si un comprimé n'a pas la bonne couleur ?"),
        ("it", "cosa faccio se trovo una compressa di colore diverso?"),
        ("pt", "o que fazer se aparecer um comprimido com cor diferente?"),
        ("zh", "药片颜色不一样怎么办？"),
        ("ja", "錠剤の色が違っていたらどうする？"),
        ("ko", "다른 색 알약이 나오면 어떻게 해?"),
    ],
)
def test_a_word_of_one_type_alone_names_it(language: str, question: str) -> None:
    assert type_by_own_word(question, language, BLISTER) == "Color equivocado"


def test_words_of_several_types_and_of_another_damage_name_none() -> None:
    assert type_by_own_word("¿qué hago con el comprimido?", "es", BLISTER) is None
    assert type_by_own_word("what if the colour is scratched?", "en", BLISTER) is None


def test_a_plural_that_the_notes_have_in_the_singular_is_not_taken_apart() -> None:
    asked = understand("bis zu welcher Größe gehen Lackblasen durch?", known=["Lackblase"], pictured=False)
    assert asked.first.type == "lackblase"


@pytest.mark.parametrize("question", ["is the rim out of round", "¿el borde ya no es redondo?"])
def test_a_look_that_a_question_describes_is_of_its_type(question: str) -> None:
    entries = [
        Entry("Randverformung", look="eingedrückter oder ausgebeulter Rand, Umriss nicht rund"),
        Entry("Kratzer", look="dünne helle gerade Linie auf dem Lack"),
    ]
    assert type_by_clause(question, entries) == "Randverformung"
    assert type_by_clause("is it dark?", entries) is None


def test_an_open_question_is_told_of_the_likely_type_first_and_of_the_named_one_if_it_is() -> None:
    told, _ = answer("what do we do about this scratch?")
    assert told.index("scrap it") < told.index("If it is Scratch")
