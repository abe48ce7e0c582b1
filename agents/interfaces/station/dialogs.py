"""Dialogs: each has its head as its name, and ends with what may be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import ui

from agents.interfaces.station.visit import Visit


@contextmanager
def titled(head: str, *, wide: bool = False) -> Iterator[ui.dialog]:
    """Put a dialog together, under its head. wide: it holds a picture."""
    with ui.dialog() as dialog, ui.card().classes("dialog drawn" if wide else "dialog"):
        dialog.props["aria-label"] = head
        ui.label(head).classes("head")
        yield dialog


def choices(visit: Visit, dialog: ui.dialog, word: str, done: Callable[[], Any]) -> None:
    """Put a dialog's two buttons on it: nothing is done, or what the word says."""
    with ui.row().classes("choices"):
        ui.button(visit.say("Cancel"), on_click=dialog.close).props("flat no-caps")
        ui.button(word, on_click=done).props("unelevated no-caps")
