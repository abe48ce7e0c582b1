"""A real `iad serve` with a painted product, and its pages in Chromium, for the tests in `tests/browser`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.settings import Settings

ROOT = Path(__file__).parents[2]
WAIT_MS = 60_000


def settings(folder: Path) -> Settings:
    return Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", input_size=96)


@contextmanager
def served(folder: Path, **more: str) -> Iterator[str]:
    """Run `iad serve`, and give its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    given = {
        "STORE": str(folder / "store"),
        "ENCODER": "tiny",
        "TEXT_ENCODER": "tiny",
        "INPUT_SIZE": "96",
        **more,
    }
    # NiceGUI serves no pages where it takes itself to be under test.
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("IAD_", "PYTEST_"))}
    environment = {**kept, **{f"IAD_{key}": text for key, text in given.items()}, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "agents",
        "serve",
        "--port",
        str(port),
        "--watch",
        str(folder / "watched"),
    ]
    with (folder / "serve.log").open("ab") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while server.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                    break
            except OSError:
                time.sleep(0.3)
        assert server.poll() is None, (folder / "serve.log").read_text()
        yield address
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def opened(chromium: Any, width: int = 1440, locale: str = "en-GB", **options: Any) -> Iterator[Any]:
    """Give a page that notes what goes wrong; nothing may have in the end."""
    wrong: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            wrong.append(f"asks {request.url}")

    page = chromium.new_page(viewport={"width": width, "height": 900}, locale=locale, **options)
    page.set_default_timeout(WAIT_MS)
    page.on("request", asked)
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        yield page
    finally:
        page.close()
    assert wrong == []


def choose(page: Any) -> None:
    """Name the product: an encoder as small as the tests' does not find it."""
    page.get_by_label("Product", exact=True).click()
    page.get_by_role("option", name="plate").click()


def drop(page: Any, image: Path) -> None:
    choose(page)
    page.locator(".intake input[type=file]").set_input_files(str(image))


def fits(page: Any) -> bool:
    """Whether nothing stands out of the page to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
