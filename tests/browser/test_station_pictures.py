"""The pictures of a verdict in a real browser: camera, zoom, comparison, the place to look at first."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from plates import part
from station_pages import choose, drop, fits, opened

SHIFT = "getComputedStyle(document.querySelector('.part .moves')).transform"
SEES_GOOD = "getComputedStyle(document.querySelector('figure.good')).visibility === 'visible'"
SERIOUS = ("serious", "critical")
NO_CAMERA = """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{}'))"""
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")


@pytest.fixture
def shown(chromium: Any, address: str, folder: Path) -> Iterator[Any]:
    """A page with a bad part's verdict."""
    with opened(chromium) as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        page.wait_for_function("[...document.images].every(image => image.naturalWidth)")
        yield page


def transforms(page: Any) -> list[str]:
    return list(page.locator(".moves").evaluate_all("all => all.map(e => getComputedStyle(e).transform)"))


def numbers(matrix: str) -> list[float]:
    return [float(one) for one in matrix.removeprefix("matrix(").rstrip(")").split(",")]


def serious(page: Any, **rules: dict[str, bool]) -> list[str]:
    """Return the serious faults of accessibility that axe finds. rules: of axe, as its options name them."""
    found = axe.Axe().run(page, options={"rules": rules}).response["violations"]
    nodes = [(one["id"], node) for one in found if one["impact"] in SERIOUS for node in one["nodes"]]
    return [f"{name}: {node['html'][:160]}" for name, node in nodes]


def zoom(page: Any) -> float:
    return float(page.evaluate(f"new DOMMatrix({SHIFT}).a"))


def test_a_photograph_is_inspected_and_the_camera_stops(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(address)
        choose(page)
        page.locator("iad-camera").wait_for()
        page.wait_for_timeout(500)
        page.keyboard.press("c")
        page.wait_for_function("document.querySelector('iad-camera video').videoWidth > 0")
        page.locator("iad-camera[data-state=live]").wait_for()
        assert page.get_by_role("button", name="Take").evaluate("e => e === document.activeElement")
        page.evaluate("window.used = document.querySelector('iad-camera video').srcObject.getTracks()")
        size = page.evaluate("[used[0].getSettings().width, used[0].getSettings().height]")
        page.keyboard.press("Enter")
        page.locator(".band .file").get_by_text("camera-").wait_for()
        assert page.evaluate("used.every(track => track.readyState === 'ended')")
        assert not page.evaluate("document.querySelector('iad-camera dialog').open")
        assert page.locator("iad-pictures").get_attribute("data-width") == str(size[0])
        page.wait_for_function("document.querySelector('.part img').naturalWidth > 0")
        assert page.evaluate("document.querySelector('.part img').naturalWidth") == min(1400, size[0])


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "only to pages at https://"),
        (NO_CAMERA.format("NotAllowedError"), "may not use the camera"),
        (NO_CAMERA.format("NotFoundError"), "There is no camera"),
        (NO_CAMERA.format("NotReadableError"), "gives no picture"),
    ],
)
def test_that_there_is_no_camera_is_said(chromium: Any, address: str, script: str, told: str) -> None:
    with opened(chromium, 390) as page:
        page.add_init_script(script)
        page.goto(address)
        page.get_by_role("button", name="Camera (C)").click()
        page.locator("iad-camera .told").get_by_text(told).wait_for()
        assert page.get_by_role("button", name="Take").is_disabled()
        assert fits(page)
        page.keyboard.press("Escape")
        assert page.locator("iad-camera dialog").is_hidden()


def test_the_page_rests_while_the_camera_is_open(chromium: Any, address: str) -> None:
    with opened(chromium) as page:
        page.goto(address)
        page.get_by_role("button", name="Camera (C)").click()
        page.locator("iad-camera[data-state=live]").wait_for()
        page.keyboard.press("?")
        page.wait_for_timeout(500)
        assert page.locator(".q-dialog").count() == 0
        # axe takes the page under an open dialog for the background of its words.
        assert serious(page, **{"color-contrast": {"enabled": False}}) == []
        take = page.get_by_role("button", name="Take")
        assert take.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(36, 104, 201)"


def test_image_heat_map_and_good_part_move_together(shown: Any) -> None:
    stack = shown.locator(".part .stack")
    line = "parseFloat(getComputedStyle(document.querySelector('.boxes .region')).strokeWidth)"
    before = shown.evaluate(line)
    box = stack.bounding_box()
    at = (box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    shown.mouse.move(*at)
    shown.mouse.wheel(0, -700)
    shown.wait_for_function(f"new DOMMatrix({SHIFT}).a > 2")
    factor = zoom(shown)
    image, good = (numbers(one) for one in transforms(shown))
    assert image == pytest.approx(good, abs=0.1)
    # The place under the pointer stays there.
    left = shown.evaluate(f"new DOMMatrix({SHIFT}).e")
    assert left == pytest.approx(-(factor - 1) * box["width"] / 4, abs=factor)
    # On the screen lines are as wide as before.
    assert shown.evaluate(line) * factor == pytest.approx(before, rel=0.01)
    shown.mouse.down()
    shown.mouse.move(at[0] - 30, at[1] - 20, steps=3)
    shown.mouse.up()
    assert shown.evaluate(f"new DOMMatrix({SHIFT}).e") == pytest.approx(left - 30, abs=2)
    shown.keyboard.press("0")
    assert zoom(shown) == 1
    shown.keyboard.press("+")
    assert zoom(shown) > 1
    shown.keyboard.press("-")
    assert zoom(shown) == 1
    shown.keyboard.press("+")
    stack.dblclick()
    assert zoom(shown) == 1


def test_two_fingers_zoom(shown: Any) -> None:
    shown.evaluate(
        """() => {
          const stack = document.querySelector('.part .stack'), box = stack.getBoundingClientRect();
          stack.setPointerCapture = () => {};
          const send = (type, pointerId, share) => stack.dispatchEvent(new PointerEvent(type, {pointerId,
            bubbles: true, clientX: box.left + share * box.width, clientY: box.top + box.height / 2}));
          send('pointerdown', 11, 0.4); send('pointerdown', 12, 0.6);
          send('pointermove', 11, 0.3); send('pointermove', 12, 0.7);
          send('pointerup', 11, 0.3); send('pointerup', 12, 0.7);
        }"""
    )
    assert zoom(shown) == pytest.approx(2, rel=0.01)


def test_a_divider_is_dragged_over_image_and_good_part(shown: Any, folder: Path) -> None:
    shown.get_by_role("button", name="Slide").click()
    one, other = (shown.locator(f".{name} .stack").bounding_box() for name in ("part", "good"))
    assert one == other
    divider = shown.get_by_role("slider", name="Border between")
    assert divider.get_attribute("aria-valuenow") == "50"
    middle = one["y"] + one["height"] / 2
    shown.mouse.move(one["x"] + one["width"] / 2, middle)
    shown.mouse.down()
    shown.mouse.move(one["x"] + one["width"] / 4, middle, steps=3)
    shown.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "25"
    shown.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "27"
    # The choice stays for the next image.
    shown.reload()
    drop(shown, folder / "good.png")
    shown.locator("iad-pictures[data-compare=slide]").wait_for()


def test_image_and_good_part_blink(shown: Any) -> None:
    assert shown.evaluate(SEES_GOOD)
    box = shown.locator(".part .stack").bounding_box()
    shown.keyboard.down("b")
    assert shown.locator(".good .stack").bounding_box() == box
    for seen in ("!", "", "!"):
        shown.wait_for_function(f"{seen}({SEES_GOOD})")
    shown.keyboard.up("b")
    assert shown.locator(".good .stack").bounding_box() != box
    shown.get_by_role("button", name="Blink").click()
    for seen in ("", "!", ""):
        shown.wait_for_function(f"{seen}({SEES_GOOD})")


def test_where_motion_is_not_wanted_blinking_turns_over_once(
    chromium: Any, address: str, folder: Path
) -> None:
    with opened(chromium, reduced_motion="reduce") as page:
        page.goto(address)
        drop(page, folder / "blot.png")
        page.locator(".band.fail").wait_for()
        for seen in (True, False):
            page.get_by_role("button", name="Blink").click()
            for _ in range(4):
                page.wait_for_timeout(300)
                assert page.evaluate(SEES_GOOD) is seen


def test_a_part_to_review_has_room_and_a_place_to_look_at_first(
    chromium: Any, address: str, folder: Path
) -> None:
    _rates(address, alpha=0.05, review=0.98)
    with opened(chromium) as page:
        page.goto(address)
        drop(page, _faint(folder / "faint.png"))
        page.locator(".band.review").wait_for()
        page.locator(".boxes .look").first.wait_for(state="attached")
        page.goto(f"{address}/review")
        page.get_by_text("Look first at: ").wait_for()
        page.locator(".boxes .look").first.wait_for(state="attached")
        assert page.locator(".part .stack").bounding_box()["width"] > 500
        assert page.locator(".part .stack").bounding_box()["y"] < 430
        size = page.locator(".band .word").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size >= 80
        page.wait_for_timeout(1500)
        assert serious(page) == []
    with opened(chromium, 390, "de-DE") as page:
        page.goto(f"{address}/review")
        page.get_by_text("Zuerst ansehen: ").wait_for()
        assert fits(page)
    _rates(address, alpha=0.05, review=0.2)


def _rates(address: str, **rates: float) -> None:
    body = json.dumps(rates).encode()
    wanted = urllib.request.Request(
        f"{address}/api/v1/products/plate/rates", body, {"Content-Type": "application/json"}, method="PUT"
    )
    with urllib.request.urlopen(wanted, timeout=60) as answer:
        assert answer.status == 200


def _faint(path: Path) -> Path:
    """Paint a plate with a place that is two grey levels darker: too little for a region."""
    pixels = np.array(Image.open(part(path, 9)))
    pixels[20:44, 50:74] -= 2
    Image.fromarray(pixels).save(path)
    return path
