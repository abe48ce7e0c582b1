"""Who may do what over HTTP, how often, and whose name the log holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from plates import part

from agents.app import Application
from agents.interfaces.cli.serving import check_address
from agents.interfaces.service import create_service
from agents.interfaces.service.access import Caller
from agents.interfaces.service.limits import Queue, Rate, working
from agents.settings import Settings
from anomaly_core.errors import ConfigError
from knowledge.log.figures import Filter, corrections

API = "/api/v1"
HERE = "http://127.0.0.1:8080"
KEYS = "viewer:screen:viewer-secret,operator:kim:kims-secret,admin:root:roots-secret"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("access")
    settings = Settings(
        store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96, api_keys=KEYS,  # type: ignore[arg-type]
        operator="the settings' own",
    )  # fmt: skip
    with Application(settings) as opened:
        opened.enroll("plate", [part(folder / f"{i}.png", i) for i in range(4)])
        yield opened


@pytest.fixture(scope="module")
def client(app: Application) -> TestClient:
    return TestClient(create_service(app), base_url="http://plant.example")


def test_without_a_key_or_with_a_wrong_one_nothing_is_told(client: TestClient) -> None:
    for headers in (
        {},
        bearer("kims-secre"),
        bearer(""),
        {"X-API-Key": "wrong"},
        {"Authorization": "Basic x"},
    ):
        answer = client.get(f"{API}/products", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "plate" not in answer.text
    assert client.get("/metrics").status_code == 401
    assert client.get("/healthz").status_code == 200
    assert client.get(f"{API}/products", headers={"X-API-Key": "viewer-secret"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("get", "products", "viewer"),
        ("get", "log", "viewer"),
        ("get", "corrections", "viewer"),
        ("post", "inspect", "operator"),
        ("post", "ask", "operator"),
        ("post", "corrections", "operator"),
        ("post", "reports", "operator"),
        ("delete", "corrections/x", "operator"),
        ("delete", "threads/x", "operator"),
        ("post", "products/new/enrollment", "admin"),
        ("post", "products/plate/calibration", "admin"),
        ("put", "products/plate/rates", "admin"),
        ("put", "products/plate/scale", "admin"),
        ("post", "products/plate/zones", "admin"),
        ("delete", "products/plate/zones/x", "admin"),
        ("post", "catalogue", "admin"),
        ("delete", "catalogue/x", "admin"),
    ],
)
def test_roles(client: TestClient, method: str, path: str, least: str) -> None:
    ranks = ["viewer", "operator", "admin"]
    secrets = ["viewer-secret", "kims-secret", "roots-secret"]
    for rank, secret in enumerate(secrets):
        status = client.request(method, f"{API}/{path}", headers=bearer(secret)).status_code
        assert (status == 403) == (rank < ranks.index(least)), (ranks[rank], status)
        assert status not in (401, 500)


def test_the_log_names_who_did_it(app: Application, client: TestClient, tmp_path: Path) -> None:
    data = part(tmp_path / "x.png", 9, blot=True).read_bytes()
    answer = client.post(f"{API}/inspect?product=plate", content=data, headers=bearer("kims-secret"))
    sha256 = answer.json()["sha256"]
    said = {"sha256": sha256, "verdict": "anomalous"}
    assert client.post(f"{API}/corrections", json=said, headers=bearer("roots-secret")).json()["accepted"]
    (row,) = client.get(f"{API}/log", headers=bearer("viewer-secret")).json()
    assert row["operator"] == "kim"
    assert app.tools.log is not None
    (corrected,) = app.tools.log.read(lambda held: corrections(held, Filter()))
    assert corrected["operator"] == "root"
    app.inspect_one(part(tmp_path / "y.png", 9, blot=True), product="plate")
    assert client.get(f"{API}/log", headers=bearer("viewer-secret")).json()[0]["operator"] == (
        "the settings' own"
    )
    rates = {"alpha": 0.04, "review": 0.3}
    changed = client.put(f"{API}/products/plate/rates", json=rates, headers=bearer("roots-secret"))
    assert changed.json() == {**rates, "warnings": []}
    files = {"images": ("g.png", part(tmp_path / "g.png", 30).read_bytes())}
    job = client.post(f"{API}/products/new/enrollment", files=files, headers=bearer("roots-secret")).json()
    deadline = time.monotonic() + 60
    while job["status"] != "done":
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
        job = client.get(f"{API}/jobs/{job['id']}", headers=bearer("viewer-secret")).json()
    enrolled, rated, before = client.get(f"{API}/log/changes", headers=bearer("viewer-secret")).json()
    assert (before["note"][:13], before["operator"]) == ("enrolled from", "the settings' own")
    assert (enrolled["product"], enrolled["operator"]) == ("new", "root")
    assert (rated["note"], rated["operator"]) == ("rates set to alpha 0.04, review 0.3", "root")
    app.tools.log.verify()


def test_without_keys_this_machine_alone_is_answered(tmp_path: Path) -> None:
    service = create_service(Application(Settings(store=tmp_path / "store", encoder="tiny")))
    for host in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        assert TestClient(service, base_url=f"http://{host}").get("/healthz").status_code == 200, host
    foreign: list[dict[str, Any]] = [
        {"base_url": "http://plant.example"},
        {"base_url": HERE, "headers": {"Origin": "http://evil.example"}},
        {"base_url": HERE, "headers": {"Sec-Fetch-Site": "cross-site"}},
    ]
    for given in foreign:
        answer = TestClient(service, **given).post(f"{API}/inspect", content=b"x")
        assert answer.status_code == 403, given
        assert "api_keys" in answer.json()["error"]["message"]
    behind = create_service(Application(Settings(store=tmp_path / "store", encoder="tiny")), any_host=True)
    assert TestClient(behind, base_url="http://plant.example").get("/healthz").status_code == 200
    assert TestClient(behind, **foreign[1]).get("/healthz").status_code == 403
    check_address("127.0.0.1", keys=False, without_keys=False)
    check_address("0.0.0.0", keys=True, without_keys=False)
    check_address("0.0.0.0", keys=False, without_keys=True)
    with pytest.raises(ConfigError, match="api_keys"):
        check_address("0.0.0.0", keys=False, without_keys=False)


def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path) -> None:
    settings = Settings(store=tmp_path / "store", encoder="tiny", requests_per_minute=3)
    client = TestClient(create_service(Application(settings)), base_url=HERE)
    answers = [client.get(f"{API}/jobs") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert client.get("/healthz").status_code == 200


def test_the_rate_fills_again() -> None:
    now = 0.0
    rate = Rate(2, clock=lambda: now)
    rate.check("a")
    rate.check("a")
    with pytest.raises(HTTPException) as refused:
        rate.check("a")
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "30"})
    rate.check("b")
    now = 30.0
    rate.check("a")


def test_services_that_share_a_rate_take_from_one_bucket(tmp_path: Path) -> None:
    first, second = Rate(2, shared=tmp_path), Rate(2, shared=tmp_path)
    first.check("a")
    second.check("a")
    for rate in (first, second):
        with pytest.raises(HTTPException):
            rate.check("a")
    second.check("b")


def test_a_full_queue_refuses_and_frees_its_places() -> None:
    queue, caller = Queue(1, 1), Caller("kim", "operator")

    async def work() -> None:
        queue.enter()
        with pytest.raises(HTTPException) as refused:
            await queue.run(caller, lambda: None)
        assert refused.value.status_code == 429
        assert int((refused.value.headers or {})["Retry-After"]) >= 1
        queue.leave(0.1)
        assert await queue.run(caller, lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await queue.run(caller, lambda: 1 / 0)
        assert queue.length == 0

    asyncio.run(work())


def test_keys_are_read_from_text_and_never_shown() -> None:
    settings = Settings(api_keys=KEYS)  # type: ignore[arg-type]
    assert settings.api_keys is not None
    assert [(key.role, key.name) for key in settings.api_keys] == [
        ("viewer", "screen"), ("operator", "kim"), ("admin", "root")
    ]  # fmt: skip
    assert "secret" not in repr(settings).replace("secret=", "")
    for text in (
        "boss:kim:kims-secret",
        "admin::kims-secret",
        "admin:kim:short",
        "admin:a:same-one!,viewer:b:same-one!",
    ):
        with pytest.raises(ValueError, match=r"ROLE:NAME:SECRET|same secret") as error:
            Settings(api_keys=text)  # type: ignore[arg-type]
        assert "kims-secret" not in str(error.value.errors(include_input=False))  # type: ignore[attr-defined]


def test_as_many_requests_compute_as_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    assert working(Settings()) == 2
    assert working(Settings(llm_url="http://localhost:8000/v1")) == 4
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(32)))
    assert working(Settings()) == 4
