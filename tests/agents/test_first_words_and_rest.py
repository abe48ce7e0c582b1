"""First words that don't speak against the rest: all clear, surely none, saved, numbers of things, scrap."""

from __future__ import annotations

import pytest
from given_parts import state_of

from agents.answers.compose import Composed, compose_answer
from agents.answers.phrases import phrases_of
from agents.questions.lexicon.numerals import names_several
from agents.questions.slots.by_words import is_absence
from agents.questions.understanding import understand
from agents.state import Observation, Understanding
from tools.classify.classify import UNKNOWN
from tools.records import DefectRecord, EvidenceRecord, NamedScore

NOTES = {
    "Scratch": {"look": "bright thin line", "action": "rework: polish it", "cause": "grit on the belt"},
    "Burn": {"look": "dark spot", "action": "scrap", "cause": "nozzle too hot or gas trapped"},
    "Bent arm": {"look": "arm out of line", "limit": "not allowed"},
}


def answer(question: str, decision: str = "pass", defect: str = UNKNOWN) -> Composed:
    likely = [NamedScore(name="Burn", score=0.4), NamedScore(name="Scratch", score=0.3)]
    kind = DefectRecord(
        name=defect, score=0.6, status="unknown" if defect == UNKNOWN else "likely", alternatives=likely
    )
    return compose_answer(state_of(question, decision, NOTES, defect_type=kind))  # type: ignore[arg-type]


def first(question: str) -> Understanding:
    return understand(question, known=list(NOTES)).intents[0]


ALL_CLEAR = [
    ("en", "all clear?"),
    ("de", "nichts zu beanstanden?"),
    ("fr", "RAS sur celui-là ?"),
    ("es", "¿sin novedad?"),
    ("it", "niente da segnalare?"),
    ("pt", "nada a assinalar?"),
    ("zh", "一切正常吗？"),
    ("ja", "異常なし？"),
    ("ko", "이상 없음?"),
]


@pytest.mark.parametrize(("language", "question"), ALL_CLEAR)
def test_all_clear_is_affirmed_of_a_part_that_passes_alone(language: str, question: str) -> None:
    say = phrases_of(language)
    assert answer(question).answer.startswith(say("Yes."))
    assert answer(question, "fail").answer.startswith(say("No."))


SURELY_NONE = [
    ("en", "you're sure there's no scratch?"),
    ("de", "Sie sind sicher, dass da kein Kratzer ist?"),
    ("fr", "vous êtes sûr qu'il n'y a pas de rayure ?"),
    ("es", "¿seguro que no tiene ningún rasguño?"),
    ("it", "sei sicuro che non ci siano graffi?"),
    ("pt", "tem certeza que não há risco?"),
    ("zh", "你确定没有划痕吗？"),
    ("ja", "傷がないのは確かですか？"),
    ("ko", "스크래치가 없는 거 확실해?"),
]


@pytest.mark.parametrize(("language", "question"), SURELY_NONE)
def test_that_there_is_surely_none_is_said_in_words(language: str, question: str) -> None:
    told = answer(question).answer
    assert told.startswith(phrases_of(language)("Nothing of the kind was found."))


SAVED = [
    ("en", "any chance to save it?"),
    ("de", "ist das noch zu retten?"),
    ("fr", "on peut la sauver ?"),
    ("es", "¿se puede salvar?"),
    ("it", "si può salvare?"),
    ("pt", "dá pra salvar?"),
    ("zh", "还有救吗？"),
    ("ja", "まだ救えますか？"),
    ("ko", "살릴 수 있어?"),
]


@pytest.mark.parametrize(("language", "question"), SAVED)
def test_to_save_a_part_asks_for_no_row_of_the_log(language: str, question: str) -> None:
    asked = first(question)
    assert (asked.kind, asked.recorded) == ("action", None)


@pytest.mark.parametrize("question", ["did you save that?", "wurde das gespeichert?", "已保存了吗？"])
def test_what_is_kept_is_still_asked_of_the_log(question: str) -> None:
    assert first(question).recorded == "saved"


@pytest.mark.parametrize(
    ("language", "text", "several"),
    [
        ("en", "are all three rivets there", True),
        ("de", "sind alle 24 kontakte da", True),
        ("it", "ci sono tutti e quattro i fori", True),
        ("zh", "三颗螺栓都在吗", True),
        ("en", "are all the balls in there", False),
        ("de", "ist ein loch da", False),
        ("ko", "볼이 다 있나요", False),
    ],
)
def test_a_number_of_things_is_told_from_all_of_them(language: str, text: str, several: bool) -> None:
    assert names_several(text, language) is several


def test_a_number_of_things_is_affirmed_by_no_comparison() -> None:
    state = state_of("are all three arms there?", "pass", NOTES)
    seen = EvidenceRecord(kind="score", id="count", text="one piece")
    state["observations"] = [  # type: ignore[typeddict-unknown-key]
        Observation(tool="count_components", values={"count": 1}, evidence=seen, intent=0)
    ]
    told = compose_answer(state)
    assert told.affirmed is None
    assert told.answer.startswith("Nothing exceeds what good parts show")


@pytest.mark.parametrize("question", ["so scrap?", "quindi scarto?", "donc rebut ?", "also Ausschuss?"])
def test_scrap_is_not_affirmed_beside_a_note_that_says_rework(question: str) -> None:
    assert answer(question, "fail", "Scratch").affirmed is not True


def test_scrap_is_affirmed_where_the_note_says_so() -> None:
    assert answer("quindi scarto?", "fail", "Burn").affirmed is True


@pytest.mark.parametrize("question", ["what's wrong with it?", "¿qué le pasa?", "qu'est-ce qui cloche ?"])
def test_what_is_wrong_is_told_with_the_nearest_types(question: str) -> None:
    assert "Burn" in answer(question, "fail").answer


@pytest.mark.parametrize(
    ("question", "kind"), [("is the arm bent or not?", "bad"), ("the arm isn't bent, right?", "good")]
)
def test_the_words_of_a_name_stand_apart(question: str, kind: str) -> None:
    asked = first(question)
    assert (asked.type, asked.sense) == ("bent arm", kind)


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("how wide is the scratch, above 0.3?", 0.3),
        ("Wie lang ist der Kratzer, mehr als 5?", 5.0),
        ("quanto è lungo il graffio, più di 5?", 5.0),
        ("how many scratches, more than 3?", None),
    ],
)
def test_a_bare_number_beside_a_word_that_compares_is_a_limit(question: str, limit: float | None) -> None:
    asked = [one.limit for one in understand(question, known=list(NOTES)).intents if one.limit is not None]
    assert [one.value for one in asked] == ([] if limit is None else [limit])


def test_a_cause_that_is_one_of_two_is_but_possible() -> None:
    assert answer("was it the nozzle?", "fail", "Burn").answer.startswith("Possibly.")
    assert answer("was it the grit?", "fail", "Scratch").answer.startswith("Yes.")


def test_a_stain_is_no_absence() -> None:
    assert not is_absence("Mancha de aceite")
    assert is_absence("Foro mancante")
