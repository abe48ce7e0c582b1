"""Enrolment of a product, and calibration of an enrolled one, by dropping images of good parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from agents.interfaces.station.dropped import Dropped, follow, list_odd
from agents.interfaces.station.visit import Visit
from anomaly_core.errors import ConfigError
from knowledge.products.record import check_product_name


class Enrolment:
    """The form of an enrolment. then: called once a product is learned. show: opens a product."""

    def __init__(
        self, visit: Visit, then: Callable[[], None], show: Callable[[str], Awaitable[None]]
    ) -> None:
        self.visit = visit
        self._then = then
        self._open = show
        self._images = Dropped(visit, self._arrived)

    def build(self) -> None:
        """Put the form on the page."""
        say = self.visit.say
        ui.label(say("Enrol a product")).classes("title")
        if not self.visit.may("admin"):
            ui.label(say("Your key may not enrol."))
            return
        ui.label(say("Eight images of good parts are a beginning; thirty are better.")).classes("dim")
        self._name = ui.input(say("Name of the product")).props("outlined")
        self._scale = ui.number(say("Millimetres a pixel, if known"), min=0, format="%g").props("outlined")
        self._images.build()
        with ui.row().classes("enrol-form"):
            self._keep = ui.checkbox(say("Learn from odd images too"))
            self._learn = ui.button(say("Learn"), icon="school", on_click=self._start)
            self._learn.props("unelevated no-caps")
            self._learn.enabled = False
        self._progress = ui.element("div").classes("progress")

    def _arrived(self) -> None:
        self._learn.enabled = True

    async def _start(self) -> None:
        name, folder = (self._name.value or "").strip(), self._images.folder
        try:
            check_product_name(name)
        except ConfigError as error:
            self.visit.tell_error(str(error))
            return
        if folder is None:
            return
        self._learn.enabled = False
        keep, scale, paths = self._keep.value, self._scale.value or None, list(self._images.paths)
        products, language = self.visit.desk.products, self.visit.say.language
        job = await self.visit.run(
            lambda: products.enroll(
                name, paths, folder=folder, keep_all=keep, mm_per_px=scale, language=language
            )
        )
        if job is None:
            self._learn.enabled = True
            return
        self._images.empty()
        self._progress.clear()
        follow(self.visit, job, self._progress, self._show)

    def _show(self, result: dict[str, Any]) -> None:
        say, product = self.visit.say, result["product"]
        told = say(
            "Learned {product} from {count} good images in {seconds} s.",
            product=product, count=result["templates"], seconds=f"{result['seconds']:.0f}",
        )  # fmt: skip
        ui.label(told).classes("head")
        *expected, advice = result["forecast"]
        for line in expected:
            with ui.row().classes("reason"):
                ui.icon("trending_up")
                ui.label(line)
        with ui.row().classes("reason advice"):
            ui.icon("lightbulb")
            ui.label(advice)
        list_odd(self.visit, result)
        ui.button(say("Go to {product}", product=product), on_click=lambda: self._open(product)).props(
            "unelevated no-caps"
        )
        self._then()


class Calibration:
    """Further good images of a product. then: called once its calibration is another."""

    def __init__(self, visit: Visit, product: str, then: Callable[[], Awaitable[None]]) -> None:
        self.visit = visit
        self.product = product
        self._then = then

    def build(self) -> None:
        """Put the section on the page."""
        say = self.visit.say
        ui.label(say("Further good images")).classes("head")
        ui.label(
            say("They tell how far good parts differ from each other. The product is not learned anew.")
        ).classes("dim")
        self._images = Dropped(self.visit, self._arrived)
        self._images.build()
        self._begin = ui.button(say("Calibrate"), icon="tune", on_click=self._start)
        self._begin.props("unelevated no-caps")
        self._begin.enabled = False
        self._progress = ui.element("div").classes("progress")

    def _arrived(self) -> None:
        self._begin.enabled = True

    async def _start(self) -> None:
        folder, paths, products = self._images.folder, list(self._images.paths), self.visit.desk.products
        if folder is None:
            return
        self._begin.enabled = False
        job = await self.visit.run(lambda: products.calibrate(self.product, paths, folder=folder))
        if job is None:
            self._begin.enabled = True
            return
        self._images.empty()
        self._progress.clear()
        follow(self.visit, job, self._progress, self._show)

    def _show(self, result: dict[str, Any]) -> None:
        told = self.visit.say(
            "Calibrated with {count} further images: {all} good images without an alarm prove a false-alarm "
            "rate of at most {rate}.",
            count=result["images"], all=result["good_images"], rate=f"{100 * result['supported_rate']:.2g}%",
        )  # fmt: skip
        ui.label(told).classes("effect")
        list_odd(self.visit, result)
        ui.timer(0, self._then, once=True)
