"""Questions as people type them: message spelling, colloquial words, either-or, what becomes of a part."""

from __future__ import annotations

import pytest

from agents.answers.compose import Composed, compose_answer
from agents.answers.phrases import phrases_of
from agents.questions.form.alternatives import fate_of
from agents.questions.lexicon.chat_spelling import in_full
from agents.questions.plan import Situation, read_log
from agents.questions.understanding import understand
from agents.state import InspectionState
from anomaly_core.results import Decision
from tools.records import (
    DefectRecord,
    LanguageRecord,
    MeasuredRegion,
    OpenedRecord,
    PassageRecord,
    ProductRecord,
    TemplateRecord,
    VerdictRecord,
)

SCRAP = "Cause: a dirty rail. Effect: the screw may jam. Action: scrap the screw."
REWORK = "Action: rework is possible; never scrap it."


def answer(question: str, decision: Decision, note: str = SCRAP) -> Composed:
    """Return the answer about a screw with two scratches, or about one without."""
    bad = decision == "fail"
    p_value = {"fail": 0.001, "review": 0.1, "pass": 0.7}[decision]
    boxes = [("top right", (70, 5, 90, 25), 0.9), ("bottom left", (10, 70, 20, 90), 0.5)]
    state = InspectionState(
        image="part.png",
        question=question,
        product=ProductRecord(name="screw", similarity=0.9, inferred=True),
        language=LanguageRecord(model=None, margin=None, problem=""),
        verdict=VerdictRecord(
            decision=decision,
            anomalous=bad,
            score=1 - p_value,
            p_value=p_value,
            uncertain=False,
            alpha=0.05,
            review=0.2,
        ),
        regions=[
            MeasuredRegion(
                id=f"region-{n}", bbox=bbox, cell=cell, area_px=200, score=score, text="a round dark area"
            )
            for n, (cell, bbox, score) in enumerate(boxes, start=1)
        ] if bad else [],
        defect_type=DefectRecord(name="scratch", score=0.8) if bad else None,
        opened=OpenedRecord(image="part.png", sha256="0", width=96, height=96),
        templates=[TemplateRecord(id="template:1", file_name="g.png", similarity=0.9, path="g.png")],
        expected=["scratch"],
        passages=[
            PassageRecord(
                id="n#1", product="screw", defect="scratch", title="scratch", text=note, file="n.md",
                offset=0, score=1.0,
            )
        ],
    )  # fmt: skip
    return compose_answer(state)


KINDS = [
    ("en", "how bad is it tho", "effect"),
    ("en", "y did this happen", "cause"),
    ("en", "is it a biggie or can we live with it, what now", "effect, action"),
    ("en", "how big is the ding n whereabouts", "size, place"),
    ("en", "have we had 1 like this already", "history"),
    ("en", "did u see a part like dis before?", "history"),
    ("en", "wtf happened here n what do i do w it", "cause, action"),
    ("en", "how many and which is the worst", "count, place"),
    ("de", "wo is der kratzer un is das schlimm", "place, effect"),
    ("de", "wieviele macken, u wo", "count, place"),
    ("de", "woher kommt n das", "cause"),
    ("it", "xké è successo", "cause"),
    ("en", "can it go out like that?", "verdict"),
    ("en", "is it dangerous to use it like that?", "effect"),
    ("es", "¿y por qué pasó?", "cause"),
    ("de", "warum ist das passiert?", "cause"),
    ("fr", "pourquoi c'est arrivé ?", "cause"),
    ("zh", "为什么会发生?", "cause"),
    ("ja", "なぜ起きたの?", "cause"),
    ("en", "why did it fail?", "reasoning"),
    ("it", "dov'è il difetto, è grave?", "place, effect"),
    ("it", "ne abbiamo già visti così?", "history"),
    ("it", "quanti graffi ci sono e dove", "count, place"),
    ("es", "tas seguro?", "confidence"),
    ("es", "dnd ta el rayon, es grave?", "place, effect"),
    ("es", "cuantos golpes tiene y cual es el peor", "count, place"),
    ("fr", "c ou le defaut exactement, et c grave docteur?", "place, effect"),
    ("fr", "ya combien de rayures et ou", "count, place"),
    ("pt", "vc tem certeza?", "confidence"),
    ("pt", "qts riscos tem e qual o pior", "count, place"),
    ("pt", "oq eu faço cm ela", "action"),
    ("zh", "咋弄的", "cause"),
    ("zh", "哪儿坏了，严重不", "place, effect"),
    ("zh", "有几处划伤，都在哪", "count, place"),
    ("zh", "原因是什么,怎么处理?", "cause, action"),
    ("ja", "この部品、大丈夫? どっか傷あるの?", "verdict, verdict"),
    ("ja", "どこがダメなん?ヤバい?", "place, effect"),
    ("ja", "これどうすりゃいいの", "action"),
    ("ko", "전에도 이런거 있었나", "history"),
    ("ko", "기스 몇개고 어디임", "count, place"),
]


@pytest.mark.parametrize(("language", "question", "kinds"), KINDS)
def test_all_that_a_message_asks_is_understood(language: str, question: str, kinds: str) -> None:
    asked = understand(question)
    assert ", ".join(one.kind for one in asked.intents) == kinds
    assert asked.language == language


YES_NO: list[tuple[str, str, Decision, bool]] = [
    ("en", "looks fine 2 u?", "pass", True),
    ("en", "is this thing messed up?", "pass", False),
    ("en", "should i bin it", "pass", False),
    ("en", "should i bin it", "fail", True),
    ("en", "should i keep it", "pass", True),
    ("de", "muss das in die tonne?", "pass", False),
    ("de", "kann das weg?", "pass", False),
    ("de", "kann ich das behalten?", "fail", False),
    ("it", "è ok sto pezzo?", "pass", True),
    ("it", "lo butto?", "pass", False),
    ("es", "ta rota o q", "pass", False),
    ("es", "¿lo tiro?", "pass", False),
    ("fr", "on peut l'envoyer qd meme?", "fail", False),
    ("fr", "je la jette?", "pass", False),
    ("pt", "jogo fora?", "pass", False),
    ("pt", "tá de boa essa peça?", "pass", True),
    ("zh", "要扔掉吗", "pass", False),
    ("zh", "这件没啥毛病吧", "pass", True),
    ("zh", "能发货吗", "fail", False),
    ("zh", "能发货吗", "pass", True),
    ("ja", "これ問題ないよね?", "pass", True),
    ("ja", "これ、問題なさそうですよね?", "pass", True),
    ("ja", "捨てていい?", "pass", False),
    ("ja", "この部品、大丈夫? どっか傷あるの?", "fail", False),
    ("ko", "이거 멀쩡하지?", "pass", True),
    ("ko", "버려도 돼?", "pass", False),
]


@pytest.mark.parametrize(("language", "question", "decision", "yes"), YES_NO)
def test_the_first_word_says_yes_or_no(language: str, question: str, decision: Decision, yes: bool) -> None:
    composed = answer(question, decision)
    assert composed.affirmed is yes
    assert composed.answer.startswith(phrases_of(language)("Yes." if yes else "No."))


CHOICES: list[tuple[str, Decision, str]] = [
    ("is it toast or can i still ship it?", "fail", "Toast."),
    ("is it toast or can i still ship it?", "pass", "Ship it."),
    ("scrap or send?", "fail", "Scrap."),
    ("keep it or toss it", "pass", "Keep it."),
    ("keep/toss?", "fail", "Toss."),
    ("schrott oder geht das noch", "fail", "Schrott."),
    ("sirve o es basura", "fail", "No está bien: no la conserve."),
    ("poubelle ou on garde?", "fail", "Pas bon : ne pas garder."),
    ("これアウト?セーフ?", "fail", "不良です。残さないでください。"),
    ("쓸만함 아님 폐기?", "fail", "불량입니다. 쓰지 마세요."),
    ("is it toast or can i still ship it?", "review", "To be reviewed."),
]


@pytest.mark.parametrize(("question", "decision", "first"), CHOICES)
def test_an_either_or_question_gets_the_option_that_is_true(
    question: str, decision: Decision, first: str
) -> None:
    composed = answer(question, decision)
    assert composed.answer.startswith(first)
    assert composed.affirmed is None


def test_the_notes_decide_what_becomes_of_a_bad_part() -> None:
    assert answer("can it be reworked?", "fail").affirmed is False
    assert answer("should i bin it", "fail", REWORK).affirmed is False
    assert answer("should i rework it?", "fail", REWORK).affirmed is True
    silent = answer("should i bin it", "fail", "Cause: a dirty rail.")
    assert (silent.answer[:29], silent.affirmed) == ("Not good: do not keep it. The", None)
    review = answer("should i bin it", "review")
    assert review.affirmed is None
    assert review.answer.startswith("To be reviewed.")


def test_the_worst_of_the_defects_stands_beside_their_number() -> None:
    told = answer("how many and which is the worst", "fail").answer
    assert told.startswith("2 defects, at the top right and at the bottom left")
    assert told.count("box [") == 1
    assert "At the top right, box" in told
    assert answer("how many and which is the worst", "pass").answer.count(".") == 2
    assert [one.kind for one in understand("Is it worse than the last one?").intents] == ["comparison"]


def test_one_like_this_is_looked_for_in_the_log() -> None:
    (intent,) = understand("did u see a part like dis before?").intents
    (call,) = read_log(intent, Situation([], True, {1: "part.png"}, "scratch"))
    assert call.tool == "log_figures"
    asked = call.arguments["asked"]
    assert (asked["figure"], asked["decision"], asked["type"]) == ("often", "fail", "scratch")


FATES = [
    ("ja", "使えない", "discard"),
    ("ja", "使える", "keep"),
    ("ja", "捨てないで", "keep"),
    ("ja", "問題なく使える", "keep"),
    ("ko", "못 쓰나", "discard"),
    ("ko", "사용하지 않", "discard"),
    ("ko", "써도 문제 없나", "keep"),
    ("en", "not usable", "discard"),
    ("en", "nothing wrong", "keep"),
    ("en", "can go in the trash", "discard"),
]


@pytest.mark.parametrize(("language", "text", "fate"), FATES)
def test_a_negation_turns_what_becomes_of_a_part(language: str, text: str, fate: str) -> None:
    assert fate_of(text, language) == fate


FULL = [
    ("fr", "c ou?", "c'est où?"),
    ("fr", "on garde ou on jette", "on garde ou on jette"),
    ("en", "y r u sure n where", "why are you sure and where"),
    ("en", "n = 8 in c.png", "n = 8 in c.png"),
    ("pt", "mais de 2 cm", "mais de 2 cm"),
    ("zh", "严重不？", "严重吗？"),
    ("zh", "行不行", "行不行"),
    ("ko", "내보내도 됨?", "내보내도 되나요?"),
]


@pytest.mark.parametrize(("language", "text", "full"), FULL)
def test_spellings_of_messages_are_read_in_full(language: str, text: str, full: str) -> None:
    assert in_full(text, language) == full


def test_a_scale_that_is_stated_is_of_the_size_that_is_asked() -> None:
    for question in (
        "Is the scratch within the limit? 1 mm is 42 pixels",
        "1 mm is 42 pixels. Is the scratch within the limit?",
    ):
        (one,) = understand(question, known=["scratch"]).intents
        assert (one.kind, one.type, one.scale_px_per_mm, one.closed) == ("size", "scratch", 42.0, True)
    (one,) = understand(
        "is the scratch within the limit? the capsule is 20 mm long", known=["scratch"]
    ).intents
    assert (one.kind, one.known_length_mm) == ("size", 20.0)


def test_a_suggested_cause_names_no_type() -> None:
    (one,) = understand("È colpa del punzone piegato?", known=["poke"]).intents
    assert (one.kind, one.type, one.guess) == ("cause", None, "punzone piegato")
    (one,) = understand("Is the scratch caused by a bent needle?", known=["scratch"]).intents
    assert (one.kind, one.type, one.guess) == ("cause", "scratch", "a bent needle")
