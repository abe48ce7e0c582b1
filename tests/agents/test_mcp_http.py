"""`iad mcp --http`: the same tools over HTTP, for callers with keys, and to this machine alone without."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import anyio
import httpx2
import pytest
from fastapi.testclient import TestClient
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from plates import part
from served import environment, free_port
from typer.testing import CliRunner

from agents.app import Application
from agents.desk import Desk
from agents.interfaces.cli import app as command
from agents.interfaces.mcp import create_http_app, create_mcp_server
from agents.settings import Settings

pytestmark = pytest.mark.slow

KEYS: Final = "viewer:screen:viewer-secret,operator:kim:kims-secret,admin:root:roots-secret"
TINY: Final[dict[str, Any]] = {"encoder": "tiny", "text_encoder": "tiny", "input_size": 96}
START_S: Final = 120
ARGUMENTS: Final[dict[str, dict[str, Any]]] = {
    "list_products": {},
    "show_product": {"product": "plate"},
    "list_catalogue": {},
    "search_knowledge": {"text": "blot"},
    "log": {},
    "job": {"id": "none"},
    "inspect": {"image": "blot.png"},
    "ask": {"question": "Is it good?", "image": "blot.png"},
    "correct": {"image": "none.png", "verdict": "good"},
    "report": {"file": "report.csv"},
    "enroll": {"product": "new", "images": ["none.png"]},
}
LEAST: Final = dict.fromkeys(("inspect", "ask", "correct", "report"), "operator") | {"enroll": "admin"}
"""Role that a tool needs where viewer is not enough."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp-http")
    (folder / "images").mkdir()
    part(folder / "images" / "blot.png", 9, blot=True)
    with Application(Settings(store=folder / "store", **TINY)) as app:
        app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(3)])
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    port = free_port()
    with (folder / "stderr").open("w") as told:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "agents", "mcp", "--http", "--port", str(port)),
                *("--root", str(folder / "images"), "--store", str(folder / "store")),
            ],
            env=environment({**TINY, "api_keys": KEYS}),
            stderr=told,
        )
    try:
        end = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, (folder / "stderr").read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(30)


def run(address: str, secret: str, work: Callable[[Client], Awaitable[Any]]) -> Any:
    async def asked() -> Any:
        headers = {"Authorization": f"Bearer {secret}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=120) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            return await work(client)

    return anyio.run(asked)


def test_a_client_inspects_and_goes_on_and_the_log_names_it(folder: Path, address: str) -> None:
    async def work(client: Client) -> list[Any]:
        asked = {"image": "blot.png", "question": "Is there an anomaly?", "product": "plate"}
        first = (await client.call_tool("ask", asked)).structured_content["result"]
        asked = {"question": "Where is it?", "thread": first["thread"]}
        second = (await client.call_tool("ask", asked)).structured_content["result"]
        await client.call_tool("inspect", {"image": "blot.png", "product": "plate"})
        return [first, second, (await client.call_tool("log", {})).structured_content]

    first, second, log = run(address, "kims-secret", work)
    assert first["answer"].startswith("Yes") and first["image"] == "blot.png"
    assert first["regions"][0]["cell"] in second["answer"]
    assert {row["operator"] for row in log["rows"]} == {"kim"}
    assert str(folder) not in str([first, second, log])


def test_an_enrolment_is_a_job_of_all_connections(folder: Path, address: str) -> None:
    good = folder / "images" / "good"
    good.mkdir()
    for i in range(3):
        part(good / f"{i}.png", i)
    heard: list[float] = []

    async def begin(client: Client) -> str:
        given = {"product": "second", "images": ["good"]}
        return str((await client.call_tool("enroll", given)).structured_content["id"])

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    id_ = run(address, "roots-secret", begin)

    async def wait(client: Client) -> Any:
        return await client.call_tool("job", {"id": id_, "wait_s": 60}, progress_callback=hear)

    assert run(address, "viewer-secret", wait).structured_content["status"] == "done"
    assert heard == sorted(heard)


def test_roles(address: str) -> None:
    ranks = ["viewer", "operator", "admin"]
    secrets = ["viewer-secret", "kims-secret", "roots-secret"]

    async def called(client: Client) -> dict[str, str]:
        assert {tool.name for tool in (await client.list_tools()).tools} == ARGUMENTS.keys()
        told = {}
        for name, arguments in ARGUMENTS.items():
            result = await client.call_tool(name, arguments)
            told[name] = str(result.content[0].text) if result.is_error else ""
        return told

    for rank, secret in enumerate(secrets):
        for name, message in run(address, secret, called).items():
            least = LEAST.get(name, "viewer")
            assert (f"this needs {least}" in message) == (rank < ranks.index(least)), (secret, name, message)


def test_without_a_key_or_with_a_wrong_one_nothing_is_told(address: str) -> None:
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    for headers in ({}, {"Authorization": "Bearer kims-secre"}, {"X-API-Key": "wrong"}):
        answer = httpx2.post(address, json=listed, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "inspect" not in answer.text
    page = {"Authorization": "Bearer kims-secret", "Origin": "http://evil.example"}
    accepted = {"Accept": "application/json, text/event-stream"}
    assert httpx2.post(address, json=listed, headers={**page, **accepted}).status_code == 403


def test_without_keys_this_machine_alone_is_answered(folder: Path) -> None:
    with Application(Settings(store=folder / "store", **TINY)) as app, closing(Desk(app)) as desk:
        served = create_http_app(create_mcp_server(desk, [folder]), app.settings, "127.0.0.1")
        listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        accepted = {"Accept": "application/json, text/event-stream"}
        with TestClient(served, base_url="http://127.0.0.1:8081") as client:
            assert client.post("/mcp", json=listed, headers=accepted).status_code == 200
            foreign = client.post("/mcp", json=listed, headers={**accepted, "Host": "plant.example"})
            assert foreign.status_code == 421
    told = CliRunner().invoke(
        command, ["mcp", "--http", "--host", "0.0.0.0", "--store", str(folder / "store")]
    )
    assert told.exit_code == 1
    assert "api_keys" in told.stderr and "--without-keys" not in told.stderr


def test_too_many_requests_are_told_when_to_come_again(folder: Path) -> None:
    settings = Settings(store=folder / "store", requests_per_minute=2, **TINY)
    with Application(settings) as app, closing(Desk(app)) as desk:
        served = create_http_app(create_mcp_server(desk, [folder]), settings, "127.0.0.1")
        with TestClient(served, base_url="http://127.0.0.1:8081") as client:
            statuses = [client.post("/mcp", json={}).status_code for _ in range(3)]
            assert statuses[-1] == 429 and 429 not in statuses[:-1]
