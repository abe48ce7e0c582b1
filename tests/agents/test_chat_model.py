"""The chat model against a real HTTP server on loopback that behaves badly, and the scripted one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from loopback import Reply, drip, drip_an_error, events, hang_up, loopback, say
from pydantic import BaseModel, SecretStr

from agents.chat_models.build import build_chat_model
from agents.chat_models.endpoint import EndpointChatModel
from agents.chat_models.local import start_local_server
from agents.chat_models.scripted import ScriptedChatModel
from agents.settings import Settings
from anomaly_core.errors import LanguageModelDown, LanguageModelError, LanguageModelRefused, WeightsMissing

QUESTION = [HumanMessage("Where is it?")]


class Plan(BaseModel):
    topic: Literal["place", "cause"]


def completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


MakeChat = Callable[..., EndpointChatModel]


@pytest.fixture
def chat() -> Iterator[MakeChat]:
    made: list[EndpointChatModel] = []

    def make(url: str, timeout_s: float = 5.0) -> EndpointChatModel:
        made.append(EndpointChatModel.at(url, model="m", timeout_s=timeout_s))
        return made[-1]

    yield make
    for model in made:
        model.root_client.close()


def test_no_url_no_model() -> None:
    assert build_chat_model(Settings(llm_url=None)) is None


def test_reply_key_and_the_servers_own_model() -> None:
    with loopback(say(200, completion("At the top left."))) as server:
        model = build_chat_model(Settings(llm_url=server.url, llm_key=SecretStr("secret")))
        assert model is not None
        assert model.invoke(QUESTION).content == "At the top left."
        assert asyncio.run(model.ainvoke(QUESTION)).content == "At the top left."
        model.root_client.close()  # type: ignore[attr-defined]
    assert server.asked[0]["model"] == "first"
    assert server.asked[0]["authorization"] == "Bearer secret"
    assert server.asked[0]["temperature"] == 0
    assert "secret" not in f"{model!r} {model.model_dump()} {model._identifying_params}"


def test_reply_is_constrained_to_the_schema(chat: MakeChat) -> None:
    with loopback(say(200, completion('{"topic": "place"}'))) as server:
        plan = chat(server.url).with_structured_output(Plan, method="json_schema").invoke(QUESTION)
    assert plan == Plan(topic="place")
    sent = server.asked[0]["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["topic"]["enum"] == ["place", "cause"]


@pytest.mark.parametrize("text", ["the place", '{"topic": "price"}'])
def test_reply_that_is_not_of_the_schema_is_refused(text: str, chat: MakeChat) -> None:
    with loopback(say(200, completion(text))) as server:
        model = chat(server.url).with_structured_output(Plan, method="json_schema")
        with pytest.raises(LanguageModelRefused, match="Plan"):
            model.invoke(QUESTION)


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ({"data": []}, "serves no model"),
        (b"<html>", "cannot be used"),
        ([1], "cannot be used"),
        ({"data": [1]}, "cannot be used"),
    ],
    ids=["none", "html", "list", "numbers"],
)
def test_a_list_of_models_that_cannot_be_used_is_refused(models: object, says: str) -> None:
    with loopback(say(200, completion("Here.")), models=models) as server:
        model = EndpointChatModel.at(server.url)
        with pytest.raises(LanguageModelRefused, match=says):
            model.invoke(QUESTION)
        model.root_client.close()


@pytest.mark.parametrize(
    ("reply", "expected", "says"),
    [
        (say(401, {"error": {"message": "bad key"}}), LanguageModelRefused, "IAD_LLM_KEY"),
        (say(404, {"error": {"message": "no such model"}}), LanguageModelRefused, "IAD_LLM_MODEL"),
        (say(400, {"error": {"message": "too long"}}), LanguageModelRefused, "too long"),
        (say(500, {"error": {"message": "oops"}}), LanguageModelDown, "500"),
        (say(429, {"error": {"message": "slow down"}}, Retry_After="60"), LanguageModelDown, "429"),
        (say(200, b"<html>not json</html>"), LanguageModelRefused, "cannot be used"),
        (say(200, {"object": "something else"}), LanguageModelRefused, "cannot be used"),
        (say(200, {"choices": []}), LanguageModelRefused, "cannot be used"),
        (say(200, {"choices": ["here"]}), LanguageModelRefused, "cannot be used"),
        (drip, LanguageModelDown, "no whole answer in 1 s"),
        (drip_an_error, LanguageModelDown, "no whole answer in 1 s"),
        (hang_up, LanguageModelDown, "does not answer"),
    ],
    ids=[
        "401",
        "404",
        "400",
        "500",
        "429",
        "html",
        "wrong object",
        "empty",
        "no message",
        "drip",
        "drip 500",
        "hang up",
    ],
)
def test_each_failure_has_its_message_in_time(
    reply: Reply, expected: type[LanguageModelError], says: str, chat: MakeChat
) -> None:
    with loopback(reply) as server, pytest.raises(expected, match=says):
        began = time.monotonic()
        try:
            chat(server.url, timeout_s=1.0).invoke(QUESTION)
        finally:
            assert time.monotonic() - began < 2.0


def test_a_failure_that_passes_is_not_noticed(chat: MakeChat) -> None:
    with loopback(say(503, {}), say(429, {}, Retry_After="0.1"), say(200, completion("Here."))) as server:
        assert chat(server.url).invoke(QUESTION).content == "Here."
    assert len(server.asked) == 3


def test_a_server_that_is_down_costs_time_once(chat: MakeChat) -> None:
    model = chat("http://127.0.0.1:9/v1")
    with pytest.raises(LanguageModelDown, match="does not answer"):
        model.invoke(QUESTION)
    began = time.monotonic()
    with pytest.raises(LanguageModelDown, match="tried again in"):
        model.invoke(QUESTION)
    assert time.monotonic() - began < 0.2


def test_stream(chat: MakeChat) -> None:
    pieces = ["At ", "the top."]
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in pieces
    ]
    with loopback(events(*chunks)) as server:
        assert [c.content for c in chat(server.url).stream(QUESTION) if c.content] == pieces
    with loopback(say(500, {})) as server, pytest.raises(LanguageModelDown, match="500"):
        list(chat(server.url).stream(QUESTION))


def test_stream_without_a_reply_is_refused(chat: MakeChat) -> None:
    for reply in (events(), say(200, b"<html>")):
        with loopback(reply) as server, pytest.raises(LanguageModelRefused, match="cannot be used"):
            list(chat(server.url).stream(QUESTION))


def test_stream_that_fails_at_first_is_tried_again(chat: MakeChat) -> None:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    chunk = {**head, "choices": [{"index": 0, "delta": {"content": "Here."}, "finish_reason": None}]}
    with loopback(say(503, {}), events(chunk)) as server:
        assert "".join(str(c.content) for c in chat(server.url).stream(QUESTION)) == "Here."


def test_profile_says_whether_it_takes_images() -> None:
    for images in (False, True):
        model = build_chat_model(Settings(llm_url="http://127.0.0.1:9/v1", llm_images=images))
        assert model is not None
        assert (model.profile or {})["image_inputs"] is images
        model.root_client.close()  # type: ignore[attr-defined]


def test_local_model_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAD_CACHE", str(tmp_path))
    start_local_server.cache_clear()
    with pytest.raises(WeightsMissing, match=r"iad weights pull qwen2\.5-coder-1\.5b"):
        build_chat_model(Settings(llm_url="local"))


def test_scripted_says_its_script() -> None:
    call = AIMessage("", tool_calls=[{"name": "zoom", "args": {}, "id": "1"}])
    down = LanguageModelDown("down")
    model: BaseChatModel = ScriptedChatModel(["Hello.", {"topic": "cause"}, call, down])
    assert model.invoke(QUESTION).content == "Hello."
    assert json.loads(str(model.invoke(QUESTION).content)) == {"topic": "cause"}
    assert model.bind_tools([]).invoke(QUESTION).tool_calls[0]["name"] == "zoom"
    with pytest.raises(LanguageModelDown, match="down"):
        model.invoke(QUESTION)
    with pytest.raises(LanguageModelRefused, match="no reply left"):
        model.invoke(QUESTION)
    assert len(model.calls) == 5  # type: ignore[attr-defined]
