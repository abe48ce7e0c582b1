"""`langgraph dev` loads both graphs, shows their forms, and runs them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plates import part

from agents.app import Application
from agents.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("studio")
    with Application(Settings(store=made / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(made / f"good-{seed}.png", seed) for seed in range(4)])
    part(made / "blot.png", 9, blot=True)
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """A development server on a free port, in a folder of its own: it keeps a cache where it starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = json.loads((ROOT / "langgraph.json").read_text())
    config["dependencies"] = [str(ROOT)]
    config["graphs"] = {name: str(ROOT / graph) for name, graph in config["graphs"].items()}
    (folder / "langgraph.json").write_text(json.dumps(config))
    environment = os.environ | {
        "IAD_STORE": str(folder / "store"),
        "IAD_ENCODER": "tiny",
        "IAD_TEXT_ENCODER": "tiny",
        "LANGSMITH_TRACING": "false",
    }
    command = [
        sys.executable,
        "-m",
        "langgraph_cli",
        "dev",
        "--no-browser",
        "--no-reload",
        "--port",
        str(port),
    ]
    log = folder / "server.log"
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(240):
                assert process.poll() is None, log.read_text()[-2000:]
                try:
                    urllib.request.urlopen(f"{url}/ok", timeout=2).close()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.5)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def call(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.loads(reply.read())


def test_both_graphs_have_forms(server: str) -> None:
    found = {one["graph_id"]: one["assistant_id"] for one in call(f"{server}/assistants/search", {})}
    assert set(found) == {"inspect", "dialogue"}
    forms = {name: call(f"{server}/assistants/{id_}/schemas") for name, id_ in found.items()}
    assert set(forms["inspect"]["input_schema"]["properties"]) == {
        "image",
        "named_product",
        "question",
        "out",
        "shown_name",
    }
    assert {"image", "question", "review"} <= set(forms["dialogue"]["input_schema"]["properties"])
    for form in forms.values():
        assert set(form["context_schema"]["properties"]) == {"store", "llm_url"}


def test_both_graphs_run(server: str, folder: Path) -> None:
    image = str(folder / "blot.png")
    state = call(
        f"{server}/runs/wait",
        {"assistant_id": "inspect", "input": {"image": image, "named_product": "plate"}},
    )
    assert state["verdict"]["decision"] == "fail"
    assert state["answer"].startswith("Yes, ")
    thread = call(f"{server}/threads", {})["thread_id"]
    asked = {"image": image, "named_product": "plate", "question": "Where is it?"}
    answers = [
        call(f"{server}/threads/{thread}/runs/wait", {"assistant_id": "dialogue", "input": asked})
        for _ in range(2)
    ]
    assert [answer["turn"] for answer in answers] == [1, 2]
    assert all("region-1" in answer["answer"] for answer in answers)


def test_the_context_names_another_store(server: str, folder: Path) -> None:
    given = {"image": str(folder / "blot.png")}
    body = {"assistant_id": "inspect", "input": given, "context": {"store": str(folder / "none")}}
    assert call(f"{server}/runs/wait", body)["__error__"]["error"] == "StoreMissing"
