"""The service: the same records as the command line, each way to send an image, jobs, log, pictures."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from plates import part

from agents.app import Application
from agents.interfaces.service import create_service
from agents.settings import Settings

API = "/api/v1"
HERE = "http://127.0.0.1:8080"
CURL = "application/x-www-form-urlencoded"
"""What `curl --data-binary` says by itself."""
NOTES = "# Plate\n\n## Blot\nLook: a bright square.\nCause: paint that dripped.\nAction: wipe it off.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    (folder / "root").mkdir()
    part(folder / "root" / "named.png", 9, blot=True)
    part(folder / "outside.png", 9, blot=True)
    settings = Settings.from_environment(
        store=folder / "store",
        encoder="tiny",
        text_encoder="tiny",
        input_size=96,
        image_root=folder / "root",
        upload_mb=4,
    )
    with Application(settings) as app:
        app.enroll("plate", [part(folder / f"{i}.png", i) for i in range(4)])
        with TestClient(create_service(app), base_url=HERE) as opened:
            yield opened


@pytest.fixture
def blot(tmp_path: Path) -> bytes:
    return part(tmp_path / "x.png", 9, blot=True).read_bytes()


def inspected(client: TestClient, data: bytes, name: str = "blot.png") -> dict[str, Any]:
    answer = client.post(f"{API}/inspect", params={"name": name, "product": "plate"}, content=data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while job["status"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        job = client.get(f"{API}/jobs/{job['id']}").json()
    return job


def test_an_upload_is_inspected_under_its_own_name(client: TestClient, blot: bytes) -> None:
    record = inspected(client, blot, "../../etc/blot.png")
    assert record["image"] == "blot.png"
    assert record["anomalous"] is True
    assert record["regions"][0]["cell"] in ("top", "top right", "center", "right")


def test_each_way_to_send_an_image_gives_the_same_verdict(client: TestClient, blot: bytes) -> None:
    first = inspected(client, blot)
    url, asked = f"{API}/inspect", {"product": "plate"}
    text = base64.b64encode(blot).decode()
    answers = [
        client.post(url, params=asked, content=blot, headers={"Content-Type": "image/png"}),
        client.post(url, params=asked, content=blot, headers={"Content-Type": CURL}),
        client.post(url, data=asked, files={"image": ("line/a.png", blot, "image/png")}),
        client.post(url, json={**asked, "image_base64": text, "name": "a.png"}),
        client.post(url, json={**asked, "image_base64": f"data:image/png;base64,{text}"}),
        client.post(url, json={**asked, "path": "named.png"}),
        client.post(url, json={**asked, "sha256": first["sha256"]}),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert [answer.json()[key] for key in ("sha256", "p_value")] == [first["sha256"], first["p_value"]]
    assert [answer.json()["image"] for answer in answers[2:4]] == ["a.png", "a.png"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"json": {"image_base64": "no base64!"}}, "no base64"),
        ({"json": {"image_base64": "aGk=", "path": "named.png"}}, "send one of them"),
        ({"json": {"product": "plate"}}, "send the image as the body"),
        ({"json": ["named.png"]}, "no object"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "no JSON"),
        ({"content": b"\x89PNG\r\n", "headers": {"Content-Type": "application/json"}}, "say image/png"),
        ({"data": {"image": "part.png"}, "files": {"other": ("", b"")}}, "file"),
        ({"files": {"image": ("part.png", b"")}}, "is empty"),
    ],
)
def test_an_image_that_is_sent_wrongly_is_told_how(client: TestClient, sent: Any, told: str) -> None:
    answer = client.post(f"{API}/inspect", **sent)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


def test_no_path_leads_out_of_the_folder(client: TestClient, folder: Path) -> None:
    (folder / "root" / "link.png").unlink(missing_ok=True)
    (folder / "root" / "link.png").symlink_to(folder / "outside.png")
    for path in ("../outside.png", str(folder / "outside.png"), "link.png", "/etc/passwd", "a\0b"):
        answer = client.post(f"{API}/inspect", json={"path": path})
        assert answer.status_code == 400, path
    for sha256 in ("../../outside.png", "a" * 63, "A" * 64):
        assert client.post(f"{API}/inspect", json={"sha256": sha256}).status_code == 422
    for path in ("..%2f..%2foutside.png/image", f"{'a' * 64}/../../x"):
        assert client.get(f"{API}/images/{path}").status_code in (404, 422)


NASTY = (
    "",
    "\0",
    "\ud800",
    "..",
    "a/../b",
    "x" * 5000,
    "'; DROP TABLE rows; --",
    "%s%n",
    "{0.__class__}",
    "\u202e",
)


@pytest.mark.parametrize("text", NASTY)
def test_bad_input_is_never_an_error_of_the_server(client: TestClient, blot: bytes, text: str) -> None:
    sent = base64.b64encode(blot).decode()
    for body in (
        *({key: text} for key in ("image_base64", "path", "sha256", "name")),
        {"image_base64": sent, "product": text},
        {"image_base64": sent, "name": text, "product": "plate"},
        {"question": text},
        {"question": "ok?", "image_base64": sent, "thread": text, "product": "plate"},
        {"verdict": text, "image_base64": sent},
        {
            "verdict": "anomalous",
            "image_base64": sent,
            "product": "plate",
            "defect_type": text,
            "preview": True,
        },
    ):
        # ASCII, so that what is no text in UTF-8 arrives too.
        data = json.dumps(body).encode()
        for route in ("inspect", "ask", "corrections"):
            answer = client.post(f"{API}/{route}", content=data, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500, (route, body, answer.text)
    if text.isascii():
        form = {"mm_per_px": text or "nan", "keep_all": text}
        answer = client.post(f"{API}/products/z/enrollment", data=form, files={"images": ("g.png", blot)})
        assert answer.status_code == 422, answer.text
        for query in ({"product": text}, {"lot": text}, {"since": text}, {"text": text}, {"side": text}):
            for path in ("log", "log/summary", "review", "catalogue/search", f"images/{'0' * 64}/image"):
                assert client.get(f"{API}/{path}", params=query).status_code < 500, (path, query)


def test_a_question_is_answered_in_its_thread(client: TestClient, blot: bytes) -> None:
    asked = {"question": "Is there an anomaly?", "product": "plate", "thread": "shift-1"}
    answer = client.post(f"{API}/ask", params=asked, content=blot)
    assert answer.status_code == 200
    assert answer.json()["answer"].startswith("Yes")
    assert answer.json()["thread"] == "shift-1"
    assert "shift-1" in client.get(f"{API}/threads").json()
    (turn,) = client.get(f"{API}/threads/shift-1").json()
    assert turn["question"] == "Is there an anomaly?"
    assert client.delete(f"{API}/threads/shift-1").status_code == 204
    assert client.delete(f"{API}/threads/shift-1").status_code == 409


def test_a_question_about_what_was_inspected_is_no_other_inspection(client: TestClient, blot: bytes) -> None:
    sha256 = inspected(client, blot)["sha256"]
    before = client.get(f"{API}/log/summary").json()["inspections"]
    asked = {"question": "Where is it?", "sha256": sha256, "product": "plate"}
    assert client.post(f"{API}/ask", json=asked).json()["anomalous"] is True
    assert client.post(f"{API}/reports", json={"images": [sha256], "format": "csv"}).status_code == 200
    assert client.get(f"{API}/log/summary").json()["inspections"] == before
    assert client.post(f"{API}/inspect", json={"sha256": sha256, "product": "plate"}).status_code == 200
    assert client.get(f"{API}/log/summary").json()["inspections"] == before + 1


def test_an_answer_comes_by_steps(client: TestClient, blot: bytes) -> None:
    asked = {"question": "Where is it?", "product": "plate", "stream": True}
    answer = client.post(f"{API}/ask", params=asked, content=blot)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    kinds = [lines[0].removeprefix("event: ") for lines in events]
    assert kinds[0] == "step"
    assert kinds[-1] == "answer"
    assert json.loads(events[-1][1].removeprefix("data: "))["anomalous"] is True
    answer = client.post(f"{API}/ask", params=asked, content=b"no image")
    assert answer.text.startswith("event: error\n")
    assert "UnreadableImage" in answer.text


def test_a_question_without_an_image_is_about_catalogue_or_log(client: TestClient, blot: bytes) -> None:
    inspected(client, blot)
    answer = client.post(f"{API}/ask", json={"question": "How many parts failed today?"})
    assert answer.status_code == 200
    assert "fail" in answer.json()["answer"]
    assert client.post(f"{API}/ask", content=b"x").status_code == 422


def test_errors_name_the_upload_and_no_path_of_the_server(client: TestClient, folder: Path) -> None:
    answer = client.post(
        f"{API}/inspect", params={"name": "torn.png", "product": "plate"}, content=b"no image"
    )
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "UnreadableImage"
    assert "torn.png" in error["message"]
    assert answer.json()["image"] == "torn.png"
    assert str(folder) not in answer.text
    assert client.post(f"{API}/inspect").status_code == 400
    answer = client.post(f"{API}/inspect", params={"product": "none"}, content=part_bytes())
    assert answer.status_code == 404
    assert str(folder) not in answer.text
    assert client.get(f"{API}/nothing").json()["error"]["kind"] == "NotFound"
    assert client.get(f"{API}/log?limit=x").json()["error"]["kind"] == "InvalidRequest"


def part_bytes() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (96, 96), (110, 110, 110)).save(written, format="PNG")
    return written.getvalue()


def test_an_image_bomb_and_a_body_that_is_too_large_are_refused(client: TestClient) -> None:
    written = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(written, format="PNG")
    assert len(written.getvalue()) < 4_000_000
    answer = client.post(f"{API}/inspect", content=written.getvalue())
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "UnreadableImage"
    assert client.post(f"{API}/inspect", content=b"x" * 5_000_000).status_code == 413
    # A body in pieces, whose length nobody states.
    answer = client.post(f"{API}/inspect", content=(b"x" * 100_000 for _ in range(60)))
    assert answer.status_code == 413
    form = client.post(f"{API}/inspect", files={"image": ("a.png", b"x" * 5_000_000)})
    assert form.status_code == 413


def test_health_and_products(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert "plate" in [product["name"] for product in client.get(f"{API}/products").json()]
    details = client.get(f"{API}/products/plate").json()
    assert (details["alpha"], details["review"], details["zones"]) == (0.05, 0.2, [])


def test_it_says_when_its_models_are_loaded(client: TestClient, blot: bytes) -> None:
    deadline = time.monotonic() + 60
    while (answer := client.get("/readyz")).status_code == 503:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    assert answer.json() == {"ready": True, "message": "ready"}
    inspected(client, blot)
    text = client.get("/metrics").text
    assert 'iad_inspections_total{decision="fail",product="plate"}' in text
    assert '/inspect",status="200"' in text
    assert "iad_ready 1.0" in text


def test_enrolment_is_a_job_with_a_forecast(client: TestClient, tmp_path: Path) -> None:
    paths = [part(tmp_path / f"{seed}.png", seed) for seed in range(20, 24)]
    files = [("images", (f"good-{seed}.png", path.read_bytes())) for seed, path in enumerate(paths)]
    files.append(("images", ("torn.png", b"no image")))
    answer = client.post(f"{API}/products/other/enrollment", files=files, data={"mm_per_px": "0.1"})
    assert answer.status_code == 202
    job = finished(client, answer.json())
    assert (job["status"], job["error"]) == ("done", None)
    assert job["total"] > 0
    assert job["result"]["templates"] == 4
    assert job["result"]["forecast"]
    assert [one["image"] for one in job["result"]["skipped"]] == ["torn.png"]
    assert client.get(f"{API}/products/other").json()["mm_per_px"] == 0.1
    further = part(tmp_path / "24.png", 24).read_bytes()
    answer = client.post(f"{API}/products/other/calibration", files={"images": ("24.png", further)})
    assert finished(client, answer.json())["status"] in ("done", "failed")
    failed = finished(
        client, client.post(f"{API}/products/x/enrollment", files={"images": ("t.png", b"no")}).json()
    )
    assert failed["error"]["kind"] == "NoImages"
    for name in ("a%2Fb", "..%5Cx", "%20"):
        assert client.post(f"{API}/products/{name}/enrollment", files=files).status_code in (404, 422), name
    assert client.post(f"{API}/products/y/enrollment", data={"a": "b"}).status_code == 400
    assert client.get(f"{API}/jobs/none").status_code == 422


def test_zones_and_rates(client: TestClient) -> None:
    zone = {"name": "rim", "box": [0, 0, 40, 20]}
    assert client.post(f"{API}/products/plate/zones", json=zone).json()["accepted"] is True
    assert [one["name"] for one in client.get(f"{API}/products/plate").json()["zones"]] == ["rim"]
    assert (
        client.post(f"{API}/products/plate/zones", json={**zone, "box": [500, 500, 600, 600]}).status_code
        == 422
    )
    assert client.delete(f"{API}/products/plate/zones/rim").json()["accepted"] is True
    assert client.delete(f"{API}/products/plate/zones/rim").status_code == 422
    rates = {"alpha": 0.02, "review": 0.1}
    assert client.put(f"{API}/products/plate/rates", json=rates).json() == {**rates, "warnings": []}
    assert client.get(f"{API}/products/plate").json()["alpha"] == 0.02
    assert client.put(f"{API}/products/plate/rates", json={"alpha": 0.2, "review": 0.1}).status_code == 422
    client.put(f"{API}/products/plate/rates", json={"alpha": 0.05, "review": 0.2})


def test_the_scale_is_set_and_logged(client: TestClient) -> None:
    scale = {"mm_per_px": 0.052}
    assert client.put(f"{API}/products/plate/scale", json=scale).json() == {**scale, "warnings": []}
    assert client.get(f"{API}/products/plate").json()["mm_per_px"] == 0.052
    assert client.get(f"{API}/log/changes").json()[0]["note"] == "scale set to 0.052 mm a pixel"
    for wrong in (0, -1, "1e999", None):
        answer = client.put(f"{API}/products/plate/scale", json={"mm_per_px": wrong})
        assert answer.status_code == 422, wrong
    assert client.put(f"{API}/products/none/scale", json=scale).status_code == 404


def test_pictures(client: TestClient, blot: bytes) -> None:
    sha256 = inspected(client, blot)["sha256"]
    for kind in ("image", "heatmap", "overlay", "mask", "template", "registered"):
        answer = client.get(f"{API}/images/{sha256}/{kind}")
        assert answer.status_code == 200, answer.text
        shown = Image.open(io.BytesIO(answer.content))
        assert shown.size == (96, 96)
    assert shown.getpixel((62, 32))[0] < 200  # type: ignore[index]
    mask = Image.open(io.BytesIO(client.get(f"{API}/images/{sha256}/mask").content))
    assert (mask.getpixel((62, 32)), mask.getpixel((5, 90))) == (255, 0)
    assert client.get(f"{API}/images/{sha256}/other").status_code == 422
    assert client.get(f"{API}/images/{'0' * 64}/image").status_code == 422
    small = Image.open(io.BytesIO(client.get(f"{API}/images/{sha256}/heatmap?side=48").content))
    assert small.size == (48, 48)


def test_a_correction_is_shown_before_it_counts_and_undone(client: TestClient, tmp_path: Path) -> None:
    data = part(tmp_path / "y.png", 31, blot=True).read_bytes()
    sha256 = inspected(client, data, "y.png")["sha256"]
    said = {"sha256": sha256, "verdict": "good", "note": "a reflection", "against": 3}
    shown = client.post(f"{API}/corrections", json={**said, "preview": True}).json()
    assert shown["accepted"] is False
    assert client.get(f"{API}/corrections").json() == []
    done = client.post(f"{API}/corrections", json={**said, "accept_flips": True}).json()
    assert done["accepted"] is True
    assert done["flips"] == shown["flips"]
    (held,) = client.get(f"{API}/corrections").json()
    assert (held["image"], held["verdict"], held["learned"]) == ("y.png", "good", "template")
    undone = client.delete(f"{API}/corrections/{held['id']}").json()
    assert undone["correction"]["undone_at"]
    assert client.delete(f"{API}/corrections/{held['id']}").status_code == 422
    assert client.post(f"{API}/corrections", json={"sha256": sha256, "verdict": "so so"}).status_code == 422


def png(size: tuple[int, int], box: tuple[int, int, int, int] | None = None, form: str = "PNG") -> str:
    mask = Image.new("L", size)
    if box is not None:
        mask.paste(255, box)
    written = io.BytesIO()
    mask.save(written, form)
    return base64.b64encode(written.getvalue()).decode()


@pytest.mark.parametrize("sent", ["json", "form"])
def test_a_defect_is_marked_by_a_mask(client: TestClient, tmp_path: Path, sent: str) -> None:
    data = part(tmp_path / "m.png", 33, blot=True).read_bytes()
    said = {"verdict": "anomalous", "defect_type": "blot", "mask_base64": png((96, 96), (50, 20, 74, 44))}
    if sent == "json":
        sha256 = inspected(client, data, "m.png")["sha256"]
        answer = client.post(f"{API}/corrections", json={"sha256": sha256, **said})
    else:
        given = {**said, "product": "plate"}
        answer = client.post(f"{API}/corrections", data=given, files={"image": ("m.png", data)})
    assert answer.status_code == 200, answer.text
    correction = answer.json()["correction"]
    assert (correction["masked"], correction["learned"]) == (True, "example")
    client.delete(f"{API}/corrections/{correction['id']}")


BOMB = base64.b64decode(png((16, 16))).replace(
    b"\0\0\0\x10\0\0\0\x10", b"\0\1\x86\xa0\0\1\x86\xa0"
)  # 100,000 pixels a side


@pytest.mark.parametrize(
    ("mask", "status", "told"),
    [
        ("!", 400, "mask_base64 is no base64"),
        ("", 400, "mask_base64 is empty"),
        (png((96, 96), (0, 0, 9, 9), "JPEG"), 400, "save the mask as PNG"),
        (png((95, 96), (0, 0, 9, 9)), 422, "the mask is 95 x 96, the image 96 x 96"),
        (png((96, 96)), 422, "the mask marks no pixel"),
        (png((96, 96), (0, 0, 9, 9))[:80], 422, "the mask: truncated or damaged"),
        (base64.b64encode(BOMB).decode(), 422, "the mask: "),
        (5, 422, "mask_base64"),
    ],
)
def test_a_mask_that_is_none_is_told(
    client: TestClient, blot: bytes, mask: object, status: int, told: str
) -> None:
    said = {"sha256": inspected(client, blot)["sha256"], "verdict": "anomalous", "mask_base64": mask}
    answer = client.post(f"{API}/corrections", json={**said, "defect_type": "blot"})
    assert (answer.status_code, told in answer.json()["error"]["message"]) == (status, True), answer.text
    # The image itself is still there.
    assert client.get(f"{API}/images/{said['sha256']}/image").status_code == 200


def test_one_region_is_normal(client: TestClient, tmp_path: Path) -> None:
    pixels = np.asarray(Image.open(part(tmp_path / "two.png", 34, blot=True))).copy()
    pixels[70:90, 8:28] = 250
    Image.fromarray(pixels).save(tmp_path / "two.png")
    record = inspected(client, (tmp_path / "two.png").read_bytes(), "two.png")
    said = {"sha256": record["sha256"], "verdict": "good", "region": len(record["regions"])}
    shown = client.post(f"{API}/corrections", json={**said, "preview": True}).json()
    assert (shown["accepted"], shown["correction"]["learned"]) == (False, "zone")
    done = client.post(f"{API}/corrections", json={**said, "accept_flips": True}).json()
    assert (done["accepted"], done["correction"]["verdict"]) == (True, "anomalous")
    client.delete(f"{API}/corrections/{done['correction']['id']}")
    for wrong, told in (
        ({"region": 9}, "there is no region 9 on two.png"),
        ({"region": 0}, "greater than or equal to 1"),
        ({"verdict": "anomalous"}, "only a region that is normal"),
        ({"mask_base64": png((96, 96), (0, 0, 9, 9))}, "a good part has no defect type and no mask"),
    ):
        answer = client.post(f"{API}/corrections", json={**said, **wrong})
        assert (answer.status_code, told in answer.text) == (422, True), answer.text


def test_the_log_and_what_waits(client: TestClient, blot: bytes) -> None:
    inspected(client, blot, "=cmd()")
    rows = client.get(f"{API}/log", params={"since": "today", "product": "plate", "limit": 5}).json()
    assert rows[0]["name"] == "=cmd()"
    summary = client.get(f"{API}/log/summary").json()
    assert summary["inspections"] >= len(rows) and summary["count"] <= summary["inspections"]
    assert summary["defect_types"]
    text = client.get(f"{API}/log/export").text
    assert text.startswith("number,at,name,")
    assert "'=cmd()" in text
    assert client.get(f"{API}/log/check").json()["rows"] >= summary["inspections"]
    assert client.get(f"{API}/log?since=gibberish").status_code == 422
    assert isinstance(client.get(f"{API}/review").json(), list)


def test_the_catalogue(client: TestClient) -> None:
    added = client.post(
        f"{API}/catalogue", params={"product": "plate"}, files={"file": ("n.md", NOTES.encode())}
    )
    assert added.json()["entries"] == 1, added.text
    more = f"{NOTES}\n## Dent\nCause: a fall.\n".encode()
    client.post(f"{API}/catalogue", params={"product": "plate"}, files={"file": ("n.md", more)})
    assert [one["source"] for one in client.get(f"{API}/catalogue").json()] == ["n.md"]
    assert len(client.get(f"{API}/catalogue/products/plate").json()) == 2
    client.post(f"{API}/catalogue", params={"product": "plate"}, files={"file": ("n.md", NOTES.encode())})
    (entry,) = client.get(f"{API}/catalogue/products/plate").json()
    assert (entry["type"].lower(), entry["action"]) == ("blot", "wipe it off.")
    found = client.get(f"{API}/catalogue/search", params={"text": "paint"}).json()
    assert found[0]["defect"].lower() == "blot"
    assert client.get(f"{API}/catalogue/products/none").status_code == 404
    assert client.delete(f"{API}/catalogue/n.md").json()["passages"] >= 1
    assert client.delete(f"{API}/catalogue/n.md").status_code == 422


def test_a_report_on_what_was_inspected(client: TestClient, blot: bytes) -> None:
    sha256 = inspected(client, blot)["sha256"]
    answer = client.post(f"{API}/reports", json={"images": [sha256], "format": "html"})
    assert answer.status_code == 200
    assert "blot.png" in answer.text or "named.png" in answer.text
    assert "data:image/jpeg" in answer.text
    given = {"images": [sha256], "language": "ja"}
    assert "<h1>検査報告書</h1>" in client.post(f"{API}/reports", json=given).text
    assert client.post(f"{API}/reports", json={"images": ["x"]}).status_code == 422
    assert client.post(f"{API}/reports", json={"images": ["0" * 64]}).status_code == 422


def test_a_report_on_the_log_inspects_nothing_anew(client: TestClient, blot: bytes) -> None:
    inspected(client, blot)
    before = client.get(f"{API}/log").json()
    answer = client.get(f"{API}/log/report", params={"decision": "fail", "title": "Night shift"})
    assert answer.status_code == 200
    assert "Night shift" in answer.text and "data:image/jpeg" in answer.text
    assert client.get(f"{API}/log").json() == before
    whole, failed = (
        client.get(f"{API}/log/report", params={"format": "json", **more}).json()
        for more in ({}, {"decision": "fail"})
    )
    assert whole["counts"]["fail"] == failed["counts"]["fail"] > 0
    assert failed["counts"]["pass"] == 0
    assert client.get(f"{API}/log/report", params={"format": "xlsx"}).content[:2] == b"PK"
    assert client.get(f"{API}/log/report", params={"format": "exe"}).status_code == 422
    assert '<html lang="ko">' in client.get(f"{API}/log/report", params={"language": "ko"}).text
    assert client.get(f"{API}/log/report", params={"language": "xx"}).status_code == 422


def test_the_page_of_the_api_needs_no_other_server(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "/api/v1/inspect" in page.text
    assert "<script" not in page.text
    assert "src=" not in page.text
    described = client.get("/openapi.json").json()["paths"]["/api/v1/corrections"]["post"]
    json_body = described["requestBody"]["content"]["application/json"]
    assert json_body["examples"]["normal_region"]["value"]["region"] == 2
    assert "PNG" in json_body["schema"]["properties"]["mask_base64"]["description"]
    described = client.get("/openapi.json").json()["paths"]["/api/v1/inspect"]["post"]
    assert {"image/*", "multipart/form-data", "application/json"} == set(described["requestBody"]["content"])


def test_a_missing_store_is_an_answer(tmp_path: Path) -> None:
    settings = Settings.from_environment(store=tmp_path / "none", encoder="tiny")
    client = TestClient(create_service(Application(settings)), base_url=HERE)
    answer = client.get(f"{API}/products")
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "StoreMissing"
    for method, path in (("get", "products/x"), ("get", "corrections"), ("get", "catalogue")):
        assert client.request(method, f"{API}/{path}").json()["error"]["kind"] == "StoreMissing", path
