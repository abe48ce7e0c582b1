"""Who comes in to the station's pages: by a key, once, as a session of the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from agents.app import Application
from agents.interfaces.service import create_service
from agents.interfaces.service.access import SESSION
from agents.interfaces.station.mount import add_sign_in, mount_station
from agents.settings import Settings
from anomaly_core.errors import ConfigError

KEYS = "viewer:screen:viewer-secret,operator:kim:kims-secret"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    settings = Settings(store=tmp_path / "store", encoder="tiny", api_keys=KEYS)  # type: ignore[arg-type]
    service = create_service(Application(settings))
    add_sign_in(service)

    @service.get("/")
    def page() -> str:
        return "page"

    @service.websocket("/socket")
    async def socket(opened: WebSocket) -> None:
        await opened.accept()
        await opened.close()

    return TestClient(service, base_url="http://plant.example", follow_redirects=False)


def test_pages_and_sockets_ask_for_a_key(client: TestClient) -> None:
    for path in ("/", "/review", "/_nicegui/x", "/apixyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/v1/jobs").status_code == 401
    assert "Ihr Schlüssel" in client.get("/sign-in", headers={"Accept-Language": "de"}).text


def test_a_key_opens_a_session_that_signing_out_ends(client: TestClient) -> None:
    wrong = client.post("/sign-in", data={"key": "kims-secre"})
    assert wrong.status_code == 401
    assert "not known" in wrong.text
    assert "set-cookie" not in wrong.headers
    right = client.post("/sign-in", data={"key": "kims-secret"})
    assert right.status_code == 303
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "kims-secret" not in cookie
    session = dict(client.cookies)
    assert client.get("/").json() == "page"
    assert client.get("/api/v1/jobs").status_code == 200
    assert client.put("/api/v1/products/x/rates", json={}).status_code == 403
    with client.websocket_connect("/socket", headers={"Cookie": f"{SESSION}={session[SESSION]}"}):
        pass
    assert client.get("/sign-out").status_code == 303
    client.cookies.update(session)
    assert client.get("/").status_code == 303


def test_a_wrong_key_beside_a_session_is_refused(client: TestClient) -> None:
    client.post("/sign-in", data={"key": "viewer-secret"})
    assert client.get("/api/v1/jobs", headers={"X-API-Key": "wrong-secret"}).status_code == 401


def test_a_folder_to_watch_must_be_one(tmp_path: Path) -> None:
    pytest.importorskip("nicegui")
    service = create_service(Application(Settings(store=tmp_path / "store", encoder="tiny")))
    with pytest.raises(ConfigError, match="no such folder"):
        mount_station(service, tmp_path / "none")
