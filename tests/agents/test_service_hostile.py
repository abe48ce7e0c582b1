"""What a hostile person sends is refused, or shown as the text that it is."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import json
import re
import time
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from plates import part
from starlette.requests import ClientDisconnect

from agents.app import Application
from agents.interfaces.service import create_service
from agents.settings import Settings

API = "/api/v1"
HERE = "http://127.0.0.1:8080"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    settings = Settings(
        store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96, upload_mb=1
    )
    with Application(settings) as app:
        app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(3)])
        yield TestClient(create_service(app), base_url=HERE)


@pytest.fixture(scope="module")
def blot(folder: Path) -> bytes:
    return part(folder / "x.png", 9, blot=True).read_bytes()


def inspected(client: TestClient, data: bytes, name: str) -> Any:
    answer = client.post(f"{API}/inspect?product=plate", files={"image": (name, data, "image/png")})
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- sizes ----------------------------------------------------------------------------------------


def call(
    service: FastAPI, path: str, headers: dict[str, str], *, unsent: bool = False, gone: bool = False
) -> list[int]:
    """POST with no body; return the statuses that were begun.

    unsent: the caller hangs up before the body is there; gone: before the answer. Raises TimeoutError where
    the request keeps its place in the queue.
    """
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"} if unsent else {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        if gone:
            raise BrokenPipeError
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    name, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"spec_version": "2.4"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": name,
        "raw_path": name.encode(), "root_path": "", "query_string": query.encode(),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8080),
        "headers": [(b"host", b"127.0.0.1"), *((k.encode(), v.encode()) for k, v in headers.items())],
    }  # fmt: skip

    async def whole() -> None:
        with suppress(ClientDisconnect):
            await service(scope, receive, send)
        async with asyncio.timeout(60):
            while service.state.queue.length:
                await asyncio.sleep(0.02)

    asyncio.run(whole())
    return statuses


def test_a_body_is_refused_by_its_stated_length_before_it_comes(client: TestClient) -> None:
    stated = {"content-length": str(2_000_000_000)}
    for path in ("inspect", "ask", "corrections", "catalogue", "products/x/enrollment"):
        assert call(client.app, f"{API}/{path}", stated) == [413], path  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind", ["image/png", "application/json", "multipart/form-data; boundary=b", "text/plain"]
)
@pytest.mark.parametrize("path", ["inspect", "corrections", "catalogue", "products/x/enrollment", "reports"])
def test_a_body_without_a_stated_length_is_cut_off_at_the_limit(
    client: TestClient, folder: Path, path: str, kind: str
) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        head = b'--b\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\n'
        yield head if "form-data" in kind else b'"'
        for _ in range(200):
            sent += 100_000
            yield b"x" * 100_000

    answer = client.post(f"{API}/{path}", content=pieces(), headers={"Content-Type": kind})
    # What takes no body of this kind need not read it.
    assert answer.status_code in (400, 413, 422), answer.text
    if answer.status_code == 413:
        assert "upload_mb" in answer.json()["error"]["message"]
    kept = folder / "store-images"
    assert not kept.is_dir() or not [one for one in kept.iterdir() if one.suffix == ".part" or one.is_dir()]


def test_who_hangs_up_before_an_answer_keeps_no_place_in_the_queue(client: TestClient) -> None:
    question = f"{API}/ask?question=How+many+failed%3F&stream=true"
    assert call(client.app, question, {}, gone=True) == []  # type: ignore[arg-type]


def test_an_upload_that_breaks_off_is_no_error_of_the_service(client: TestClient) -> None:
    for path in ("inspect", "ask", "corrections"):
        assert call(client.app, f"{API}/{path}", {}, unsent=True) == [400], path  # type: ignore[arg-type]


# --- texts ----------------------------------------------------------------------------------------


def test_scripts_in_names_and_notes_are_text(client: TestClient, blot: bytes) -> None:
    name, notes = f"{SCRIPT}.png".replace("/", ""), f"# Plate\n\n## Blot\nCause: {SCRIPT}\nLook: bright.\n"
    added = client.post(f"{API}/catalogue?product=plate", files={"file": ("n.md", notes.encode())})
    assert added.status_code == 200, added.text
    record = inspected(client, blot, name)
    assert record["image"] == name
    said = {"sha256": record["sha256"], "verdict": "anomalous", "defect_type": SCRIPT, "note": SCRIPT}
    assert client.post(f"{API}/corrections", json={**said, "accept_flips": True}).json()["accepted"]
    asked = {"question": SCRIPT, "sha256": record["sha256"], "thread": SCRIPT, "product": "plate"}
    answer = client.post(f"{API}/ask", json=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["question"] == SCRIPT
    for path in ("log", "log/summary", "corrections", "threads", "review", "catalogue/products/plate"):
        answer = client.get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
    report = client.post(
        f"{API}/reports", json={"images": [record["sha256"]], "format": "html", "title": SCRIPT}
    )
    assert report.status_code == 200
    assert report.headers["content-disposition"].startswith("attachment")
    assert "&lt;script&gt;" in report.text
    assert not re.search(r"<script|<img src=x", report.text)


def test_a_product_named_as_a_script_is_text_in_the_page_of_the_api_and_in_errors(client: TestClient) -> None:
    answer = client.get(f"{API}/products/<script>alert(1)<%2Fscript>")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    page = client.get("/docs", headers={"Host": 'localhost:1"><script>alert(1)</script>'})
    assert "<script" not in page.text


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_export_or_a_report_is_a_formula(client: TestClient, blot: bytes, text: str) -> None:
    record = inspected(client, blot + text.encode(), f"{text}.png".replace("/", ""))
    exported = client.get(f"{API}/log/export").text
    asked = {"images": [record["sha256"]], "format": "csv", "title": text}
    report = client.post(f"{API}/reports", json=asked)
    assert report.status_code == 200, report.text
    for table in (exported, report.text):
        cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
        assert not [cell for cell in cells if re.match(r"[=+@\t\r]|-[^0-9.]|-\d+\+", cell)], cells


def test_a_header_may_hold_anything(client: TestClient, blot: bytes) -> None:
    """A header is read as bytes: none of these is a key, an address or an error of the server."""
    for value in ("\xff", "a" * 60_000, "Bearer " + "\xe9" * 1000, "Bearer", "'; DROP TABLE rows; --"):
        for name in ("Authorization", "X-API-Key", "Origin", "Accept", "Accept-Language", "Cookie"):
            answer = client.get(f"{API}/jobs", headers={name: value.encode("latin-1")})  # type: ignore[dict-item]
            assert answer.status_code in (200, 403), (name, value[:20], answer.text)


def test_a_name_in_json_may_not_lead_anywhere(client: TestClient, folder: Path, blot: bytes) -> None:
    sent = base64.b64encode(blot).decode()
    for name in (
        "../../led.png",
        "/etc/led.png",
        "..\\..\\led.png",
        "led\0.png",
        "%2e%2e%2fled.png",
        "..",
        "é" * 250,
    ):
        body = json.dumps({"image_base64": sent, "name": name, "product": "plate"})
        answer = client.post(f"{API}/inspect", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, answer.text
        assert not {"/", "\\", "\0"} & set(answer.json()["image"])
        asked = {"images": [answer.json()["sha256"]], "format": "html"}
        assert client.post(f"{API}/reports", json=asked).status_code == 200
        files = [("images", (name, blot, "image/png"))]
        assert client.post(f"{API}/products/p/enrollment", files=files).status_code == 202
    deadline = time.monotonic() + 60
    while any(job["status"] in ("queued", "running") for job in client.get(f"{API}/jobs").json()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not list(folder.parent.glob("**/*led*.png"))
