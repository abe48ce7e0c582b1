"""A verdict on the screen: the decision large, the image with its heat map, regions, type and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import quote

from nicegui import ui

from agents.interfaces.station.shown import Shown, ShownRegion
from agents.interfaces.station.visit import Visit
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from tools.classify.scores import UNKNOWN

ICONS: Final = {"pass": "check_circle", "review": "help", "fail": "cancel"}
SIDE: Final = 1400
"""Longer side of a picture on the screen, in pixels."""


def verdict_band(visit: Visit, shown: Shown) -> None:
    """Show the decision, in colour, sign and word."""
    say = visit.say
    words = {"pass": say("PASS"), "review": say("REVIEW"), "fail": say("FAIL")}
    with ui.element("section").classes(f"band {shown.decision}").props('role="status"'):
        ui.icon(ICONS[shown.decision]).classes("sign")
        ui.label(words[shown.decision]).classes("word")
        with ui.element("div").classes("about"):
            ui.label(shown.product).classes("product")
            ui.label(shown.name).classes("file")
            ui.label(_chance(visit, shown)).classes("chance")


def _chance(visit: Visit, shown: Shown) -> str:
    one_in = 1 / max(shown.p_value, 1e-9)
    if shown.p_value < 0.5:
        return visit.say("One good part in {number} looks as unusual.", number=f"{one_in:,.0f}")
    return visit.say("Most good parts look as unusual.")


def pictures(visit: Visit, shown: Shown) -> ui.slider:
    """Show the image under its heat map, and the nearest good part; return the slider of the heat map."""
    say, address = visit.say, f"/api/v1/images/{shown.sha256}"
    width, height = shown.size
    with ui.element("div").classes("pictures"):
        with ui.element("figure"):
            with ui.element("div").classes("stack").style(f"aspect-ratio: {width} / {height}"):
                _picture(f"{address}/image?side={SIDE}", shown.name)
                heat = _picture(f"{address}/heatmap?side={SIDE}&product={quote(shown.product, safe='')}", "")
                heat.classes("heat")
                ui.html(_boxes(shown.regions, width, height), sanitize=False).classes("boxes")
            with ui.row().classes("heatbar"):
                ui.icon("local_fire_department").tooltip(say("Heat map"))
                slider = ui.slider(min=0, max=100, value=60).props(f'label aria-label="{say("Heat map")}"')
                slider.on_value_change(lambda event: heat.style(f"opacity: {event.value / 100}"))
                ui.label(say("Heat map")).classes("dim")
        with ui.element("figure"):
            with ui.element("div").classes("stack"):
                good = f"{address}/template?side={SIDE}&product={quote(shown.product, safe='')}"
                _picture(good, say("Nearest good part"))
            ui.label(say("Nearest good part")).classes("caption dim")
    heat.style("opacity: 0.6")
    return slider


def _picture(address: str, words: str) -> ui.element:
    picture = ui.element("img")
    picture.props["src"] = address
    picture.props["alt"] = words
    return picture


def _boxes(regions: Sequence[ShownRegion], width: int, height: int) -> str:
    """Return numbered boxes as SVG, in pixels of the original."""
    line = max(width, height) / 250
    size = max(width, height) / 22
    drawn = []
    for number, region in enumerate(regions, start=1):
        x0, y0, x1, y1 = region.bbox
        top = max(size, y0)
        drawn.append(
            f'<rect x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}" stroke-width="{line:.2f}"/>'
            f'<rect class="tag" x="{x0}" y="{top - size:.1f}" width="{size:.1f}" height="{size:.1f}"/>'
            f'<text x="{x0 + size / 2:.1f}" y="{top - size / 5:.1f}" font-size="{size * 0.85:.1f}">'
            f"{number}</text>"
        )
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(drawn)}</svg>'


def findings(visit: Visit, shown: Shown) -> None:
    """Show reasons, type, regions, and what the catalogue says of cause, effect and action."""
    say = visit.say
    if shown.decision == "review":
        for reason in shown.reasons or [_reason(visit, shown)]:
            with ui.row().classes("reason"):
                ui.icon("info")
                ui.label(reason)
    if shown.defect is not None:
        _type(visit, shown)
    if shown.regions:
        with ui.element("table").classes("regions"):
            heads = (say("No."), say("Place"), say("Length"), say("Width"))
            ui.html(_row("th", heads), sanitize=False, tag="tr")
            for number, region in enumerate(shown.regions, start=1):
                place = _places(visit).get(region.place, region.place)
                cells = (str(number), place, region.length or "-", region.width or "-")
                ui.html(_row("td", cells), sanitize=False, tag="tr")
    for warning in shown.warnings:
        ui.label(warning).classes("warning")


def _places(visit: Visit) -> dict[str, str]:
    """Return the cells of the image in the visitor's language; zones have names of their own."""
    say = visit.say
    return {
        "top left": say("top left"),
        "top": say("top"),
        "top right": say("top right"),
        "left": say("left"),
        "center": say("center"),
        "right": say("right"),
        "bottom left": say("bottom left"),
        "bottom": say("bottom"),
        "bottom right": say("bottom right"),
    }


def _reason(visit: Visit, shown: Shown) -> str:
    """Return why a row of the log waits; the log holds the p-value, not what spoke against the image."""
    say = visit.say
    if shown.p_value < shown.review:
        rates = {"alpha": f"{shown.alpha:.0%}", "review": f"{shown.review:.0%}"}
        return say("Between the rates of {alpha} and {review}: a person should look.", **rates)
    return say("The image could not be judged. Inspect it again to see why.")


def _row(tag: str, cells: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)


def _type(visit: Visit, shown: Shown) -> None:
    say = visit.say
    states = {"confirmed": say("confirmed"), "likely": say("likely"), "unknown": say("not known here")}
    with ui.element("div").classes("type"):
        if shown.defect == UNKNOWN:
            ui.label(say("Type not known")).classes("name")
            if shown.candidates:
                named = ", ".join(plain_name(each) for each in shown.candidates)
                ui.label(say("It may be: {types}", types=named))
            else:
                told = say("The catalogue describes nothing like it. Name it once, and it is known.")
                ui.label(told).classes("dim")
        else:
            ui.label(plain_name(shown.defect or "")).classes("name")
            ui.label(states.get(shown.status, shown.status)).classes(f"chip {shown.status}")
    for note in shown.notes:
        if shown.defect == UNKNOWN:
            with ui.expansion(plain_name(note.type)).props("dense"):
                _note(visit, note)
        else:
            _note(visit, note)


def _note(visit: Visit, note: Entry) -> None:
    """Show an entry of the catalogue: its fields, or its prose where it has none."""
    say = visit.say
    fields = (
        (say("Cause"), note.cause),
        (say("Effect"), note.effect),
        (say("Do"), note.action),
        (say("Limit"), note.limit),
    )
    with ui.element("dl").classes("notes"):
        for label, text in [pair for pair in fields if pair[1]] or [("", note.text)]:
            with ui.element("dt"):
                ui.label(label)
            with ui.element("dd"):
                ui.label(text)
        with ui.element("dd").classes("dim source"):
            ui.label(note.source)
