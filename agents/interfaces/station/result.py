"""A verdict on the screen: the decision large, its reasons, regions, type and remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from nicegui import ui

from agents.interfaces.station.pictures import Pictures
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from tools.classify.scores import UNKNOWN
from tools.report.words import reasons_in_words, words_of

ICONS: Final = {"pass": "check_circle", "review": "help", "fail": "cancel"}


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


def findings(visit: Visit, shown: Shown, seen: Pictures, offer: Callable[[int], None]) -> None:
    """Show reasons, type, regions, and what the catalogue says of cause, effect and action.

    offer: puts what may be done about a region, by its number from 1, beside it.
    """
    say = visit.say
    if shown.decision == "review":
        words = words_of(say.language)
        reasons = reasons_in_words(shown.reasons, shown.p_value, shown.review, words)
        for reason, measured in reasons or [(_reason(visit, shown), "")]:
            _point(f"{reason}: {measured}" if measured else reason, "info")
        if not shown.regions:
            _look_first(visit, shown, seen)
    if shown.defect is not None:
        _type(visit, shown)
    if shown.regions:
        with ui.element("table").classes("regions"):
            _row("th", (say("No."), say("Place"), say("Length"), say("Width"), ""))
            for number, region in enumerate(shown.regions, start=1):
                place = _places(visit).get(region.place, region.place)
                cells = (str(number), place, region.length or "-", region.width or "-")
                with _row("td", cells), ui.element("td"):
                    offer(number)
    for warning in shown.warnings:
        ui.label(warning).classes("warning")


def _point(text: str, icon: str) -> None:
    with ui.row().classes("reason"):
        ui.icon(icon)
        ui.label(text)


def _look_first(visit: Visit, shown: Shown, seen: Pictures) -> None:
    """Say, and frame on the pictures, where an image without a region is most unusual, once that is known."""
    told = ui.element("div")

    async def look() -> None:
        peak = await visit.run(lambda: visit.desk.peak(shown.sha256, shown.product))
        if peak is None or told.is_deleted:
            return
        seen.look_at(peak.bbox)
        place = _places(visit).get(peak.cell, peak.cell)
        with told:
            _point(visit.say("Look first at: {place}", place=place), "center_focus_strong")

    with told:
        ui.timer(0, look, once=True)


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


def _row(tag: str, cells: Sequence[str]) -> ui.element:
    with ui.element("tr") as row:
        for cell in cells:
            ui.html(escape(cell), sanitize=False, tag=tag)
    return row


def _type(visit: Visit, shown: Shown) -> None:
    say = visit.say
    states = {"confirmed": say("confirmed"), "likely": say("likely"), "unknown": say("not known here")}
    with ui.element("div").classes("type"):
        if shown.defect == UNKNOWN:
            ui.label(say("Type not known")).classes("name")
            if shown.candidates:
                named = ", ".join(plain_name(each) for each in shown.candidates)
                ui.label(say("It may be: {types}", types=named))
            elif shown.candidates is not None:
                told = say("The catalogue describes nothing like it. Name it once, and it is known.")
                ui.label(told).classes("dim")
        else:
            ui.label(plain_name(shown.defect or "")).classes("name")
            ui.label(states.get(shown.status, shown.status)).classes(f"chip {shown.status}")
    for note in shown.notes:
        if shown.defect == UNKNOWN:
            with ui.expansion(plain_name(note.type)).props("dense"):
                show_note(visit, note)
        else:
            show_note(visit, note)


def show_note(visit: Visit, note: Entry, *, whole: bool = False) -> None:
    """Show an entry of the catalogue: its fields, or its prose where it has none. whole: its look too."""
    say = visit.say
    fields = (
        *([(say("Look"), note.look)] if whole else []),
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
