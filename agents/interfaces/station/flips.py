"""Verdicts that a change would flip, shown before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from agents.interfaces.station.dialogs import choices
from agents.interfaces.station.visit import Visit
from tools.enrollment.trial import Flip, Judgement


def label_word(visit: Visit, label: Judgement) -> str:
    """Return a label in the visitor's language."""
    if label == "review":
        return visit.say("REVIEW").lower()
    return visit.say("good") if label == "good" else visit.say("defective")


def list_flips(visit: Visit, flips: Sequence[Flip]) -> None:
    """List flips; those that harm stand out."""
    say = visit.say
    if not flips:
        ui.label(say("No other verdict that was looked at would change."))
        return
    ui.label(say("These verdicts would change:"))
    for flip in flips:
        with ui.row().classes("flip harm" if flip.harms else "flip"):
            ui.icon("warning" if flip.harms else "check")
            ui.label(f"{flip.name}: {label_word(visit, flip.before)} → {label_word(visit, flip.after)}")
            if flip.confirmed is not None:
                told = say("a person said {label}", label=label_word(visit, flip.confirmed))
                ui.label(told).classes("dim")


async def agreed(visit: Visit, flips: Sequence[Flip]) -> bool:
    """Ask whether a change is to be made although it flips verdicts."""
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        list_flips(visit, flips)
        choices(visit, dialog, visit.say("Change it all the same"), lambda: dialog.submit(True))
    return bool(await dialog)


def may_record(visit: Visit, dialog: ui.dialog, flips: Sequence[Flip]) -> None:
    """Put the buttons under a trial: the dialog is answered with True where it is to be recorded."""
    say = visit.say
    word = say("Record all the same") if any(flip.harms for flip in flips) else say("Record")
    choices(visit, dialog, word, lambda: dialog.submit(True))
