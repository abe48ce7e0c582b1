"""A person's verdict: what it would change is shown before it counts, and it can be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from agents.corrections import Outcome
from agents.interfaces.station.flips import label_word, list_flips
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from knowledge.products.corrections import Correction, Label

AGAINST: Final = 8
"""Last inspected images of the product that a correction is tried on, besides those that people judged."""


@dataclass(frozen=True)
class Correcting:
    """The buttons under a verdict. then: done after a verdict is recorded or undone."""

    visit: Visit
    shown: Shown
    then: Callable[[], Awaitable[None] | None]

    def build(self) -> None:
        """Put the buttons on the page; nothing for a viewer."""
        say = self.visit.say
        if not self.visit.may("operator"):
            return
        with ui.row().classes("judge"):
            for word, icon, colour, work in (
                (say("It is good"), "thumb_up", "positive", self.good),
                (say("It is defective"), "thumb_down", "negative", self.defective),
            ):
                ui.button(word, icon=icon, color=colour, on_click=work).props("unelevated no-caps")

    async def good(self) -> None:
        """Say that the part is good: first tried, then shown, then recorded."""
        say = self.visit.say
        waiting = ui.notification(
            say("Trying what this would change ..."), spinner=True, timeout=None, position="top"
        )
        tried = await self.visit.run(lambda: self._correct("good", record=False))
        waiting.dismiss()
        if tried is None:
            return
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(say("{name} is good", name=self.shown.name)).classes("head")
            list_flips(self.visit, tried.flips)
            note = ui.input(say("Why (for the log)")).props("outlined dense")
            word = say("Record all the same") if any(flip.harms for flip in tried.flips) else say("Record")
            with ui.row().classes("choices"):
                ui.button(say("Cancel"), on_click=dialog.close).props("flat no-caps")
                ui.button(word, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
        if await dialog:
            await self._record("good", note=note.value, accept_flips=True)

    async def defective(self) -> None:
        """Say that the part is defective, with its type."""
        say, desk = self.visit.say, self.visit.desk
        types = desk.types_of(self.shown.product)
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(say("{name} is defective", name=self.shown.name)).classes("head")
            kind = ui.select(
                types, label=say("Type"), with_input=True, new_value_mode="add-unique", clearable=True
            )
            kind.props("outlined dense")
            note = ui.input(say("Why (for the log)")).props("outlined dense")
            ui.label(
                say("A type that is named joins the examples that later defects are compared with.")
            ).classes("dim")
            with ui.row().classes("choices"):
                ui.button(say("Cancel"), on_click=dialog.close).props("flat no-caps")
                ui.button(say("Record"), on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
        if await dialog:
            await self._record("anomalous", note=note.value, defect_type=kind.value or None)

    async def _record(
        self, verdict: Label, *, note: str, defect_type: str | None = None, accept_flips: bool = False
    ) -> None:
        say = self.visit.say
        done = await self.visit.run(
            lambda: self._correct(verdict, note=note, defect_type=defect_type, accept_flips=accept_flips)
        )
        if done is None:
            return
        told = say(
            "Recorded: {name} is {label}.", name=self.shown.name, label=label_word(self.visit, verdict)
        )
        ui.notify(told, type="positive", position="top")
        await _after(self.then)

    def _correct(
        self,
        verdict: Label,
        *,
        note: str = "",
        defect_type: str | None = None,
        accept_flips: bool = False,
        record: bool = True,
    ) -> Outcome:
        desk = self.visit.desk
        return desk.correct(
            desk.image(self.shown.sha256),
            verdict,
            product=self.shown.product,
            defect_type=defect_type,
            note=note,
            against=0 if accept_flips else AGAINST,
            accept_flips=accept_flips,
            record=record,
        )


def last_corrections(visit: Visit, then: Callable[[], Awaitable[None] | None], most: int = 5) -> None:
    """List the last corrections that hold, each with a button that undoes it."""
    say = visit.say
    held = visit.desk.corrections()[-most:][::-1]
    if not held:
        return
    ui.label(say("Recorded lately")).classes("head")

    async def undo(one: Correction) -> None:
        if await visit.run(lambda: visit.desk.app.undo_correction(one.id)) is not None:
            ui.notify(say("Undone: {name}.", name=one.image), position="top")
            await _after(then)

    for one in held:
        with ui.row().classes("recorded"):
            words = (label_word(visit, one.verdict), one.defect_type)
            ui.label(f"{one.image}: {', '.join(word for word in words if word)}")
            if visit.may("operator"):
                ui.button(say("Undo"), icon="undo", on_click=lambda one=one: undo(one)).props(
                    "flat dense no-caps"
                )


async def _after(then: Callable[[], Awaitable[None] | None]) -> None:
    waiting = then()
    if waiting is not None:
        await waiting
