"""A server of `iad serve` in a process of its own on loopback: started, called, measured."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlencode

API: Final = "/api/v1"
HOST: Final = "127.0.0.1"
START_S: Final = 180.0
"""How long a server may take to load its models, on a machine that has other work too."""


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Client:
    """One caller: one connection, kept open for a block, used by one thread."""

    def __init__(self, port: int, timeout_s: float = 120.0) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)

    def call(self, method: str, path: str, data: bytes | None = None, **query: object) -> Reply:
        """Send a request below /api/v1, data as the body. Raises OSError, HTTPException of http.client."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._sent(method, target, data, "application/octet-stream")

    def send(self, method: str, path: str, value: object) -> Reply:
        """Send JSON; see `call`."""
        return self._sent(method, path, json.dumps(value).encode(), "application/json")

    def upload(self, path: str, images: Sequence[bytes]) -> Reply:
        """Send images as files of a form; see `call`."""
        mark = secrets.token_hex(8)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="images"; filename="{n}.png"\r\n\r\n'.encode()
            + image
            for n, image in enumerate(images)
        ]
        body = b"\r\n".join([*parts, f"--{mark}--\r\n".encode()])
        return self._sent("POST", path, body, f"multipart/form-data; boundary={mark}")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _sent(self, method: str, target: str, data: bytes | None, kind: str) -> Reply:
        headers = {} if data is None else {"Content-Type": kind}
        self._connection.request(method, f"{API}/{target}", body=data, headers=headers)
        answer = self._connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, told, answer.read())


class Server:
    """`iad serve` on a store, ready when the block begins; ended at its end.

    log: file that its stderr is added to. station: whether it has the pages for people. settings: by name.
    """

    def __init__(self, store: Path, log: Path, *, station: bool = False, **settings: object) -> None:
        self._log = log
        self.port = free_port()
        pages = "--station" if station else "--no-station"
        command = [sys.executable, "-m", "agents", "serve", pages, "--port", str(self.port)]
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                [*command, "--store", str(store)],
                env=environment(settings),
                stdout=written,
                stderr=written,
            )

    def __enter__(self) -> Server:
        try:
            wait_until_ready(self.port, lambda: self._process.poll() is None)
        except RuntimeError as error:
            self.end()
            raise RuntimeError(f"{error}: {self.told()[-2000:]}") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """Let the process end, if it has not."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def memory_mb(self) -> float:
        """Return the process's resident size; Linux alone."""
        return resident_mb(self._process.pid)

    def cpu_s(self) -> float:
        """Return the processor seconds that the process has used; Linux alone."""
        fields = (
            Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def told(self) -> str:
        """Return what it wrote to stderr so far, its access log too."""
        return self._log.read_text(encoding="utf-8")


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Return the environment of a process with these settings, by name, and no other ones."""
    given = {f"IAD_{name.upper()}": str(value) for name, value in settings.items()}
    # NiceGUI serves no pages where it takes itself to be under test.
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("IAD_", "PYTEST_"))}
    return {**kept, **given}


def resident_mb(pid: int) -> float:
    """Return a process's resident size; Linux alone. Raises OSError, ValueError for one that has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kb,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kb) / 1000


def free_port() -> int:
    """Return a port of loopback that nobody listens to."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
    return port


def wait_until_ready(port: int, lives: Callable[[], bool]) -> None:
    """Wait until a server has loaded its models. Raises RuntimeError where it ends, or takes too long."""
    deadline = time.monotonic() + START_S
    while not _ready(port):
        if not lives() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.05)


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
