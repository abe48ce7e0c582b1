"""Load a real `iad serve` on loopback with clients that inspect and ask, each of which must get its answer.

    python benchmarks/service.py [--seconds 60] [--clients 64] [--requests 10000] [--encoder tiny|NAME]

The clients send painted plates of two products, each request an image file of its own (equal pixels, another
hash), by turns to `/inspect` and `/ask`. The same requests are first sent one at a time, for as long. Each
answer must name the image, the hash, the product and the question that were sent, with the p-value that the
image got alone. A burst of more requests than `queue_length` must be answered, or refused with Retry-After.
At last so many requests are sent by four of the clients, and the server's memory is read every 500.
`cpu_ms`: processor time of the server for a request.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from harness import parser, write
from PIL import Image
from served import Client, Reply, Server

from agents.app import Application
from agents.settings import Settings

PRODUCTS: Final = ("plate", "washer")
QUESTIONS: Final = ("Is there an anomaly?", "Where is it?")
SIDE: Final = 96
"""Side of the images in pixels."""
EVERY: Final = 500
"""Requests between two looks at the memory."""
WATCHED: Final = 4
"""Clients that send them."""
P_TOLERANCE: Final = 1e-4
"""Difference of p-values of equal pixels: a batch of another size adds floats in another order."""


@dataclass
class Load:
    """What clients met. seconds: of the whole. cpu_s: of the server's processors. wrong: answers that are
    not those of their request.
    """

    seconds: float = 0.0
    cpu_s: float = 0.0
    ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return requests, requests a second, percentiles of the time of one, its processor time."""
        p50, p99 = np.percentile(self.ms, [50, 99])
        return {
            "requests": len(self.ms),
            "per_second": len(self.ms) / self.seconds,
            "p50_ms": float(p50),
            "p99_ms": float(p99),
            "cpu_ms": 1000 * self.cpu_s / len(self.ms),
        }


class Caller:
    """A client with a part of its own, which sends it again and again, each time as another file."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._product = PRODUCTS[number % len(PRODUCTS)]
        self._png = painted(self._product, 100 + number, blot=number % 4 > 1)
        self._sent = 0
        self._p_value: float | None = None

    def turn(self, client: Client) -> str | None:
        """Send the next request; return what is wrong with its answer."""
        self._sent += 1
        name = f"client-{self._number}-{self._sent}.png"
        data = marked(self._png, name)
        asked = {"name": name, "product": self._product}
        question = None
        if self._sent % 2 == 0:
            question = QUESTIONS[self._sent // 2 % len(QUESTIONS)]
            reply = client.call("POST", "ask", data, question=question, **asked)
        else:
            reply = client.call("POST", "inspect", data, **asked)
        return self._wrong(reply, name, hashlib.sha256(data).hexdigest(), question)

    def _wrong(self, reply: Reply, name: str, sha256: str, question: str | None) -> str | None:
        if reply.status != 200:
            return f"{name}: {reply.status} {reply.body[:300]!r}"
        record = reply.json()
        told = (record["image"], record["sha256"], record["product"]["name"], record.get("question"))
        sent = (name, sha256, self._product, question)
        if told != sent:
            return f"answered {told}, sent {sent}"
        if self._p_value is None:
            self._p_value = record["p_value"]
        if abs(record["p_value"] - self._p_value) > P_TOLERANCE:
            return f"{name}: p-value {record['p_value']}, {self._p_value} before"
        return None


def main() -> None:
    options = parser(__doc__, out="service.json")
    options.add_argument("--seconds", type=float, default=60.0, help="of each part, alone and together")
    options.add_argument("--clients", type=int, default=64)
    options.add_argument("--requests", type=int, default=10_000, help="while the memory is watched")
    options.add_argument("--encoder", default="tiny", help="tiny, or an encoder with real weights")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), given.encoder, given.clients, given.seconds, given.requests)
    print(json.dumps(result, indent=1))
    write(given, result)


def measure(folder: Path, encoder: str, clients: int, seconds: float, requests: int) -> dict[str, Any]:
    """Return the figures of a server on a new store in a folder; `wrong` lists what went wrong."""
    settings: dict[str, Any] = {"encoder": encoder, "prompt_llm": "none"}
    if encoder == "tiny":
        settings |= {"text_encoder": "tiny", "input_size": SIDE}
    enroll(Settings(store=folder / "store", **settings))
    callers = [Caller(number) for number in range(clients)]
    with Server(folder / "store", folder / "log", queue_length=clients, **settings) as server:
        warm = in_turn(server, callers, 0.0, least=2 * clients)
        alone = in_turn(server, callers, seconds)
        load = together(server, callers, seconds)
        statuses = burst(server, 3 * clients)
        watched, memory = Load(), []
        for number in range(requests // EVERY):
            many(server, callers[:WATCHED], EVERY // WATCHED, watched)
            memory.append(server.memory_mb())
            print(f"{EVERY * (number + 1)} requests: {memory[-1]:.0f} MB", file=sys.stderr, flush=True)
    return {
        "clients": clients,
        "alone": alone.figures(),
        "together": load.figures(),
        "speedup": load.figures()["per_second"] / alone.figures()["per_second"],
        "memory_mb": memory,
        "burst": dict(statuses),
        "wrong": [*warm.wrong, *alone.wrong, *load.wrong, *watched.wrong],
    }


def enroll(settings: Settings) -> None:
    """Learn the products from painted good parts."""
    folder = settings.store.parent
    with Application(settings) as app:
        for product in PRODUCTS:
            good = [folder / f"{product}-{seed}.png" for seed in range(4)]
            for seed, path in enumerate(good):
                path.write_bytes(painted(product, seed))
            app.enroll(product, good)


def in_turn(server: Server, callers: Sequence[Caller], seconds: float, *, least: int = 1) -> Load:
    """Send one request at a time, the callers in turn, at least so many."""
    load, number, start, used = Load(), 0, time.perf_counter(), server.cpu_s()
    with Client(server.port) as client:
        while number < least or time.perf_counter() - start < seconds:
            _timed(callers[number % len(callers)], client, load)
            number += 1
    load.seconds, load.cpu_s = time.perf_counter() - start, server.cpu_s() - used
    return load


def together(server: Server, callers: Sequence[Caller], seconds: float) -> Load:
    """Send the requests of all callers at once, each caller its next as soon as it has an answer."""
    load, start, used = Load(), time.perf_counter(), server.cpu_s()

    def work(caller: Caller) -> None:
        with Client(server.port) as client:
            while time.perf_counter() - start < seconds:
                _timed(caller, client, load)

    with ThreadPoolExecutor(len(callers)) as pool:
        list(pool.map(work, callers))
    load.seconds, load.cpu_s = time.perf_counter() - start, server.cpu_s() - used
    return load


def many(server: Server, callers: Sequence[Caller], count: int, load: Load) -> None:
    """Send so many requests of each caller, all callers at once."""

    def work(caller: Caller) -> None:
        with Client(server.port) as client:
            for _ in range(count):
                _timed(caller, client, load)

    with ThreadPoolExecutor(len(callers)) as pool:
        list(pool.map(work, callers))


def _timed(caller: Caller, client: Client, load: Load) -> None:
    begun = time.perf_counter()
    wrong = caller.turn(client)
    load.ms.append(1000 * (time.perf_counter() - begun))
    if wrong is not None:
        load.wrong.append(wrong)


def burst(server: Server, count: int) -> Counter[str]:
    """Send requests at the same moment; count the answers by status, 429 without Retry-After apart."""
    ready = threading.Barrier(count)

    def one(number: int) -> str:
        data = marked(painted(PRODUCTS[0], number), f"burst-{number}")
        ready.wait()
        with Client(server.port) as client:
            reply = client.call("POST", "inspect", data, product=PRODUCTS[0])
        told = reply.headers.get("retry-after", "")
        refused = reply.status == 429 and not (told.isdigit() and int(told) >= 1)
        return f"{reply.status} without Retry-After" if refused else str(reply.status)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(one, range(count)))


def painted(product: str, seed: int, *, blot: bool = False) -> bytes:
    """Return a PNG of a plate, or of a washer, as bright as the seed says."""
    pixels = np.random.default_rng(0).integers(90, 130, (SIDE, SIDE, 3))
    if product == PRODUCTS[1]:
        rows, columns = np.indices((SIDE, SIDE)) - SIDE // 2
        pixels[np.hypot(rows, columns) < SIDE // 4] += 90
    pixels = pixels + np.random.default_rng(seed).integers(-4, 5)
    if blot:
        pixels[20:44, 50:74] = 250
    written = BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(written, format="PNG")
    return written.getvalue()


def marked(png: bytes, text: str) -> bytes:
    """Return a PNG of equal pixels and another hash: with a comment before its last chunk."""
    chunk = b"tEXt" + b"Comment\0" + text.encode("latin-1")
    comment = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:-12] + comment + png[-12:]


if __name__ == "__main__":
    main()
