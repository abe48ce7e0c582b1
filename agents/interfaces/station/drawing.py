"""A picture to draw on, by finger, pen, mouse or keys: a mask with a brush, or a box."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import ui
from nicegui.element import Element

from agents.interfaces.station.pictures import SIDE
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from anomaly_core.imaging.zones import Box

ANSWER_S = 20.0
"""Seconds in which a browser must tell what was drawn."""


class Drawing(Element, component="drawing.js"):
    """An inspected image under what is drawn on it. box: a box is drawn, instead of strokes of a brush."""

    def __init__(self, visit: Visit, shown: Shown, *, box: bool = False) -> None:
        super().__init__()
        say, address = visit.say, f"/api/v1/images/{shown.sha256}"
        self.props.update(
            {
                "picture": f"{address}/image?side={SIDE}",
                "regions": f"{address}/mask?side={SIDE}&product={quote(shown.product, safe='')}",
                "label": say("{name}: arrow keys move, space begins and ends a stroke", name=shown.name),
                "width": shown.size[0],
                "height": shown.size[1],
                "box": box,
                "brush": 4,
                "erasing": False,
            }
        )

    async def strokes(self) -> list[dict[str, Any]]:
        """Return what was done, see `agents.desk.strokes.Stroke`."""
        done: list[dict[str, Any]] = await self.run_method("drawn", timeout=ANSWER_S)
        return done

    async def corners(self) -> Box | None:
        """Return the last box, in pixels of the image; None where there is none yet."""
        done = await self.strokes()
        points = [round(each) for each in done[-1].get("points", ())] if done else []
        if len(points) != 4:
            return None
        xs, ys = sorted(points[::2]), sorted(points[1::2])
        return xs[0], ys[0], xs[1], ys[1]

    def tools(self, visit: Visit, *, regions: bool) -> None:
        """Put the brush's tools on the page. regions: whether regions were found that one may begin from."""
        say = visit.say
        with ui.element("div").classes("brushes"):
            way = ui.toggle({False: say("Paint"), True: say("Erase")}, value=False).props(
                "no-caps unelevated"
            )
            way.on_value_change(lambda event: self._set("erasing", bool(event.value)))
            for word, icon, method in (
                (say("Undo"), "undo", "undo"),
                (say("Clear"), "layers_clear", "clear"),
                *([(say("Regions found"), "select_all", "from_regions")] if regions else []),
            ):
                ui.button(word, icon=icon, on_click=lambda method=method: self.run_method(method)).props(
                    "flat dense no-caps"
                )
            with ui.row().classes("size"):
                ui.label(say("Brush")).classes("dim")
                size = ui.slider(min=1, max=15, value=4).props(f'aria-label="{say("Brush")}"')
                size.on_value_change(lambda event: self._set("brush", event.value))

    def _set(self, name: str, value: float) -> None:
        self.props[name] = value
        self.update()
