"""Review: what waits for a person, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from agents.interfaces.station.correcting import Correcting, last_corrections
from agents.interfaces.station.pictures import Pictures
from agents.interfaces.station.result import findings, verdict_band
from agents.interfaces.station.shown import Shown, of_row
from agents.interfaces.station.visit import Visit
from agents.interfaces.station.waiting import WaitingQuestion
from knowledge.log.entry import shown_time

MOST = 100


class ReviewPage:
    """The queue, and what is looked at: an inspection, or a question that waits."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._rows: list[dict[str, Any]] = []
        self._questions: list[WaitingQuestion] = []

    async def build(self) -> None:
        """Put the page together, and show the first that waits."""
        with ui.element("div").classes("desk"):
            self._list = ui.element("aside").classes("queue long")
            self._view = ui.element("div").classes("result")
        await self.refresh()

    async def refresh(self) -> None:
        """Read the queue anew, and show its first."""
        desk = self.visit.desk
        self._rows = await self.visit.run(lambda: desk.history.waiting(limit=MOST)) or []
        held = await self.visit.run(desk.app.conversations.waiting) or []
        self._questions = [WaitingQuestion(self.visit, one, self.refresh) for one in held]
        self._build_list()
        if self._rows:
            await self.show(self._rows[0])
        elif self._questions:
            await self.show_question(self._questions[0])
        else:
            self._view.clear()
            with self._view, ui.element("section").classes("empty"):
                ui.icon("done_all").classes("sign")
                ui.label(self.visit.say("Nothing waits for review."))

    def _build_list(self) -> None:
        say = self.visit.say
        self._list.clear()
        self._cards: dict[int | str, ui.element] = {}
        with self._list:
            ui.label(say("Waiting: {count}", count=len(self._rows))).classes("head")
            with ui.element("div").classes("waits"):
                for row in self._rows:
                    lines = (row["product"], f"{shown_time(row['at'])}  p = {row['p_value']:.2g}")
                    self._card(row["number"], row["sha256"], row["name"], lines, partial(self.show, row))
            if self._questions:
                ui.label(say("Questions that wait: {count}", count=len(self._questions))).classes("head")
            for one in self._questions:
                asked = one.waiting.request
                lines = (asked["product"], asked["question"] or "")
                self._card(
                    one.waiting.thread,
                    asked["sha256"],
                    one.name,
                    lines,
                    partial(self.show_question, one),
                )
            last_corrections(self.visit, self.refresh)

    def _card(
        self,
        key: int | str,
        sha256: str,
        name: str,
        lines: tuple[str, str],
        show: Callable[[], Awaitable[None]],
    ) -> None:
        with ui.element("button").classes("card").on("click", show) as card:
            picture = ui.element("img")
            picture.props["src"] = f"/api/v1/images/{sha256}/image?side=160"
            picture.props.update({"alt": "", "loading": "lazy"})
            with ui.element("div"):
                ui.label(name).classes("file")
                ui.label(lines[0])
                ui.label(lines[1]).classes("dim")
        self._cards[key] = card

    def _mark(self, key: int | str) -> None:
        for each, card in self._cards.items():
            card.classes(add="here") if each == key else card.classes(remove="here")
        self._view.clear()

    async def show(self, row: dict[str, Any]) -> None:
        """Show one that waits."""
        self._mark(row["number"])
        shown: Shown | None = await self.visit.run(lambda: of_row(self.visit.desk, row))
        self._view.clear()
        if shown is None:
            return
        with self._view:
            verdict_band(self.visit, shown)
            judging = Correcting(self.visit, shown, self.refresh)
            with ui.element("div").classes("told across"):
                told = ui.element("div")
                judging.build()
            with ui.element("div").classes("seen"):
                seen = Pictures(self.visit, shown)
            with told:
                findings(self.visit, shown, seen, judging.offer_normal)

    async def show_question(self, one: WaitingQuestion) -> None:
        """Show a question that waits."""
        self._mark(one.waiting.thread)
        with self._view, ui.element("div").classes("told"):
            one.build()
