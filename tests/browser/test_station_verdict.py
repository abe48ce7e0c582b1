"""A person's verdict on the station: painted defects, normal regions, areas left out, and cited sources."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from plates import part
from station_pages import drop, fits, opened, served, settings

from agents.app import Application
from agents.graphs.threads import Waiting

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")


def two_blots(path: Path, seed: int) -> Path:
    pixels = np.asarray(Image.open(part(path, seed, blot=True))).copy()
    pixels[70:90, 8:28] = 250
    Image.fromarray(pixels).save(path)
    return path


def corrections(page: Any, address: str) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in page.request.get(f"{address}/api/v1/corrections").json()}


def recorded(page: Any, address: str, button: Any) -> dict[str, Any]:
    """Press a button, wait for the correction that it records, and undo that."""
    before = corrections(page, address)
    button.click()
    deadline = time.monotonic() + 60
    while len(held := corrections(page, address)) == len(before):
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    (said,) = (one for id_, one in held.items() if id_ not in before)
    assert page.request.delete(f"{address}/api/v1/corrections/{said['id']}").ok
    return said


def stored_mask(folder: Path, id_: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    with Application(settings(folder)) as app:
        data = app.tools.store.snapshot().read(f"feedback/{id_}/mask.png")
    return np.asarray(Image.open(BytesIO(data))) > 0


def canvas(page: Any) -> tuple[float, float, float]:
    """Left, top and side of the canvas, on which the square plate is drawn."""
    page.locator(".drawing canvas").wait_for()
    page.wait_for_timeout(500)  # until the dialog stands still
    box = page.locator(".drawing canvas").bounding_box()
    return box["x"], box["y"], box["width"]


def stroke(page: Any, *points: tuple[float, float]) -> None:
    """Draw through points in shares of the picture."""
    left, top, side = canvas(page)
    first, *rest = [(left + x * side, top + y * side) for x, y in points]
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def defective(page: Any) -> None:
    page.locator(".band.fail").wait_for()
    page.get_by_role("button", name="It is defective").click()


def test_a_defect_is_painted_at_the_images_own_size(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        defective(page)
        stroke(page, (0.1, 0.8), (0.4, 0.8))
        stroke(page, (0.8, 0.1), (0.8, 0.4))
        page.get_by_role("button", name="Undo").click()
        said = recorded(page, address, page.get_by_role("button", name="Record"))
        page.get_by_text("Recorded: blot.png is defective.").wait_for()
    assert said["masked"] is True
    mask = stored_mask(folder, said["id"])
    assert mask.shape == (96, 96)
    rows, columns = np.nonzero(mask)
    assert (abs(rows - 0.8 * 96) < 4).all()
    assert columns.min() == pytest.approx(0.1 * 96, abs=4)
    assert columns.max() == pytest.approx(0.4 * 96, abs=4)


def test_a_mask_begins_from_the_regions_and_is_erased_by_touch(
    chromium: Any, address: str, folder: Path
) -> None:
    with opened(chromium, 390, has_touch=True) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        defective(page)
        canvas(page)
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Regions found").click()
        page.get_by_role("button", name="Erase").click()
        left, top, side = canvas(page)
        assert fits(page)
        page.touchscreen.tap(left + 0.65 * side, top + 0.33 * side)
        said = recorded(page, address, page.get_by_role("button", name="Record"))
        page.get_by_text("Recorded: blot.png is defective.").wait_for()
    mask = stored_mask(folder, said["id"])
    assert mask[20:44, 50:74].mean() > 0.5
    assert not mask[round(0.33 * 96), round(0.65 * 96)]


def test_a_mask_is_painted_by_keys_and_nothing_painted_is_no_mask(
    chromium: Any, address: str, folder: Path
) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        defective(page)
        canvas(page)
        assert recorded(page, address, page.get_by_role("button", name="Record"))["masked"] is False
        page.get_by_role("button", name="It is defective").click()
        canvas(page)
        page.locator(".drawing canvas").focus()
        for key in (" ", "ArrowRight", "ArrowRight", "ArrowRight", " "):
            page.keyboard.press(key)
        said = recorded(page, address, page.get_by_role("button", name="Record"))
    _, columns = np.nonzero(stored_mask(folder, said["id"]))
    assert columns.min() < 49 < columns.max() - 3


def test_one_region_is_normal_here_only_once_it_is_recorded(
    chromium: Any, address: str, folder: Path
) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, two_blots(folder / "two.png", 12))
        page.get_by_role("button", name="Region 2 is normal here").click()
        page.get_by_text("Region 2 of two.png is normal").wait_for()
        page.get_by_text("Without it this part is defective.").wait_for()
        said = recorded(page, address, page.locator(".dialog").get_by_role("button", name="Record"))
        page.get_by_text("Recorded: region 2 of two.png is normal.").wait_for()
        assert said["learned"] == "zone"


def test_a_region_that_is_no_longer_found_is_told(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, two_blots(folder / "two.png", 12))
        page.get_by_role("button", name="Region 2 is normal here").wait_for()
        x0, y0, x1, y1 = page.locator('.boxes [data-region="2"] rect').first.evaluate(
            "r => [r.x, r.y].map(e => e.baseVal.value).concat("
            "[r.x.baseVal.value + r.width.baseVal.value, r.y.baseVal.value + r.height.baseVal.value])"
        )
        zones = f"{address}/api/v1/products/plate/zones"
        zone = {"name": "there", "box": [round(e) for e in (x0, y0, x1, y1)], "ignored": True}
        assert page.request.post(zones, data={**zone, "accept_flips": True}).ok
        page.get_by_role("button", name="Region 2 is normal here").click()
        page.get_by_text("has changed since: inspect it again first.").wait_for()
        assert page.request.delete(f"{zones}/there?accept_flips=true").ok


def test_the_only_region_is_the_whole_part(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.get_by_role("button", name="Region 1 is normal here").click()
        page.get_by_text("It is the only region, so the whole part counts as good.").wait_for()
        page.get_by_role("button", name="Cancel").click()


def test_an_area_of_the_image_is_left_out_after_a_trial(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.get_by_role("button", name="Leave an area out").click()
        stroke(page, (0.9, 0.1), (0.45, 0.55))
        page.get_by_role("button", name="Try it").click()
        page.get_by_text("Draw a box on the image and name it first.").wait_for()
        page.get_by_role("button", name="Close").click()
        page.get_by_label("Name of the area").fill("rivet")
        page.get_by_role("button", name="Try it").click()
        page.get_by_text("rivet: not judged on any plate").wait_for()
        assert page.request.get(f"{address}/api/v1/products/plate").json()["zones"] == []
        page.locator(".dialog").get_by_role("button", name="Record").click()
        page.get_by_text("Recorded: rivet is not judged.").wait_for()
        (zone,) = page.request.get(f"{address}/api/v1/products/plate").json()["zones"]
        assert zone["ignored"] is True
        xs, ys = zip(*zone["corners"], strict=True)
        assert (min(xs), min(ys)) == pytest.approx((0.45, 0.1), abs=0.03)
        assert (max(xs), max(ys)) == pytest.approx((0.9, 0.55), abs=0.03)
        assert page.request.delete(f"{address}/api/v1/products/plate/zones/rivet?accept_flips=true").ok


def asked(page: Any, question: str) -> Any:
    page.locator(".chips").get_by_text(question).click()
    page.locator(".waiting").wait_for(state="detached")
    return page.locator(".answer").last


def test_what_an_answer_cites_opens_its_source(chromium: Any, address: str, folder: Path) -> None:
    with opened(chromium, 390) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        place = asked(page, "Where is the defect?")
        place.locator(".text").get_by_role("button", name="[region-1]").first.click()
        page.locator(".boxes g.flash").wait_for()
        page.wait_for_function(
            "(b => b.top > -1 && b.bottom < innerHeight + 1)"
            "(document.querySelector('.boxes g').getBoundingClientRect())"
        )
        place.locator(".q-expansion-item").click()
        place.locator(".evidence").get_by_role("button", name="[template:").click()
        page.wait_for_function("document.querySelector('img.opened')?.naturalWidth === 96")
        page.get_by_role("button", name="Close").click()
        page.locator("img.opened").wait_for(state="detached")
        action = asked(page, "What should be done about it?")
        action.locator(".text").get_by_role("button", name="#").first.click()
        note = page.locator(".dialog")
        note.get_by_text("wipe it off").wait_for()
        assert "notes.md" in note.inner_text()
        page.get_by_role("button", name="Close").click()
        note.wait_for(state="detached")
        sure = page.locator(".asking input")
        sure.fill("How sure are you?")
        sure.press("Enter")
        page.locator(".waiting").wait_for(state="detached")
        page.locator(".answer").last.locator(".text").get_by_role("button", name="[score]").first.click()
        page.locator(".evidence.flash").get_by_text("anomaly score").wait_for()
        assert fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_answers_have_no_serious_fault_of_accessibility(
    chromium: Any, address: str, folder: Path, scheme: str
) -> None:
    with opened(chromium, 390, "de-DE", color_scheme=scheme) as page:
        page.goto(address)
        page.get_by_label("Produkt", exact=True).click()
        page.get_by_role("option", name="plate").click()
        page.locator(".intake input[type=file]").set_input_files(str(folder / "blot.png"))
        page.locator(".band.fail").wait_for()
        # Axe takes what is behind a dialog for the ground of its buttons.
        page.add_style_tag(content=".q-dialog__backdrop { display: none }")
        found = []
        for button in ("Es ist fehlerhaft", "Einen Bereich auslassen"):
            page.get_by_role("button", name=button).click()
            canvas(page)
            page.wait_for_timeout(800)
            assert fits(page)
            found += axe.Axe().run(page, context=".q-dialog").response["violations"]
            page.get_by_role("button", name="Abbrechen").click()
            page.locator(".drawing").wait_for(state="detached")
        asked(page, "Wo ist der Fehler?").locator(".q-expansion-item").click()
        page.wait_for_timeout(800)
        found += axe.Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []


def test_a_question_that_waits_is_answered_after_a_persons_word(chromium: Any, folder: Path) -> None:
    image = part(folder / "unclear.png", 33, blot=True)
    with Application(settings(folder)) as app:
        p_value = app.inspect_one(image, product="plate").p_value
    # At this rate the very same image is on the limit.
    with Application(settings(folder).model_copy(update={"alpha": p_value})) as app:
        reply = app.ask_or_wait(image, "Where is the defect?", product="plate", review=True)
        assert isinstance(reply, Waiting)
    with served(folder) as address, opened(chromium) as page:
        page.goto(f"{address}/review")
        page.get_by_text("Questions that wait: 1").wait_for()
        page.locator(".queue .card").last.click()
        page.get_by_text("The answer waits for what you say.").wait_for()
        said = recorded(page, address, page.get_by_role("button", name="It is defective"))
        page.locator(".dialog .answer .text").wait_for()
        page.keyboard.press("Escape")
        page.get_by_text("Questions that wait").wait_for(state="detached")
        assert said["verdict"] == "anomalous"


def test_who_may_not_is_offered_nothing(chromium: Any, folder: Path) -> None:
    keys = "viewer:screen:viewer-secret,operator:kim:kims-secret"
    with served(folder, API_KEYS=keys) as address, opened(chromium) as page:
        page.goto(address)
        page.get_by_label("Your key").fill("kims-secret")
        page.get_by_role("button", name="Sign in").click()
        drop(page, folder / "blot.png")
        page.get_by_role("button", name="Region 1 is normal here").wait_for()
        assert page.get_by_role("button", name="Leave an area out").count() == 0
        sha256 = page.request.get(f"{address}/api/v1/log?limit=1").json()[0]["sha256"]
        page.goto(f"{address}/sign-out")
        page.get_by_label("Your key").fill("viewer-secret")
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{address}/?image={sha256}")
        page.locator(".regions tr").nth(1).wait_for()
        assert page.locator(".regions button, .judge button, .aside").count() == 0
        said = {"sha256": sha256, "verdict": "good", "region": 1}
        assert page.request.post(f"{address}/api/v1/corrections", data=said).status == 403
