"""The chat model against a real HTTP server on loopback that behaves badly, and the scripted one."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from PIL import Image
from pydantic import BaseModel, SecretStr

from agents.chat_local import start_local_server
from agents.chat_model import EndpointChatModel, build_chat_model, picture_message, reply_as
from agents.chat_scripted import ScriptedChatModel
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


Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
MakeChat = Callable[..., EndpointChatModel]


def say(status: int, body: object, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def drip(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
    """Send a byte now and then, never to an end."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hang_up(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@contextmanager
def served(*replies: Reply) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server of these replies in order, the last one again and again: its URL, and what it was asked."""
    asked: list[dict[str, Any]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            say(200, {"object": "list", "data": [{"id": "first", "object": "model"}]})(self, {})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request["authorization"] = self.headers["Authorization"]
            with lock:
                asked.append(request)
                reply = replies[min(len(asked), len(replies)) - 1]
            # A client that has given up closes the connection.
            try:
                reply(self, request)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a closed connection is meant
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


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
    with served(say(200, completion("At the top left."))) as (url, asked):
        model = build_chat_model(Settings(llm_url=url, llm_key=SecretStr("secret")))
        assert model is not None
        assert model.invoke(QUESTION).content == "At the top left."
        assert asyncio.run(model.ainvoke(QUESTION)).content == "At the top left."
        model.root_client.close()  # type: ignore[attr-defined]
    assert asked[0]["model"] == "first"
    assert asked[0]["authorization"] == "Bearer secret"
    assert asked[0]["temperature"] == 0


def test_reply_is_constrained_to_the_schema(chat: MakeChat) -> None:
    with served(say(200, completion('{"topic": "place"}'))) as (url, asked):
        assert reply_as(chat(url), QUESTION, Plan) == Plan(topic="place")
    sent = asked[0]["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["topic"]["enum"] == ["place", "cause"]


@pytest.mark.parametrize("text", ["the place", '{"topic": "price"}', ""])
def test_reply_that_is_not_of_the_schema_is_refused(text: str, chat: MakeChat) -> None:
    with served(say(200, completion(text))) as (url, _), pytest.raises(LanguageModelRefused, match="Plan"):
        reply_as(chat(url), QUESTION, Plan)


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
        (drip, LanguageModelDown, "did not answer in 1 s"),
        (hang_up, LanguageModelDown, "no chat model answers"),
    ],
    ids=["401", "404", "400", "500", "429", "html", "wrong object", "drip", "hang up"],
)
def test_each_failure_has_its_message_in_time(
    reply: Reply, expected: type[LanguageModelError], says: str, chat: MakeChat
) -> None:
    with served(reply) as (url, _), pytest.raises(expected, match=says):
        began = time.monotonic()
        try:
            chat(url, timeout_s=1.0).invoke(QUESTION)
        finally:
            assert time.monotonic() - began < 2.0


def test_a_failure_that_passes_is_not_noticed(chat: MakeChat) -> None:
    with served(say(503, {}), say(429, {}, Retry_After="0.1"), say(200, completion("Here."))) as (url, asked):
        assert chat(url).invoke(QUESTION).content == "Here."
    assert len(asked) == 3


def test_a_server_that_is_down_costs_time_once(chat: MakeChat) -> None:
    model = chat("http://127.0.0.1:9/v1")
    with pytest.raises(LanguageModelDown, match="no chat model answers there"):
        model.invoke(QUESTION)
    began = time.monotonic()
    with pytest.raises(LanguageModelDown, match="tried again in"):
        model.invoke(QUESTION)
    assert time.monotonic() - began < 0.2


def test_stream(chat: MakeChat) -> None:
    pieces = ["At ", "the top."]

    def reply(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for piece in pieces:
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
            handler.wfile.write(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode())
        handler.wfile.write(b"data: [DONE]\n\n")
        handler.close_connection = True

    with served(reply) as (url, _):
        assert [c.content for c in chat(url).stream(QUESTION) if c.content] == pieces
    with served(say(500, {})) as (url, _), pytest.raises(LanguageModelDown, match="500"):
        list(chat(url).stream(QUESTION))


def test_pictures_go_as_image_parts(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "a.png")
    found = picture_message("What is it?", [("The part", tmp_path / "a.png"), ("Gone", tmp_path / "b.png")])
    assert [part["type"] for part in found.content] == ["text", "image_url", "text"]  # type: ignore[index]
    assert found.content[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")  # type: ignore[index]


def test_local_model_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAD_CACHE", str(tmp_path))
    start_local_server.cache_clear()
    with pytest.raises(WeightsMissing, match=r"iad weights pull qwen2\.5-coder-1\.5b"):
        build_chat_model(Settings(llm_url="local"))


def test_scripted_says_its_script() -> None:
    call = AIMessage("", tool_calls=[{"name": "zoom", "args": {}, "id": "1"}])
    down = LanguageModelDown("down")
    model: BaseChatModel = ScriptedChatModel(["Hello.", {"topic": "cause"}, call, down, "no plan"])
    assert model.invoke(QUESTION).content == "Hello."
    assert reply_as(model, QUESTION, Plan).topic == "cause"
    assert model.bind_tools([]).invoke(QUESTION).tool_calls[0]["name"] == "zoom"
    with pytest.raises(LanguageModelDown, match="down"):
        model.invoke(QUESTION)
    with pytest.raises(LanguageModelRefused, match="Plan"):
        reply_as(model, QUESTION, Plan)
    with pytest.raises(LanguageModelRefused, match="no reply left"):
        model.invoke(QUESTION)
    assert len(model.heard) == 6  # type: ignore[attr-defined]
