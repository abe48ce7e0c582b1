"""Questions that wait for a person: threads that stopped at a verdict that is not clear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from agents.graphs.threads import Waiting
from agents.interfaces.station.answer import Answer
from agents.interfaces.station.dialogs import titled
from agents.interfaces.station.flips import label_word
from agents.interfaces.station.pictures import Pictures
from agents.interfaces.station.result import verdict_band
from agents.interfaces.station.shown import of_record
from agents.interfaces.station.visit import Visit
from agents.state import Review
from knowledge.products.corrections import Label
from tools.records import AnswerRecord


@dataclass(frozen=True)
class WaitingQuestion:
    """One of them. then: done after it was answered."""

    visit: Visit
    waiting: Waiting
    then: Callable[[], Awaitable[None]]

    @property
    def name(self) -> str:
        """File name of its image."""
        return Path(self.waiting.request["image"]).name

    def build(self) -> None:
        """Put the question on the page, with the two verdicts that let it go on."""
        say, asked = self.visit.say, self.waiting.request
        ui.label(self.name).classes("title")
        ui.label(str(asked["question"] or "")).classes("question asked")
        told = say(
            "Measured as {label}, p = {p_value}. The answer waits for what you say.",
            label=label_word(self.visit, asked["measured"]),
            p_value=f"{asked['p_value']:.2g}",
        )
        ui.label(told)
        if self.visit.may("operator"):
            types = self.visit.desk.types_of(asked["product"])
            kind = ui.select(types, label=say("Type"), with_input=True, new_value_mode="add-unique")
            kind.props("outlined dense clearable")
            with ui.row().classes("judge"):
                ui.button(
                    say("It is good"), icon="thumb_up", color="positive", on_click=lambda: self._say("good")
                ).props("unelevated no-caps")
                ui.button(
                    say("It is defective"),
                    icon="thumb_down",
                    color="negative",
                    on_click=lambda: self._say("anomalous", kind.value or None),
                ).props("unelevated no-caps")
        picture = ui.element("img").classes("opened")
        picture.props["src"] = f"/api/v1/images/{asked['sha256']}/image?side=1400"
        picture.props["alt"] = self.name

    async def _say(self, verdict: Label, defect_type: str | None = None) -> None:
        if not self.visit.may("operator"):
            return
        word = Review(verdict=verdict, defect_type=defect_type)
        app = self.visit.desk.app
        with self.visit.waiting(self.visit.say("Reading ...")):
            reply = await self.visit.run(lambda: app.review(self.waiting.thread, word))
        shown = await self._show(reply) if isinstance(reply, AnswerRecord) else False
        if not shown:
            await self.then()

    async def _show(self, record: AnswerRecord) -> bool:
        """Show the answer until it is closed; return whether it can be shown."""
        shown = await self.visit.run(lambda: of_record(self.visit.desk, record))
        if shown is None:
            return False
        with titled(self.name, wide=True) as dialog:
            verdict_band(self.visit, shown)
            ui.label(record.question).classes("question")
            Answer(self.visit, shown, record).build()
            Pictures(self.visit, shown)
            close = ui.button(self.visit.say("Close"), on_click=dialog.close).classes("choices")
            close.props("flat no-caps")
        # Not before: the queue takes the place of what the dialog is a part of.
        dialog.on("hide", self.then)
        dialog.open()
        return True
