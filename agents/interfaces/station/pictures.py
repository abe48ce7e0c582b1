"""The pictures of a verdict: the image with its heat map and regions, and the nearest good part.

`pictures.js` zooms, pans and compares them.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from nicegui import ui

from agents.interfaces.station.shown import Shown, ShownRegion
from agents.interfaces.station.visit import Visit

SIDE: Final = 1400
"""Longer side of a picture on the screen, in pixels."""
WHOLE: Final = 8192
"""Longer side of a picture that is zoomed, at most."""
WIDE: Final = 1.9
"""Width to height of images that stand above each other rather than beside."""
TAG: Final = 22
"""Side of a region's number, in pixels of the screen."""
Box = tuple[int, int, int, int]


class Pictures:
    """The pictures of one image. heat: the slider of the heat map's opacity, in percent."""

    def __init__(self, visit: Visit, shown: Shown) -> None:
        say, address = visit.say, f"/api/v1/images/{shown.sha256}"
        product = f"product={quote(shown.product, safe='')}"
        width, height = shown.size
        self._shown = shown
        with ui.element("iad-pictures").classes("pictures") as whole:
            whole.style(f"--ratio: {width / height:.5f}").props(f"data-width={width}")
            if width > WIDE * height:
                whole.classes("wide")
            self._tools(visit)
            with ui.element("div").classes("views"):
                with ui.element("figure").classes("part"):
                    with ui.element("div").classes("stack"):
                        with ui.element("div").classes("moves"):
                            self._picture(f"{address}/image?", shown.name)
                            heat = self._picture(f"{address}/heatmap?{product}&", "").classes("heat")
                            marks = [self._marks()]
                        divider = ui.element("div").classes("divider").props("role=slider tabindex=0")
                        divider.props["aria-label"] = say("Border between this part and the good part")
                    with ui.element("figcaption"):
                        ui.label(say("This part"))
                with ui.element("figure").classes("good"):
                    with ui.element("div").classes("stack"), ui.element("div").classes("moves"):
                        self._picture(f"{address}/registered?{product}&", say("Nearest good part"))
                        marks.append(self._marks())
                    with ui.element("figcaption"):
                        ui.label(say("Nearest good part"))
        heat.style("opacity: 0.6")
        self.heat.on_value_change(lambda event: heat.style(f"opacity: {event.value / 100}"))
        self._all_marks = marks

    def look_at(self, box: Box) -> None:
        """Draw a dashed frame around a place. box: x0, y0, x1, y1 in pixels of the original."""
        for marks in self._all_marks:
            marks.content = _drawn(self._shown, box)

    def _tools(self, visit: Visit) -> None:
        say = visit.say
        with ui.element("div").classes("tools"):
            with ui.element("div").classes("switch").props('role="group"') as ways:
                ways.props["aria-label"] = say("Compare with the nearest good part")
                for way, word, icon in (
                    ("beside", say("Beside"), "view_column"),
                    ("slide", say("Slide"), "compare"),
                    ("blink", say("Blink"), "flip"),
                ):
                    with ui.element("button").props(f"type=button aria-pressed=false data-way={way}"):
                        ui.icon(icon)
                        ui.html(word, sanitize=False, tag="span")
            with ui.element("div").classes("heatbar"):
                ui.icon("local_fire_department")
                ui.label(say("Heat map")).classes("name")
                self.heat = ui.slider(min=0, max=100, value=60)
                self.heat.props(f'label aria-label="{say("Heat map")}"')
            with ui.element("div").classes("switch zooms"):
                for key, word, icon in (
                    ("-", say("Zoom out"), "zoom_out"),
                    ("0", say("Whole picture"), "fit_screen"),
                    ("+", say("Zoom in"), "zoom_in"),
                ):
                    with ui.element("button").props(f"type=button data-zoom={key}") as button:
                        button.props.update({"aria-label": word, "title": f"{word} ({key})"})
                        ui.icon(icon)

    def _picture(self, address: str, words: str) -> ui.element:
        picture = ui.element("img").props("draggable=false")
        picture.props.update({"src": f"{address}side={SIDE}", "alt": words})
        if max(self._shown.size) > SIDE:
            picture.props["data-whole"] = f"{address}side={WHOLE}"
        return picture

    def _marks(self) -> ui.html:
        return ui.html(_drawn(self._shown), sanitize=False).classes("boxes")


def _drawn(shown: Shown, look: Box | None = None) -> str:
    """Return regions as numbered boxes, and a dashed one around `look`, as SVG in pixels of the original."""
    width, height = shown.size
    drawn = [
        f'<g data-region="{number}">{_box(region.bbox)}{_tag(region, number)}</g>'
        for number, region in enumerate(shown.regions, start=1)
    ]
    if look is not None:
        space, edge = round(max(width, height) / 80), max(1, round(max(width, height) / 300))
        x0, y0, x1, y1 = look
        around = (
            max(edge, x0 - space),
            max(edge, y0 - space),
            min(width - edge, x1 + space),
            min(height - edge, y1 + space),
        )
        drawn += [_box(around, "under"), _box(around, "look")]
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(drawn)}</svg>'


def _box(box: Box, kind: str = "region") -> str:
    x0, y0, x1, y1 = box
    return f'<rect class="{kind}" x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}"/>'


def _tag(region: ShownRegion, number: int) -> str:
    """Return a region's number above its box; the style scales it to the screen."""
    x0, y0, _, _ = region.bbox
    return (
        f'<g style="--left: {x0}; --top: {y0}"><rect class="tag" y="-{TAG}" width="{TAG}" height="{TAG}"/>'
        f'<text x="{TAG / 2}" y="-5">{number}</text></g>'
    )
