"""The products page in a real browser: rates over a histogram, scale, catalogue, further good images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from plates import part
from station_pages import fits, opened, served, settings

from agents.app import Application
from agents.settings import Settings

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")


@pytest.fixture(scope="module")
def inspected(folder: Path) -> Path:
    """The folder, with inspections of two lots in the log, and a product of large images."""
    for lot, seeds in (("A17", range(30, 33)), ("A18", range(33, 35))):
        with Application(Settings(**{**settings(folder).model_dump(), "lot": lot})) as app:
            for seed in seeds:
                app.inspect_one(part(folder / f"seen-{seed}.png", seed, blot=seed == 34), product="plate")
    large = []
    for seed in range(4):
        with Image.open(part(folder / "small.png", seed)) as small:
            large.append(folder / f"large-{seed}.png")
            small.resize((2800, 2800)).save(large[-1])
    with Application(settings(folder)) as app:
        app.enroll("large", large)
    return folder


@pytest.fixture(scope="module")
def address(inspected: Path) -> Iterator[str]:
    with served(inspected) as found:
        yield found


def drawn(page: Any) -> None:
    """Draw a line across half of the picture's width."""
    page.locator(".zoned img").evaluate("e => e.scrollIntoView({block: 'center'})")
    box = page.locator(".zoned img").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=3)
    page.mouse.move(box["x"] + 3 * box["width"] / 4, middle, steps=3)
    page.mouse.up()


def test_the_sliders_move_the_colours_of_past_parts_and_good_images(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/products?product=plate")
        chart = page.locator(".rates-chart")
        chart.get_by_text("Last inspections: 5").wait_for()
        chart.get_by_text("Good images: 2").wait_for()
        told = page.get_by_text("of the last 5 inspections")
        assert told.inner_text() in chart.get_attribute("aria-label")
        bars = chart.locator("rect:not([opacity])")
        colours = bars.evaluate_all("all => all.map(each => each.getAttribute('fill'))")
        assert "var(--fail)" in colours
        before = chart.locator("line[stroke-dasharray]").first.get_attribute("x1")
        line, handle = (
            chart.locator("line[stroke-dasharray]").first.bounding_box(),
            page.get_by_role("slider", name="FAIL"),
        )
        thumb = page.locator(".rates .q-slider__thumb").first.bounding_box()
        assert abs(line["x"] - thumb["x"] - thumb["width"] / 2) < 2
        page.locator(".rates .q-slider [tabindex]").first.focus()
        told_rate = page.get_by_text("FAIL where fewer than 40% of good parts look as unusual")
        for _ in range(80):  # the server's answer to one press may come after the next
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(200)
            if told_rate.count():
                break
        told_rate.wait_for()
        assert float(chart.locator("line[stroke-dasharray]").first.get_attribute("x1")) > float(before)
        assert "40%" in page.locator(f"#{handle.get_attribute('aria-describedby')}").inner_text()
        assert bars.evaluate_all("all => all.map(each => each.getAttribute('fill'))") != colours
        # It is the picture of the numbers beside it.
        numbers = [int(each) for each in re.findall(r"\d+", page.locator(".rates .effect").inner_text())]
        assert numbers[0] == sum(numbers[1:]) == 5


def test_a_known_length_sets_the_scale_in_pixels_of_the_original(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/products?product=large")
        page.get_by_text("No scale is set").wait_for()
        page.get_by_text("Known length").click()
        save = page.get_by_role("button", name="Set the scale")
        assert save.is_disabled()
        page.wait_for_function("document.querySelector('.zoned img').naturalWidth === 1400")
        drawn(page)
        page.get_by_label("Length in millimetres").fill("70")
        # Half of 2,800 pixels are 70 mm.
        page.get_by_text("0.05 mm a pixel; the picture is 140 mm wide", exact=True).wait_for()
        assert abs(float(page.get_by_label("Length in pixels").input_value()) - 1400) < 15
        save.click()
        page.get_by_text("Scale: 0.05 mm a pixel; the picture is 140 mm wide.").wait_for()
        page.reload()
        page.get_by_text("Scale: 0.05 mm a pixel").wait_for()


def test_a_catalogue_is_added_shown_and_removed(chromium: Any, address: str, folder: Path) -> None:
    table = folder / "defects.csv"
    table.write_text(
        "Type,Severity,Cause,Action\nScratch,minor,a dull tool,polish it <b>\n", encoding="utf-8"
    )
    (folder / "torn.xlsx").write_bytes(b"no workbook")
    with opened(chromium) as page:
        page.goto(f"{address}/products?product=large")
        page.get_by_text("Nothing is known of defects of large yet.").wait_for()
        drop = page.get_by_label("Drop catalogues here")
        drop.set_input_files([str(folder / "torn.xlsx"), str(table)])
        page.locator(".catalogue").get_by_text("polish it <b>").wait_for()
        page.locator(".q-notification").get_by_text("torn.xlsx").wait_for()
        assert str(folder) not in page.locator("body").inner_text()
        # A file of the same name that is sent again stands in for the earlier one.
        table.write_text("Type,Cause\nScratch,a worn belt\nDent,a fall\n", encoding="utf-8")
        drop.set_input_files(str(table))
        page.get_by_text("a worn belt").wait_for()
        assert page.locator(".catalogue tbody tr").count() == 2
        assert page.locator(".catalogue thead th").all_inner_texts() == ["Type", "Cause", "Source"]
        page.locator(".named").get_by_role("button", name="Remove").click()
        page.get_by_text("Remove defects.csv from the catalogue?").wait_for()
        page.locator(".dialog").get_by_role("button", name="Cancel").click()
        assert page.locator(".catalogue tbody tr").count() == 2
        page.locator(".named").get_by_role("button", name="Remove").click()
        page.locator(".dialog").get_by_role("button", name="Remove").click()
        page.get_by_text("Nothing is known of defects of large yet.").wait_for()


def test_a_catalogue_is_cards_on_a_phone(chromium: Any, address: str) -> None:
    with opened(chromium, 390, "de-DE", color_scheme="dark") as page:
        page.goto(f"{address}/products?product=plate")
        page.get_by_text("paint that dripped").wait_for()
        assert fits(page)
        assert page.locator(".catalogue thead").is_hidden()
        found = axe.Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_further_good_images_calibrate(chromium: Any, address: str, folder: Path) -> None:
    files = [part(folder / f"more-{seed}.png", seed) for seed in range(50, 56)]
    odd = part(folder / "odd.png", 57, blot=True)
    with opened(chromium) as page:
        page.goto(f"{address}/products?product=plate")
        page.get_by_text("Further good images").wait_for()
        page.get_by_label("Drop images of good parts here").set_input_files([*map(str, files), str(odd)])
        page.get_by_text("Images: 7").wait_for()
        page.get_by_role("button", name="Calibrate").click()
        page.get_by_text(re.compile(r"Calibrated with \d further images")).wait_for()
        page.get_by_text("odd.png (left out)").wait_for()
        page.wait_for_function("document.querySelector('.below .reason .thumb').naturalWidth > 0")


def test_odd_images_of_an_enrolment_are_shown(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/products")
        page.get_by_role("button", name="Enrol a product").click()
        page.get_by_label("Name of the product").fill("fresh")
        files = [part(folder / f"fresh-{seed}.png", seed) for seed in range(60, 66)]
        again = folder / "again.png"
        again.write_bytes(files[0].read_bytes())
        page.get_by_label("Drop images of good parts here").set_input_files([*map(str, files), str(again)])
        page.get_by_text("Images: 7").wait_for()
        page.get_by_role("button", name="Learn", exact=True).click()
        page.get_by_text("Learned fresh from").wait_for()
        page.locator(".advice").wait_for()
        page.get_by_text("again.png (left out)").wait_for()
        page.wait_for_function("document.querySelector('.reason .thumb').naturalWidth > 0")


def test_the_log_by_lot(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(f"{address}/log")
        page.get_by_text("all lots").click()
        page.get_by_role("option", name="A18").click()
        page.wait_for_function("document.querySelector('.tile .figure').textContent === '2'")
        assert "lot=A18" in page.get_by_text("Export as CSV").get_attribute("href")
        # One station and one operator, or none: nothing to choose.
        assert page.get_by_text("all stations").count() == 0


def test_a_viewer_sees_all_of_it_and_changes_nothing(chromium: Any, inspected: Path) -> None:
    with served(inspected, API_KEYS="viewer:screen:viewer-secret") as address, opened(chromium) as page:
        page.goto(f"{address}/products?product=plate")
        page.get_by_label("Your key").fill("viewer-secret")
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{address}/products?product=plate")
        page.get_by_text("paint that dripped").wait_for()
        page.locator(".rates-chart").wait_for()
        for name in ("Known length", "Remove", "Calibrate", "Set the scale", "Set these rates"):
            assert page.get_by_text(name, exact=True).count() == 0, name
        assert page.locator("input[type=file]").count() == 0


def test_two_products_are_enrolled_on_one_page_in_the_pages_language(
    chromium: Any, address: str, folder: Path
) -> None:
    files = [part(folder / f"two-{seed}.png", seed) for seed in range(8)]
    twice = part(folder / "twice.png", 0)
    with opened(chromium, locale="de-DE") as page:
        page.goto(f"{address}/products")
        page.get_by_role("button", name="Produkt anlernen").click()
        for name, images in (("eins", [*files[:4], twice]), ("zwei", files[4:])):
            page.get_by_label("Name des Produkts").fill(name)
            page.locator(".drop.many input[type=file]").set_input_files([*map(str, images)])
            page.get_by_text(f"Bilder: {len(images)}").wait_for()
            page.get_by_role("button", name="Anlernen", exact=True).click()
            page.get_by_text(re.compile(rf"{name} aus \d guten Bildern")).wait_for()
            if name == "eins":
                page.get_by_text(
                    "twice.png (ausgelassen): dasselbe Bild oder Teil wie ein anderes"
                ).wait_for()
        page.get_by_text("simulierten kleinen Fehlern").wait_for()
        assert page.get_by_text("simulated").count() == 0
