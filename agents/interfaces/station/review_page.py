"""Review: what waits for a person, one after the other."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from agents.interfaces.station.correcting import Correcting, last_corrections
from agents.interfaces.station.pictures import Pictures
from agents.interfaces.station.result import findings, verdict_band
from agents.interfaces.station.shown import Shown, of_row
from agents.interfaces.station.visit import Visit
from knowledge.log.entry import shown_time

MOST = 100


class ReviewPage:
    """The queue, and the image that is looked at."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._rows: list[dict[str, Any]] = []

    async def build(self) -> None:
        """Put the page together, and show the first that waits."""
        with ui.element("div").classes("desk"):
            self._list = ui.element("aside").classes("queue long")
            self._view = ui.element("div").classes("result")
        await self.refresh()

    async def refresh(self) -> None:
        """Read the queue anew, and show its first."""
        rows = await self.visit.run(lambda: self.visit.desk.history.waiting(limit=MOST))
        self._rows = rows or []
        self._build_list()
        if self._rows:
            await self.show(self._rows[0])
        else:
            self._view.clear()
            with self._view, ui.element("section").classes("empty"):
                ui.icon("done_all").classes("sign")
                ui.label(self.visit.say("Nothing waits for review."))

    def _build_list(self) -> None:
        say = self.visit.say
        self._list.clear()
        self._cards: dict[int, ui.element] = {}
        with self._list:
            ui.label(say("Waiting: {count}", count=len(self._rows))).classes("head")
            with ui.element("div").classes("waits"):
                for row in self._rows:
                    self._cards[row["number"]] = self._card(row)
            last_corrections(self.visit, self.refresh)

    def _card(self, row: dict[str, Any]) -> ui.element:
        with ui.element("button").classes("card").on("click", lambda: self.show(row)) as card:
            picture = ui.element("img")
            picture.props["src"] = f"/api/v1/images/{row['sha256']}/image?side=160"
            picture.props.update({"alt": "", "loading": "lazy"})
            with ui.element("div"):
                ui.label(row["name"]).classes("file")
                ui.label(row["product"])
                ui.label(f"{shown_time(row['at'])}  p = {row['p_value']:.2g}").classes("dim")
        return card

    async def show(self, row: dict[str, Any]) -> None:
        """Show one that waits."""
        for number, card in self._cards.items():
            card.classes(add="here") if number == row["number"] else card.classes(remove="here")
        shown: Shown | None = await self.visit.run(lambda: of_row(self.visit.desk, row))
        self._view.clear()
        if shown is None:
            return
        with self._view:
            verdict_band(self.visit, shown)
            with ui.element("div").classes("told across"):
                told = ui.element("div")
                Correcting(self.visit, shown, self.refresh).build()
            with ui.element("div").classes("seen"):
                seen = Pictures(self.visit, shown)
            with told:
                findings(self.visit, shown, seen)
