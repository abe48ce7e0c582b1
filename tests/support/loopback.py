"""A real HTTP server on loopback for tests: it replies as told, well or badly, and notes what was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]

MODELS = {"object": "list", "data": [{"id": "first", "object": "model", "max_model_len": 512}]}


@dataclass
class Loopback:
    """url: up to /v1. asked: each POST, with its path and key. replies: taken in order, the last one kept."""

    url: str
    replies: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)


def say(status: int, body: object, **headers: str) -> Reply:
    """Reply with a status and a JSON body, or bytes as they are."""

    def reply(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def events(*chunks: dict[str, Any], end: bool = True) -> Reply:
    """Reply with an event stream, with its closing mark or broken off."""

    def reply(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        if end:
            handler.wfile.write(b"data: [DONE]\n\n")
        handler.close_connection = True

    return reply


def drip(handler: BaseHTTPRequestHandler, _request: dict[str, Any], status: int = 200) -> None:
    """Send a byte now and then, never to an end."""
    handler.send_response(status)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_an_error(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Say that it failed, and why a byte at a time, never to an end."""
    drip(handler, request, status=500)


def sleep(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
    """Say nothing for longer than any test waits."""
    time.sleep(5)
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
    """Close the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@contextmanager
def loopback(*replies: Reply, models: object = MODELS, port: int = 0) -> Iterator[Loopback]:
    """Serve: GET gives `models`, each POST the next reply."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            say(200, models)(self, {})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request |= {"path": self.path, "authorization": self.headers["Authorization"]}
            with lock:
                found.asked.append(request)
                reply = found.replies.pop(0) if len(found.replies) > 1 else found.replies[0]
            # A client that has given up closes the connection.
            try:
                reply(self, request)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            """Say nothing: connections are broken on purpose."""

    server = Server(("127.0.0.1", port), Handler)
    found = Loopback(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
