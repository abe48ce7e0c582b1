"""Inspect: drop an image or take the next of the watched folder, and see what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from nicegui import events, ui

from agents.desk.kept import KeptImage
from agents.interfaces.service.uploads import shown as shown_name
from agents.interfaces.station.camera import camera
from agents.interfaces.station.correcting import Correcting
from agents.interfaces.station.pictures import Pictures
from agents.interfaces.station.result import findings, verdict_band
from agents.interfaces.station.shown import Shown, of_record, of_row
from agents.interfaces.station.talk import Talk
from agents.interfaces.station.visit import Visit


class InspectPage:
    """The page's present image."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._talk: Talk | None = None
        self._slider: ui.slider | None = None
        self._judging: Correcting | None = None
        self._heat = 60.0

    async def build(self, sha256: str | None) -> None:
        """Put the page together. sha256: of an image of the log to begin with."""
        say = self.visit.say
        if self.visit.may("operator"):
            self._intake()
        self._result = ui.element("div").classes("result")
        # A button that was just clicked keeps the focus, and must not swallow the keys.
        ui.keyboard(on_key=self._key, ignore=["input", "select", "textarea"])
        if sha256 is not None:
            self._show(await self.visit.run(lambda: self._of_log(sha256)))
        elif not self.visit.may("operator"):
            ui.label(say("Your key may look at the log, not inspect.")).classes("dim")

    def _intake(self) -> None:
        say, visit = self.visit.say, self.visit
        names = visit.desk.product_names()
        with ui.element("section").classes("intake"):
            self._upload = ui.upload(
                label=say("Drop an image here, or press O"),
                auto_upload=True,
                on_upload=self._uploaded,
                on_rejected=lambda: visit.tell_error(say("Some of these files are no images.")),
            )
            self._upload.props('accept="image/*" flat bordered').classes("drop")
            camera(visit)
            self._product = ui.select(
                {"": say("Find the product by itself"), **{name: name for name in names}},
                value="",
                label=say("Product"),
            ).props("outlined dense")
            self._product.on_value_change(lambda: self._product.run_method("blur"))
            if visit.watched is not None:
                self._next = ui.button(icon="skip_next", on_click=self.take_next).props("unelevated no-caps")
                ui.timer(2.0, self._count)
                self._count()
            ui.button(icon="keyboard", color=None, on_click=self._keys).props(
                f'flat round aria-label="{say("Keys")}"'
            )
        if not names:
            with ui.element("section").classes("empty"):
                ui.label(say("No product is enrolled yet."))
                ui.link(say("Enrol one from images of good parts"), "/products")

    def _count(self) -> None:
        if self.visit.watched is not None:
            count = len(self.visit.watched.waiting())
            self._next.text = self.visit.say("Next of {count} (N)", count=count)
            self._next.enabled = count > 0

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        with self.visit.desk.images.receiving() as incoming:
            async for data in event.file.iterate():
                incoming.write(data)
        self._upload.reset()
        await self._inspect(KeptImage(incoming.path, shown_name(event.file.name)))

    async def take_next(self) -> None:
        """Inspect the next image of the watched folder."""
        path: Path | None = None if self.visit.watched is None else self.visit.watched.next()
        if path is not None:
            self._count()
            await self._inspect(KeptImage(path, path.name, passing=False))

    async def _inspect(self, image: KeptImage) -> None:
        desk, product = self.visit.desk, self._product.value or None
        self._forget()
        with self._result, ui.element("section").classes("band busy"):
            ui.spinner(size="lg")
            ui.label(self.visit.say("Looking at {name} ...", name=image.name)).classes("word")
        shown = await self.visit.run(lambda: of_record(desk, desk.inspect(image, product)))
        self._show(shown)
        if shown is None:
            with self._result, ui.element("section").classes("band busy"):
                ui.icon("report").classes("sign")
                ui.label(self.visit.say("Not inspected: {name}", name=image.name)).classes("word")

    def _of_log(self, sha256: str) -> Shown | None:
        row = self.visit.desk.history.latest(sha256)
        return None if row is None else of_row(self.visit.desk, row)

    def _forget(self) -> None:
        """Clear the page of the image before, so that no key judges it while the next one is looked at."""
        self._result.clear()
        self._talk, self._slider, self._judging = None, None, None

    def _show(self, shown: Shown | None) -> None:
        self._forget()
        if shown is None:
            return
        self._talk = Talk(self.visit, shown) if self.visit.may("operator") else None
        self._judging = Correcting(self.visit, shown, lambda: None)
        with self._result:
            verdict_band(self.visit, shown)
            with ui.element("div").classes("columns"):
                with ui.element("div").classes("seen"):
                    seen = Pictures(self.visit, shown)
                    self._slider = seen.heat
                    self._slider.value = self._heat
                    self._slider.on_value_change(lambda event: setattr(self, "_heat", event.value))
                with ui.element("div").classes("told"):
                    findings(self.visit, shown, seen, self._judging.offer_normal)
                    self._judging.build()
                    if self._talk is not None:
                        self._talk.build()

    async def _key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.action.repeat or event.modifiers.ctrl or event.modifiers.meta:
            return
        key = str(event.key).lower()
        if key == "o" and self.visit.may("operator"):
            self._upload.run_method("pickFiles")
        elif key == "n" and self.visit.may("operator"):
            await self.take_next()
        elif key == "h" and self._slider is not None:
            self._slider.value = 0 if self._slider.value else 60
        elif key == "a" and self._talk is not None:
            self._talk.focus()
        elif key == "g" and self._judging is not None and self.visit.may("operator"):
            await self._judging.good()
        elif key == "d" and self._judging is not None and self.visit.may("operator"):
            await self._judging.defective()
        elif key == "?":
            self._keys()

    def _keys(self) -> None:
        say = self.visit.say
        keys = (
            ("O", say("open an image")),
            ("C", say("take a photograph")),
            ("N", say("next of the watched folder")),
            ("H", say("heat map on and off")),
            ("+ - 0", say("zoom in, zoom out, whole picture")),
            ("B", say("hold: image and good part in turn")),
            ("A", say("ask")),
            ("G", say("it is good")),
            ("D", say("it is defective")),
        )
        with ui.dialog(value=True), ui.card().classes("dialog"):
            ui.label(say("Keys")).classes("head")
            for key, what in keys:
                with ui.row():
                    ui.label(key).classes("key")
                    ui.label(what)
