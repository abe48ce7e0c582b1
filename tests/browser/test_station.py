"""The station in a real browser, on pages that a real `iad serve` serves; `make test-browser` runs this.

Each test also fails on an error in the browser's console, and on a request to another machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plates import part
from station_pages import choose, drop, fits, opened, served

from agents.interfaces.station.words import LANGUAGES, words_of

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")


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
        page.get_by_text("simulated small defects").wait_for()


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
