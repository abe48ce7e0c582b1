"""The station in a real browser, on pages that a real `iad serve` serves; `make test-browser` runs this.

Each test also fails on an error in the browser's console, and on a request to another machine.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from plates import part

from agents.app import Application
from agents.interfaces.station.words import LANGUAGES, words_of
from agents.settings import Settings

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
NOTES = "# Plate\n\n## Blot\nLook: a bright square.\nCause: paint that dripped.\nAction: wipe it off.\n"
WAIT_MS = 60_000

pytest.importorskip("nicegui", reason="the station needs nicegui: pip install -e '.[station]'")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium, or set CHROMIUM"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("station")
    (made / "watched").mkdir()
    part(made / "blot.png", 9, blot=True)
    part(made / "good.png", 20)
    (made / "notes.md").write_text(NOTES, encoding="utf-8")
    with Application(settings(made)) as app:
        app.enroll("plate", [part(made / f"{seed}.png", seed) for seed in range(4)])
        app.add_knowledge([made / "notes.md"], "plate")
    return made


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


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


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


def test_a_bad_part_fails_with_heat_map_region_and_good_part(
    chromium: Any, address: str, folder: Path
) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.get_by_text("FAIL", exact=True).wait_for()
        assert page.locator(".band.fail .product").inner_text() == "plate"
        page.wait_for_function(
            "[...document.images].length >= 3 && [...document.images].every(i => i.naturalWidth)"
        )
        assert page.locator(".boxes text").first.text_content() == "1"
        heat = page.locator("img.heat")
        assert heat.evaluate("e => getComputedStyle(e).opacity") == "0.6"
        page.keyboard.press("h")
        page.wait_for_function("getComputedStyle(document.querySelector('img.heat')).opacity === '0'")
        assert page.locator(".regions tr").count() >= 2
        size = page.locator(".band .word").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 80


def test_a_question_is_answered_beside_the_picture(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.get_by_text("Where is the defect?").click()
        page.locator(".answer .text").wait_for()
        assert "[region-1]" in page.locator(".answer .text").inner_text()
        page.locator(".answer .q-expansion-item").click()
        page.locator(".answer .cited").first.wait_for()


def test_the_next_of_the_watched_folder(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        part(folder / "watched" / "shot-1.png", 21)
        page.get_by_text("Next of 1 (N)").wait_for()
        choose(page)
        page.wait_for_timeout(500)
        page.keyboard.press("n")
        page.get_by_text("shot-1.png").first.wait_for()
        page.locator(".band .word").first.wait_for()


def test_a_correction_is_shown_recorded_and_undone(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        page.get_by_role("button", name="It is good").click()
        page.get_by_text("blot.png is good").wait_for()
        page.get_by_role("button", name="Record").click()
        page.get_by_text("Recorded: blot.png is good.").wait_for()
        page.goto(f"{address}/review")
        page.get_by_role("button", name="Undo").first.click()
        page.get_by_text("Undone: blot.png.").wait_for()


def test_a_product_is_enrolled_and_its_rates_tried(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/products")
        page.get_by_text("At this setting").wait_for()
        page.get_by_role("button", name="Enrol a product").click()
        page.get_by_label("Name of the product").fill("other")
        files = [str(folder / f"{seed}.png") for seed in range(4)]
        page.locator(".drop.many input[type=file]").set_input_files(files)
        page.get_by_text("Images: 4").wait_for()
        page.get_by_role("button", name="Learn", exact=True).click()
        page.get_by_text("Learned other from").wait_for()
        page.get_by_text("Of simulated defects").wait_for()


def test_a_zone_is_drawn(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/products?product=plate")
        box = page.locator(".zoned img").bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        page.get_by_label("Name of the area").fill("rim")
        page.get_by_role("button", name="Add").click()
        page.locator(".zones").get_by_text("rim").wait_for()


def test_the_log_has_figures_rows_and_an_export(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        page.goto(f"{address}/log")
        page.locator(".tile.fail .figure").wait_for()
        assert int(page.locator(".tile.fail .figure").inner_text()) >= 1
        with page.expect_download() as export:
            page.get_by_text("Export as CSV").click()
        assert export.value.path().read_text().startswith("number,at,name,")
        with page.expect_download() as report:
            page.get_by_text("Report, HTML").click()
        assert "data:image/jpeg" in report.value.path().read_text()
        picture = page.locator(".rows img.thumb").first
        picture.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('.rows img.thumb').naturalWidth > 0")
        page.locator(".rows tbody tr").first.click()
        page.locator(".band .word").wait_for()
    with opened(chromium, locale="de-DE") as page:
        page.goto(f"{address}/log")
        with page.expect_download() as report:
            page.get_by_text("Bericht, HTML").click()
        assert '<html lang="de">' in report.value.path().read_text()


@pytest.mark.parametrize("path", ["/", "/review", "/products", "/log"])
def test_pages_fit_a_phone_in_german_and_in_the_dark(chromium: Any, address: str, path: str) -> None:
    with opened(chromium, 390, "de-DE", color_scheme="dark") as page:
        page.goto(f"{address}{path}")
        page.get_by_text("Protokoll").wait_for()
        page.wait_for_timeout(500)
        assert fits(page)
        assert page.evaluate("document.body.classList.contains('body--dark')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "inspected", "/review", "/products", "/log"])
def test_a_page_has_no_serious_fault_of_accessibility(
    chromium: Any, address: str, folder: Path, path: str, scheme: str
) -> None:
    with opened(chromium, color_scheme=scheme) as page:
        page.goto(f"{address}{'/' if path == 'inspected' else path}")
        if path == "inspected":
            drop(page, folder / "blot.png")
            page.locator(".band.fail").wait_for()
        page.wait_for_timeout(1500)  # until colours have faded in
        found = axe.Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_fits_a_phone_in_every_language(
    chromium: Any, address: str, folder: Path, language: str
) -> None:
    with opened(chromium, 390, language) as page:
        page.goto(address)
        page.locator(".intake .q-select").click()
        page.get_by_role("option", name="plate").click()
        page.locator(".intake input[type=file]").set_input_files(str(folder / "blot.png"))
        word = page.locator(".band.fail .word")
        word.wait_for()
        assert word.inner_text() == words_of(language)("FAIL")
        assert fits(page)


def test_where_keys_are_set_nobody_comes_in_without_one(chromium: Any, folder: Path) -> None:
    keys = "viewer:screen:viewer-secret,admin:lee:admins-secret"
    with served(folder, API_KEYS=keys) as address, opened(chromium) as page:
        page.goto(f"{address}/log")
        page.get_by_label("Your key").fill("admins-secret")
        page.get_by_role("button", name="Sign in").click()
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        page.wait_for_function(
            "[...document.images].length >= 3 && [...document.images].every(i => i.naturalWidth)"
        )
        page.goto(f"{address}/log")
        page.locator(".rows").get_by_text("lee").first.wait_for()
        page.goto(f"{address}/sign-out")
        page.get_by_label("Your key").fill("viewer-secret")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("Your key may look at the log, not inspect.").wait_for()
        page.goto(f"{address}/products")
        page.get_by_text("Rates").wait_for()
        assert page.get_by_role("button", name="Enrol a product").count() == 0
