"""A product's scale: the length of a pixel, from a line of known length on its first good image."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from agents.interfaces.station.visit import Visit
from anomaly_core.numbers import plain_number


@dataclass
class Scale:
    """The scale of one product. width: of the image in its own pixels. mm_per_px: None where none is set."""

    visit: Visit
    product: str
    width: int
    mm_per_px: float | None

    def show_present(self) -> None:
        """Put what is set on the page."""
        self._present = ui.label(self._told(self.mm_per_px, present=True)).classes("scale-now")

    def build(self) -> None:
        """Put the form on the page. Without a mouse, the length in pixels can be typed."""
        say = self.visit.say
        ui.label(say("Draw a line along something whose length you know.")).classes("dim")
        with ui.row().classes("zone-form"):
            self._pixels = ui.number(say("Length in pixels"), min=0, format="%g", on_change=self._changed)
            self._mm = ui.number(say("Length in millimetres"), min=0, format="%g", on_change=self._changed)
            for field in (self._pixels, self._mm):
                field.props("outlined dense")
            self._save = ui.button(say("Set the scale"), icon="straighten", on_click=self._set)
            self._save.props("unelevated no-caps")
        self._shown = ui.label().classes("effect").props('role="status"')
        self._changed()

    def drawn(self, pixels: float) -> None:
        """Take the length of a line, in pixels of the original."""
        self._pixels.value = round(pixels, 1)

    @property
    def found(self) -> float | None:
        """Millimetres a pixel by the form; None where it lacks a length."""
        pixels, length = self._pixels.value, self._mm.value
        return length / pixels if pixels and length and pixels > 0 and length > 0 else None

    def _changed(self) -> None:
        self._shown.text = "" if self.found is None else self._told(self.found)
        self._save.enabled = self.found is not None

    def _told(self, mm_per_px: float | None, *, present: bool = False) -> str:
        say = self.visit.say
        if mm_per_px is None:
            return say("No scale is set: sizes are told in pixels.")
        values = {"scale": plain_number(mm_per_px), "width": plain_number(mm_per_px * self.width)}
        if present:
            return say("Scale: {scale} mm a pixel; the picture is {width} mm wide.", **values)
        return say("{scale} mm a pixel; the picture is {width} mm wide", **values)

    async def _set(self) -> None:
        found, products = self.found, self.visit.desk.products
        if found is None:
            return
        warnings = await self.visit.run(lambda: products.set_scale(self.product, found))
        if warnings is not None:
            self.mm_per_px = found
            self._present.text = self._told(found, present=True)
            told = self.visit.say(
                "{product}: sizes are told in millimetres from now on.", product=self.product
            )
            self.visit.tell_done(told, warnings)
