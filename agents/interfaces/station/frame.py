"""The frame of every page: navigation, language, light and dark, style."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Final

from nicegui import ui

from agents.interfaces.station.visit import Visit
from agents.interfaces.station.words import COOKIE, LANGUAGES

PAGES: Final = (
    ("/", "Inspect", "photo_camera"),
    ("/review", "Review", "rule"),
    ("/products", "Products", "category"),
    ("/log", "Log", "insights"),
)


def add_style() -> None:
    """Add style and scripts to every page."""
    for name, tag in (("style.css", "style"), ("pictures.js", "script"), ("camera.js", "script")):
        text = files("agents.interfaces.station").joinpath(name).read_text(encoding="utf-8")
        ui.add_head_html(f"<{tag}>{text}</{tag}>", shared=True)


@contextmanager
def frame(visit: Visit, here: str) -> Iterator[None]:
    """Put a page's content under the navigation. here: its path."""
    say = visit.say
    ui.colors(primary="#2468c9", positive="#17803d", negative="#c1121f")
    ui.run_javascript(f"document.documentElement.lang = '{say.language}'")
    ui.run_javascript(_NAME_PARTS)
    ui.run_javascript(_FLASH)
    dark = ui.dark_mode(value=None)
    with ui.header().classes("bar"):
        ui.label("iad").classes("brand")
        with ui.element("nav").classes("pages"):
            for path, name, icon in PAGES:
                with ui.link(target=path).classes("page here" if path == here else "page"):
                    ui.icon(icon)
                    ui.label(say(name))
        button = ui.button(icon="more_vert", color=None).props(f'flat round aria-label="{say("Menu")}"')
        with button, ui.menu():
            for code in LANGUAGES:
                ui.menu_item(_NAMES.get(code, code), lambda code=code: _speak(code))
            ui.separator()
            ui.menu_item(say("Light"), lambda: dark.set_value(False))
            ui.menu_item(say("Dark"), lambda: dark.set_value(True))
            ui.menu_item(say("As the system"), lambda: dark.set_value(None))
            if visit.caller.name is not None:
                ui.separator()
                leave = say("Sign out {name}", name=visit.caller.name)
                ui.menu_item(leave, lambda: ui.navigate.to("/sign-out"))
    with ui.element("main").classes("content"):
        yield


_NAME_PARTS: Final = """
const name = () => {
  document.querySelectorAll('.q-uploader a.q-btn input:not([aria-label])').forEach(input => {
    const title = input.closest('.q-uploader').querySelector('.q-uploader__title');
    input.setAttribute('aria-label', title ? title.textContent : 'Upload');
    input.tabIndex = 0;
    const around = input.closest('a.q-btn');
    around.removeAttribute('role');
    around.tabIndex = -1;
  });
  document.querySelectorAll('[aria-label] > img:not([alt])').forEach(image => {
    image.alt = image.parentElement.getAttribute('aria-label');
  });
  document.querySelectorAll('.q-table__middle:not([tabindex])').forEach(table => { table.tabIndex = 0; });
};
name();
new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
"""
"""A screen reader needs names for what chooses files, which Quasar hides in a nameless button, and for images
that are drawn on; a keyboard scrolls only what it reaches."""
_FLASH: Final = """
window.flash = (selector, around) => {
  const one = document.querySelector(selector);
  if (!one) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const whole = around ? one.closest(around) : one;
  whole.scrollIntoView({block: 'nearest', behavior: still ? 'auto' : 'smooth'});
  one.classList.add('flash');
  clearTimeout(one.flashed);
  one.flashed = setTimeout(() => one.classList.remove('flash'), 3000);
};
"""
"""Shows what is spoken of: it is scrolled to, and stands out for three seconds."""
_NAMES: Final = {
    "de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "it": "Italiano", "ja": "日本語",
    "ko": "한국어", "pt": "Português", "zh": "中文",
}  # fmt: skip


def _speak(code: str) -> None:
    ui.run_javascript(f"document.cookie = '{COOKIE}={code}; path=/; max-age=31536000'; location.reload()")
