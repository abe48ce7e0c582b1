"""An area of the present image that is not to be judged: drawn, named, tried, and only then a zone."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from agents.interfaces.station.dialogs import choices, titled
from agents.interfaces.station.drawing import Drawing
from agents.interfaces.station.flips import list_flips, may_record
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from anomaly_core.good_images import Progress
from anomaly_core.imaging.zones import Box
from tools.enrollment.trial import LATEST
from tools.zones import ZoneOutcome, zones_of


@dataclass(frozen=True)
class LeavingOut:
    """The dialog in which an area is left out; for an admin."""

    visit: Visit
    shown: Shown

    async def ask(self) -> bool:
        """Let an area be drawn and named; return whether it is left out now."""
        say, name = self.visit.say, self.shown.product
        if not self.visit.may("admin"):
            return False
        with titled(say("Leave an area of {product} out", product=name), wide=True) as dialog:
            with ui.element("div").classes("beside"):
                drawing = Drawing(self.visit, self.shown, box=True)
                with ui.element("div"):
                    ui.label(say("Draw a box around what is never to be judged on this product.")).classes(
                        "dim"
                    )
                    named = ui.input(say("Name of the area")).props("outlined dense")

            async def given() -> None:
                box, text = await drawing.corners(), (named.value or "").strip()
                if box is None or not text:
                    self.visit.tell_error(say("Draw a box on the image and name it first."))
                elif text in {each.name for each in zones_of(self.visit.desk.app.tools, name)}:
                    self.visit.tell_error(
                        say("There is an area {name} already: take another name.", name=text)
                    )
                else:
                    dialog.submit((text, box))

            choices(self.visit, dialog, say("Try it"), given)
        chosen: tuple[str, Box] | None = await dialog
        return chosen is not None and await self._tried(*chosen)

    async def _tried(self, name: str, box: Box) -> bool:
        say = self.visit.say
        with self.visit.waiting(say("Trying what this would change ...")) as progress:
            tried = await self.visit.run(lambda: self._leave_out(name, box, progress, record=False))
        if tried is None:
            return False
        head = say("{name}: not judged on any {product}", name=name, product=self.shown.product)
        with titled(head) as dialog:
            list_flips(self.visit, tried[0].flips)
            may_record(self.visit, dialog, tried[0].flips)
        if not await dialog:
            return False
        with self.visit.waiting(say("Recording ...")) as progress:
            done = await self.visit.run(lambda: self._leave_out(name, box, progress, record=True))
        if done is None:
            return False
        self.visit.tell_done(say("Recorded: {name} is not judged.", name=name), done[1])
        return True

    def _leave_out(
        self, name: str, box: Box, progress: Progress, *, record: bool
    ) -> tuple[ZoneOutcome, list[str]]:
        desk, shown = self.visit.desk, self.shown
        return desk.leave_out(
            desk.image(shown.sha256),
            shown.product,
            name,
            box,
            against=0 if record else LATEST,
            accept_flips=record,
            record=record,
            progress=progress,
        )
