"""Threads over HTTP: a question that comes without an image is about those of its thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from plates import part

from agents.app import Application
from agents.interfaces.service.service import create_service
from agents.settings import Settings

URL = "/api/v1/ask"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("threads")
    settings = Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96)
    with Application(settings) as app:
        app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(4)])
        with TestClient(create_service(app), base_url="http://127.0.0.1:8080") as opened:
            yield opened


def asked(client: TestClient, question: str, thread: str, image: Path | None = None) -> dict[str, Any]:
    fields = {"question": question, "thread": thread, "name": "" if image is None else image.name}
    if image is None:
        answer = client.post(URL, json={"question": question, "thread": thread})
    else:
        answer = client.post(URL, params={**fields, "product": "plate"}, content=image.read_bytes())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_question_without_an_image_is_about_its_thread_s(client: TestClient, tmp_path: Path) -> None:
    asked(client, "Is it ok?", "T", part(tmp_path / "fine.png", 5))
    asked(client, "Is it ok?", "T", part(tmp_path / "blot.png", 9, blot=True))
    size = asked(client, "how big is it?", "T")
    assert "[size]" in size["answer"]
    assert size["image"] == "blot.png"
    assert [one["kind"] for one in asked(client, "Ursache?", "T")["understood"]] == ["cause"]
    assert asked(client, "which were good?", "T")["thread"] == "T"


def test_a_thread_without_an_image_is_about_the_catalogue(client: TestClient) -> None:
    assert "thread" not in asked(client, "how big is it?", "none")
