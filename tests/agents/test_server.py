"""The server: the same records as the command line, and errors that name the upload."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from plates import part

from agents.app import Application
from agents.interfaces.server import create_server
from agents.settings import Settings


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("server")
    app = Application(
        Settings.from_environment(store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96)
    )
    app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(4)])
    return TestClient(create_server(app))


def test_an_upload_is_inspected_under_its_own_name(client: TestClient, tmp_path: Path) -> None:
    data = part(tmp_path / "x.png", 9, blot=True).read_bytes()
    answer = client.post("/inspect", params={"name": "../../etc/blot.png", "product": "plate"}, content=data)
    assert answer.status_code == 200
    record = answer.json()
    assert record["image"] == "blot.png"
    assert record["anomalous"] is True
    assert record["regions"][0]["cell"] in ("top", "top right", "center", "right")


def test_a_question_is_answered_in_its_thread(client: TestClient, tmp_path: Path) -> None:
    data = part(tmp_path / "x.png", 9, blot=True).read_bytes()
    asked = {"question": "Is there an anomaly?", "product": "plate", "thread": "shift-1"}
    answer = client.post("/ask", params=asked, content=data)
    assert answer.status_code == 200
    assert answer.json()["answer"].startswith("Yes")
    assert answer.json()["thread"] == "shift-1"


def test_errors_name_the_upload_and_no_path_of_the_server(client: TestClient) -> None:
    answer = client.post("/inspect", params={"name": "torn.png", "product": "plate"}, content=b"no image")
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "UnreadableImage"
    assert "torn.png" in error["message"]
    assert "iad-upload" not in answer.text
    assert client.post("/inspect").status_code == 400
    assert client.post("/ask", content=b"x").status_code == 422


def test_health_and_products(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert [product["name"] for product in client.get("/products").json()] == ["plate"]


def test_a_missing_store_is_an_answer(tmp_path: Path) -> None:
    client = TestClient(
        create_server(Application(Settings.from_environment(store=tmp_path / "none", encoder="tiny")))
    )
    answer = client.get("/products")
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "StoreMissing"
