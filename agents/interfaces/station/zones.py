"""A product's zones, and a known length for its scale, drawn on its first good image."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time_ns
from urllib.parse import quote

from nicegui import events, ui

from agents.interfaces.station.flips import agreed
from agents.interfaces.station.pictures import SIDE
from agents.interfaces.station.scale import Scale
from agents.interfaces.station.visit import Visit
from anomaly_core.product import ProductModel
from tools.zones import ZoneOutcome, zones_of

Changed = tuple[ZoneOutcome, list[str]]
"""A change of the zones, and what failed beside it."""


@dataclass
class Zones:
    """The zones of one product, and its scale.

    corners: of the box or ends of the line that is being drawn, in pixels of the picture. scale: of the
    original to the picture.
    """

    visit: Visit
    product: str
    model: ProductModel
    corners: list[tuple[float, float]] = field(default_factory=list)
    drawing: bool = False
    measures: bool = False
    scale: float = 1.0

    async def build(self) -> None:
        """Put image and list on the page."""
        say, desk = self.visit.say, self.visit.desk
        size = await self.visit.run(lambda: desk.first_good(self.product).size)
        if size is None:
            return
        self.scale = max(1.0, max(size) / SIDE)
        self._image = ui.interactive_image(
            self._address(),
            on_mouse=self._mouse,
            events=["pointerdown", "pointermove", "pointerup"],
            sanitize=False,
        ).classes("zoned")
        self._image.props["aria-label"] = self.product
        self._known = Scale(self.visit, self.product, size[0], self.model.mm_per_px)
        self._known.show_present()
        if self.visit.may("admin"):
            self._image.classes("drawn-on")
            modes = {False: say("Areas"), True: say("Known length")}
            mode = ui.toggle(modes, value=False, on_change=lambda event: self._measure(event.value))
            mode.props("no-caps unelevated")
            with ui.element("div").bind_visibility_from(mode, "value", value=False):
                ui.label(
                    say("Draw a box on the image to name an area, or to leave it out of what is judged.")
                ).classes("dim")
                with ui.row().classes("zone-form"):
                    self._name = ui.input(say("Name of the area")).props("outlined dense")
                    self._ignored = ui.checkbox(say("not judged"))
                    ui.button(say("Add"), icon="add", on_click=self._add).props("unelevated no-caps")
            with ui.element("div").bind_visibility_from(mode, "value"):
                self._known.build()
        self._list = ui.element("div").classes("zones")
        self._show_list()

    def _measure(self, measures: bool) -> None:
        self.measures = measures
        self._clear()

    def _clear(self) -> None:
        self.corners = []
        self._image.content = ""

    def _address(self) -> str:
        # The picture changes with the zones.
        return f"/api/v1/products/{quote(self.product, safe='')}/image?side={SIDE}&at={time_ns()}"

    def _mouse(self, event: events.MouseEventArguments) -> None:
        if not self.visit.may("admin"):
            return
        here = (event.image_x, event.image_y)
        if event.type == "pointerdown":
            self.corners = [here]
            self.drawing = True
        elif self.drawing:
            self.corners = [self.corners[0], here]
            self.drawing = event.type != "pointerup"
        else:
            return
        if len(self.corners) == 2:
            self._show_drawn()

    def _show_drawn(self) -> None:
        line = 'stroke="#00beff" stroke-width="3" vector-effect="non-scaling-stroke"'
        if self.measures:
            (ax, ay), (bx, by) = self.corners
            self._image.content = f'<line x1="{ax}" y1="{ay}" x2="{bx}" y2="{by}" {line}/>'
            self._known.drawn(self.scale * math.hypot(bx - ax, by - ay))
            return
        x0, y0, x1, y1 = self._corners()
        self._image.content = (
            f'<rect x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}" fill="#00beff33" {line}/>'
        )

    def _corners(self) -> tuple[float, float, float, float]:
        (ax, ay), (bx, by) = self.corners
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def _box(self) -> tuple[int, int, int, int]:
        """Return the box in pixels of the original."""
        x0, y0, x1, y1 = (round(self.scale * each) for each in self._corners())
        return x0, y0, x1, y1

    async def _add(self) -> None:
        say, name, ignored = self.visit.say, (self._name.value or "").strip(), bool(self._ignored.value)
        if len(self.corners) != 2 or not name:
            self.visit.tell_error(say("Draw a box on the image and name it first."))
            return
        box, products = self._box(), self.visit.desk.products
        await self._changed(
            await self.visit.run(lambda: products.add_zone(self.product, name, box, ignored=ignored)),
            lambda: products.add_zone(self.product, name, box, ignored=ignored, accept_flips=True),
        )

    def _show_list(self) -> None:
        say, tools = self.visit.say, self.visit.desk.app.tools
        self._list.clear()
        with self._list:
            for zone in zones_of(tools, self.product):
                with ui.row().classes("recorded named"):
                    ui.icon("block" if zone.ignored else "crop_free")
                    ui.label(f"{zone.name}, {say('not judged')}" if zone.ignored else zone.name)
                    if self.visit.may("admin"):
                        ui.button(
                            say("Remove"), color=None, on_click=lambda name=zone.name: self._remove(name)
                        ).props("flat dense no-caps")

    async def _remove(self, name: str) -> None:
        products = self.visit.desk.products
        await self._changed(
            await self.visit.run(lambda: products.remove_zone(self.product, name)),
            lambda: products.remove_zone(self.product, name, accept_flips=True),
        )

    async def _changed(self, first: Changed | None, again: Callable[[], Changed]) -> None:
        """Show a change, or ask first where it would flip verdicts that stand."""
        done = first
        if done is not None and not done[0].accepted and await agreed(self.visit, done[0].flips):
            done = await self.visit.run(again)
        if done is None or not done[0].accepted:
            return
        for warning in done[1]:
            self.visit.tell_error(warning)
        self._clear()
        self._image.set_source(self._address())
        self._show_list()
