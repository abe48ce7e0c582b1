"""Understanding by a chat model: its JSON counts where it is whole, and for what the question says alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.chat_models.scripted import ScriptedChatModel, ScriptedReply
from agents.questions.by_chat import KINDS, MEANINGS, AskedThings, ChatReader
from agents.questions.understanding import understand
from agents.settings import Settings
from agents.state import Asked, Turn
from anomaly_core.errors import ConfigError, LanguageModelDown
from tools.records import Kind, LimitRecord


def read(
    question: str, reply: ScriptedReply, *, decides: frozenset[Kind] = KINDS, turns: tuple[Turn, ...] = ()
) -> tuple[Asked, ScriptedChatModel]:
    model = ScriptedChatModel([reply])
    return understand(question, turns, known=["crack"], reader=ChatReader(model, decides)), model


def thing(kind: str, words: str, **slots: Any) -> dict[str, Any]:
    return {"kind": kind, "words": words, **slots}


def test_the_model_decides_kinds_and_their_order() -> None:
    question = "Could this have come from the press, and would a customer send it back?"
    found, model = read(
        question,
        {
            "asked": [
                thing("cause", "Could this have come from the press"),
                thing("effect", "would a customer send it back?"),
            ]
        },
    )
    assert [one.kind for one in found.intents] == ["cause", "effect"]
    assert [one.text for one in found.intents] == [
        "Could this have come from the press",
        "would a customer send it back?",
    ]
    assert json.loads(str(model.calls[0][-1].content)) == {"question": question}
    assert found.question == question


def test_the_question_before_is_told() -> None:
    before = Turn(number=1, image=1, question="Where is it?", kind="place", region=1, answer="There.")
    _, model = read("Why?", {"asked": [thing("cause", "Why?")]}, turns=(before,))
    assert json.loads(str(model.calls[0][-1].content))["question_before"] == "Where is it?"


FAILS: list[ScriptedReply] = [
    "I think that you ask for the cause.",
    "",
    '{"asked": [{"kind": "cause", "words": "how lo',
    {"asked": []},
    {"asked": [thing("shipping", "how long is the crack")]},
    {"asked": [thing("cause", "how long is the crack", verdict="good")]},
    {"asked": [thing("cause", "who dropped it")]},
    {"asked": [thing("cause", "?")]},
    {"asked": [thing("size", "how long is the crack")] * 7},
    {"kind": "cause"},
    LanguageModelDown("no whole answer in 30 s"),
]


@pytest.mark.parametrize("reply", FAILS, ids=lambda reply: str(reply)[:40])
def test_a_reply_that_fails_leaves_the_classifier_s_word(reply: ScriptedReply) -> None:
    question = "how long is the crack on the left, at most 2 mm?"
    found, model = read(question, reply)
    assert found == understand(question, known=["crack"])
    assert len(model.calls) == 1


def test_what_the_question_does_not_say_is_dropped() -> None:
    found, _ = read(
        "how long is the crack on the left?",
        {
            "asked": [
                thing(
                    "size",
                    "how long is the crack on the left?",
                    place="bottom right",
                    zone="head",
                    region=3,
                    type="scratch",
                    limit={"value": 5, "unit": "mm"},
                    scale_px_per_mm=48.0,
                )
            ]
        },
    )
    first = found.first
    assert (first.kind, first.place, first.type) == ("size", "left", "crack")
    assert (first.zone, first.region, first.limit, first.scale_px_per_mm) == (None, None, None, None)
    assert first.log is None


def test_what_the_question_says_goes_where_the_model_puts_it() -> None:
    question = "On the left, is it within at most 2 mm? And what causes a crack?"
    limit = {"value": 2, "unit": "mm"}
    found, _ = read(
        question,
        {
            "asked": [
                thing("size", "is it within", place="left", limit=limit),
                thing("cause", "what causes", type="cracks", place="right"),
            ]
        },
    )
    size, cause = found.intents
    assert (size.place, size.limit) == ("left", LimitRecord(value=2, unit="mm"))
    assert (cause.type, cause.place, cause.limit) == ("crack", None, None)


def test_an_amount_in_words_is_a_limit_for_the_model_too() -> None:
    question = "Is the scratch longer than half a millimetre?"
    limit = {"value": 0.5, "unit": "mm"}
    words = "is the scratch longer than"
    found, _ = read(question, {"asked": [thing("size", words, type="scratch", limit=limit)]})
    assert found.first.limit == LimitRecord(value=0.5, unit="mm")


def test_the_period_is_the_question_s_own() -> None:
    found, _ = read(
        "how many were bad yesterday", {"asked": [thing("history", "how many were bad yesterday")]}
    )
    assert found.first.log is not None
    assert found.first.log.period == "yesterday"
    without, _ = read("and the bad ones?", {"asked": [thing("history", "and the bad ones?")]})
    assert without.first.log is not None
    assert without.first.log.since is None


def test_a_kind_that_is_not_the_model_s_stays_the_classifier_s() -> None:
    question = "is this part ok?"
    reply = {"asked": [thing("reasoning", "is this part ok?")]}
    kept, _ = read(question, reply, decides=frozenset({"cause"}))
    assert kept == understand(question)
    decided, _ = read(question, reply, decides=frozenset({"reasoning"}))
    assert decided.first.kind == "reasoning"


def test_every_kind_has_a_meaning_and_is_in_the_schema() -> None:
    assert set(MEANINGS) == KINDS
    kinds = AskedThings.model_json_schema()["$defs"]["AskedThing"]["properties"]["kind"]["enum"]
    assert set(kinds) == KINDS


def test_the_setting_names_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().chat_kinds == frozenset()
    assert Settings(llm_kinds=("cause",)).chat_kinds == {"cause"}
    monkeypatch.setenv("IAD_LLM_KINDS", "all")
    assert Settings.from_environment().chat_kinds == KINDS
    monkeypatch.setenv("IAD_LLM_KINDS", "cause, cost")
    with pytest.raises(ConfigError, match="IAD_LLM_KINDS"):
        Settings.from_environment()
