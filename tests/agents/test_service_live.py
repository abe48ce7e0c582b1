"""A real `iad serve` with its station: as its description says, and harmless whatever is sent to it."""

from __future__ import annotations

import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from plates import part
from served import Client, Server

from agents.app import Application
from agents.settings import Settings

SCHEMATHESIS: Final = Path(__file__).parents[2] / ".venv-schema" / "bin" / "schemathesis"
CHECKS: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "unsupported_method"),
    *("response_headers_conformance", "response_schema_conformance"),
)
"""Not whether what fits the description is accepted: it does not know which products and images there are."""
LONGEST_S: Final = 30
MOST_GROWTH_MB: Final = 50
SCRIPT: Final = "<script>alert(1)</script>"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    settings: dict[str, Any] = {"encoder": "tiny", "text_encoder": "tiny", "input_size": 96}
    with Application(Settings(store=folder / "store", **settings)) as app:
        app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(3)])
    with Server(folder / "store", folder / "log", station=True, **settings) as started:
        yield started
    assert "Traceback" not in started.told()


def test_an_oversized_header_is_refused(server: Server) -> None:
    before = server.memory_mb()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        sent = 0
        try:
            for _ in range(1000):
                connection.sendall(b"x" * 100_000)
                sent += 100_000
            told = connection.recv(100)
        except (ConnectionResetError, BrokenPipeError):
            told = b""
    assert told[9:12] in (b"", b"400", b"431")
    assert sent < 100_000_000
    assert server.memory_mb() - before < MOST_GROWTH_MB
    with Client(server.port) as client:
        assert client.call("GET", "jobs").status == 200


def test_scripts_in_names_are_text_in_the_pages(server: Server, tmp_path: Path) -> None:
    shown: set[str] = set()
    with Client(server.port) as client:
        image = part(tmp_path / "x.png", 9, blot=True).read_bytes()
        name = SCRIPT.replace("/", "")
        assert client.call("POST", "inspect", image, name=name, product="plate").json()["image"] == name
        zone = {"name": SCRIPT, "box": [0, 0, 40, 20], "accept_flips": True}
        assert client.send("POST", "products/plate/zones", zone).status == 200
    for page in ("", "review", "products", "log"):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{page}", timeout=120) as answer:
            text = answer.read().decode()
        assert "<script>alert" not in text, page
        shown.update(re.findall(r"(?:&lt;|.u003c)script", text))
    # Some page shows them, as text.
    assert shown


@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="`make test-slow` installs schemathesis for it")
def test_every_route_answers_as_it_is_described(server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(str(SCHEMATHESIS), "run", f"http://127.0.0.1:{server.port}/openapi.json"),
            *("--checks", ",".join(CHECKS), "--max-time", str(LONGEST_S), "--max-examples", "8"),
            *("--seed", "0", "--generation-database", "none", "--warnings", "off", "--no-color"),
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
