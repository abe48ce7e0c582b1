"""A person's verdict: what it would change is shown before it counts, and it can be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from agents.corrections import Outcome
from agents.interfaces.station.dialogs import choices, titled
from agents.interfaces.station.drawing import Drawing
from agents.interfaces.station.flips import label_word, list_flips, may_record
from agents.interfaces.station.leaving_out import LeavingOut
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from anomaly_core.errors import ConfigError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.zones import Box
from knowledge.products.corrections import Correction, Label
from tools.enrollment.trial import LATEST


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
        if self.visit.may("admin"):
            ui.button(say("Leave an area out"), icon="block", color=None, on_click=self.leave_out).props(
                "flat dense no-caps"
            ).classes("aside")

    def offer_normal(self, number: int) -> None:
        """Put the button on the page that says that a region is normal here; nothing for a viewer."""
        if self.visit.may("operator"):
            say = self.visit.say
            button = ui.button(say("Normal here"), color=None, on_click=lambda: self.good(number))
            button.props["aria-label"] = say("Region {number} is normal here", number=number)
            button.props("flat dense no-caps")

    async def good(self, region: int | None = None) -> None:
        """Say that the part, or one region, is normal: first tried, then shown, then recorded."""
        say, name = self.visit.say, self.shown.name
        with self.visit.waiting(say("Trying what this would change ...")) as progress:
            tried = await self.visit.run(
                lambda: self._correct("good", region=region, record=False, progress=progress)
            )
        if tried is None:
            return
        head = say("{name} is good", name=name)
        if region is not None:
            head = say("Region {number} of {name} is normal", number=region, name=name)
        with titled(head) as dialog:
            if region is not None:
                ui.label(self._of_region(tried))
            list_flips(self.visit, tried.flips)
            note = ui.input(say("Why (for the log)")).props("outlined dense")
            may_record(self.visit, dialog, tried.flips)
        if await dialog:
            await self._record("good", note=note.value, region=region)

    def _of_region(self, tried: Outcome) -> str:
        """Return what it means that a region is normal."""
        say = self.visit.say
        if tried.correction.learned != "zone":
            return say("It is the only region, so the whole part counts as good.")
        label = label_word(self.visit, tried.correction.verdict)
        return say("This place is no longer judged. Without it this part is {label}.", label=label)

    async def defective(self) -> None:
        """Say that the part is defective, with its type, and where it is."""
        say, desk, shown = self.visit.say, self.visit.desk, self.shown
        types = desk.types_of(shown.product)
        with titled(say("{name} is defective", name=shown.name), wide=True) as dialog:
            with ui.element("div").classes("beside"):
                with ui.element("div"):
                    ui.label(
                        say("Paint over the defect, if you like: then only that place is the example.")
                    ).classes("dim")
                    drawing = Drawing(self.visit, shown)
                    drawing.tools(self.visit, regions=bool(shown.regions))
                with ui.element("div"):
                    kind = ui.select(
                        types, label=say("Type"), with_input=True, new_value_mode="add-unique", clearable=True
                    )
                    kind.props("outlined dense")
                    note = ui.input(say("Why (for the log)")).props("outlined dense")
                    ui.label(
                        say("A type that is named joins the examples that later defects are compared with.")
                    ).classes("dim")

            async def given() -> None:
                dialog.submit(await drawing.strokes())

            choices(self.visit, dialog, say("Record"), given)
        strokes = await dialog
        if strokes is not None:
            await self._record("anomalous", note=note.value, defect_type=kind.value or None, strokes=strokes)

    async def leave_out(self) -> None:
        """Have an area of the image judged no more."""
        if await LeavingOut(self.visit, self.shown).ask():
            await _after(self.then)

    async def _record(self, verdict: Label, *, note: str, region: int | None = None, **more: Any) -> None:
        say, name = self.visit.say, self.shown.name
        with self.visit.waiting(say("Recording ...")) as progress:
            done = await self.visit.run(
                lambda: self._correct(verdict, note=note, region=region, progress=progress, **more)
            )
        if done is None:
            return
        if region is None:
            label = label_word(self.visit, verdict)
            told = say("Recorded: {name} is {label}.", name=name, label=label)
        else:
            told = say("Recorded: region {number} of {name} is normal.", number=region, name=name)
        self.visit.tell_done(told, done.warnings)
        await _after(self.then)

    def _correct(
        self,
        verdict: Label,
        *,
        note: str = "",
        defect_type: str | None = None,
        strokes: object = (),
        region: int | None = None,
        record: bool = True,
        progress: Progress | None = None,
    ) -> Outcome:
        desk, shown = self.visit.desk, self.shown
        image = desk.image(shown.sha256)
        if region is not None and region_moved(desk.boxes(image, shown.product), shown, region):
            raise ConfigError(
                self.visit.say("What is found on this image has changed since: inspect it again first.")
            )
        return desk.correct(
            image,
            verdict,
            product=shown.product,
            defect_type=defect_type,
            mask=desk.drawn_mask(image, shown.product, strokes) if strokes else None,
            note=note,
            region=region,
            against=0 if record else LATEST,
            accept_flips=record,
            record=record,
            progress=progress,
        )


def region_moved(boxes: Sequence[Box], shown: Shown, number: int) -> bool:
    """Return whether a region, from 1, is no longer what is shown; boxes: those found now."""
    return boxes[number - 1 : number] != [shown.regions[number - 1].bbox]


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
                ui.button(say("Undo"), icon="undo", color=None, on_click=lambda one=one: undo(one)).props(
                    "flat dense no-caps"
                )


async def _after(then: Callable[[], Awaitable[None] | None]) -> None:
    waiting = then()
    if waiting is not None:
        await waiting
