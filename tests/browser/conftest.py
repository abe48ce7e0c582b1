"""A store with a product, its server, and a browser, shared by the tests of one file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plates import part
from station_pages import served, settings

from agents.app import Application

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
"""Chromium makes up a camera: a test picture that moves."""
NOTES = "# Plate\n\n## Blot\nLook: a bright square.\nCause: paint that dripped.\nAction: wipe it off.\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and skip them where there is no browser."""
    missing = pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium here: apt install chromium, or set CHROMIUM"
    )
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(missing)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("nicegui", reason="the station needs nicegui: pip install -e '.[station]'")
    made = tmp_path_factory.mktemp("station")
    (made / "watched").mkdir()
    part(made / "blot.png", 9, blot=True)
    part(made / "good.png", 20)
    (made / "notes.md").write_text(NOTES, encoding="utf-8")
    with Application(settings(made)) as app:
        app.enroll("plate", [part(made / f"{seed}.png", seed) for seed in range(4)])
        app.add_knowledge([made / "notes.md"], "plate")
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
