"""Traces of the service, as a collector receives them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from plates import part

from agents.app import Application
from agents.interfaces.service import create_service
from agents.settings import Settings

API = "/api/v1"
CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A receiver of OTLP over HTTP: its address, and what came."""
    came: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            came.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_request_and_its_steps_are_one_trace(tmp_path: Path) -> None:
    with collector() as (address, came):
        settings = Settings(
            store=tmp_path / "store", encoder="tiny", text_encoder="tiny", input_size=96, traces=address
        )
        with Application(settings) as app:
            app.enroll("plate", [part(tmp_path / f"{i}.png", i) for i in range(4)])
            blot = part(tmp_path / "x.png", 9, blot=True).read_bytes()
            with TestClient(create_service(app), base_url="http://127.0.0.1:8080") as client:
                told = client.post(
                    f"{API}/inspect?name=a.png&product=plate",
                    content=blot,
                    headers={"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"},
                )
                assert told.status_code == 200
                assert client.get(f"{API}/products/none").status_code == 404
    spans = [span for one in came for of in one.resource_spans for by in of.scope_spans for span in by.spans]
    by_name = {span.name: span for span in spans}
    request = by_name["POST /inspect"]
    assert request.trace_id.hex() == CALLER
    attributes = {one.key: one.value for one in request.attributes}
    assert attributes["http.response.status_code"].int_value == 200
    missing = by_name["GET /products/{product}"]
    assert missing.trace_id != request.trace_id
    # The graph and its nodes lie within the request, one below another.
    within = [span for span in spans if span.trace_id == request.trace_id and span.span_id != request.span_id]
    ids = {span.span_id for span in spans}
    assert {span.parent_span_id for span in within} <= ids
    assert {"inspect", "open_image", "encode", "detect"} <= {span.name for span in within}
    for span in within:
        assert request.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano


@pytest.mark.slow
def test_a_collector_that_is_down_harms_no_request(tmp_path: Path) -> None:
    settings = Settings(
        store=tmp_path / "store", encoder="tiny", text_encoder="tiny", traces="http://127.0.0.1:9"
    )
    with (
        Application(settings) as app,
        TestClient(create_service(app), base_url="http://127.0.0.1:8080") as client,
    ):
        assert client.get("/healthz").status_code == 200
