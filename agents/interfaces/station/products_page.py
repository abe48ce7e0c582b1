"""Products: enrolment with its forecast, rates by sliders, zones by drawing."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from nicegui import events, ui

from agents.desk.jobs import Job
from agents.interfaces.service.uploads import shown as shown_name
from agents.interfaces.station.rates import Rates
from agents.interfaces.station.visit import Visit
from agents.interfaces.station.zones import Zones
from anomaly_core.errors import ConfigError
from knowledge.products.record import check_product_name

POLL_S: Final = 0.5


class ProductsPage:
    """The products, and the one that is looked at."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._folder: Path | None = None
        self._paths: list[Path] = []

    async def build(self, product: str | None) -> None:
        """Put the page together. product: the one to look at first."""
        with ui.element("div").classes("desk"):
            self._list = ui.element("aside").classes("queue")
            self._view = ui.element("div").classes("result")
        names = self.visit.desk.product_names()
        self._build_list(names)
        if product in names:
            await self.show(str(product))
        elif names:
            await self.show(names[0])
        else:
            self.enrol()

    def _build_list(self, names: list[str]) -> None:
        say = self.visit.say
        self._list.clear()
        with self._list:
            ui.label(say("Products: {count}", count=len(names))).classes("head")
            for name in names:
                with ui.element("button").classes("card").on("click", lambda name=name: self.show(name)):
                    picture = ui.element("img")
                    picture.props["src"] = f"/api/v1/products/{quote(name, safe='')}/image?side=160"
                    picture.props.update({"alt": "", "loading": "lazy"})
                    ui.label(name).classes("file")
            if self.visit.may("admin"):
                ui.button(say("Enrol a product"), icon="add", on_click=self.enrol).props("unelevated no-caps")

    async def show(self, product: str) -> None:
        """Show a product's rates and zones."""
        say, desk = self.visit.say, self.visit.desk
        model = await self.visit.run(lambda: desk.app.tools.product(product))
        self._view.clear()
        if model is None:
            return
        summary = next(each for each in desk.app.products() if each.name == product)
        with self._view:
            ui.label(product).classes("title")
            when = summary.enrolled_at[:10]
            told = say("{count} good images, enrolled {when}", count=summary.templates, when=when)
            ui.label(told).classes("dim")
            with ui.element("div").classes("columns"):
                with ui.element("div").classes("seen"):
                    await Zones(self.visit, product, model).build()
                with ui.element("div").classes("told"):
                    Rates(self.visit, product, model).build()

    def enrol(self) -> None:
        """Show the form of an enrolment."""
        say = self.visit.say
        self._view.clear()
        self._folder, self._paths = None, []
        with self._view:
            ui.label(say("Enrol a product")).classes("title")
            if not self.visit.may("admin"):
                ui.label(say("Your key may not enrol."))
                return
            ui.label(say("Eight images of good parts are a beginning; thirty are better.")).classes("dim")
            self._name = ui.input(say("Name of the product")).props("outlined")
            self._scale = ui.number(say("Millimetres a pixel, if known"), min=0, format="%g").props(
                "outlined"
            )
            ui.upload(
                label=say("Drop images of good parts here"),
                multiple=True,
                auto_upload=True,
                on_upload=self._uploaded,
                on_rejected=lambda: self.visit.tell_error(say("Some of these files are no images.")),
            ).props('accept="image/*" flat bordered no-thumbnails').classes("drop many")
            self._count = ui.label().classes("dim")
            with ui.row().classes("enrol-form"):
                self._keep = ui.checkbox(say("Learn from odd images too"))
                self._learn = ui.button(say("Learn"), icon="school", on_click=self._start)
                self._learn.props("unelevated no-caps")
                self._learn.enabled = False
            self._progress = ui.element("div").classes("progress")

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        if self._folder is None:
            self._folder = self.visit.desk.images.folder / f"enroll-{secrets.token_hex(8)}"
        path = self._folder / f"{len(self._paths):04d}" / shown_name(event.file.name)
        self._paths.append(path)
        await event.file.save(path)
        self._count.text = self.visit.say("Images: {count}", count=len(self._paths))
        self._learn.enabled = True

    async def _start(self) -> None:
        name, folder = (self._name.value or "").strip(), self._folder
        try:
            check_product_name(name)
        except ConfigError as error:
            self.visit.tell_error(str(error))
            return
        if folder is None:
            return
        self._learn.enabled = False
        keep, scale, paths = self._keep.value, self._scale.value or None, list(self._paths)
        desk = self.visit.desk
        job = await self.visit.run(
            lambda: desk.products.enroll(name, paths, folder=folder, keep_all=keep, mm_per_px=scale)
        )
        if job is None:
            return
        with self._progress:
            bar = ui.linear_progress(0, show_value=False, size="12px")
            step = ui.label()

        async def follow() -> None:
            now = desk.jobs.get(job.id)
            bar.value = now.done / now.total if now.total else 0
            step.text = f"{now.step} {now.done}/{now.total}" if now.total else now.step
            if now.over:
                clock.cancel()
                self._progress.clear()
                self._build_list(self.visit.desk.product_names())
                with self._progress:
                    self._show_outcome(now)

        clock = ui.timer(POLL_S, follow)

    def _show_outcome(self, job: Job) -> None:
        say = self.visit.say
        if job.error is not None or job.result is None:
            self.visit.tell_error(job.error[1] if job.error else say("It failed."))
            return
        result: dict[str, Any] = job.result
        told = say(
            "Learned {product} from {count} good images in {seconds} s.",
            product=result["product"], count=result["templates"], seconds=f"{result['seconds']:.0f}",
        )  # fmt: skip
        ui.label(told).classes("head")
        for line in result["forecast"]:
            with ui.row().classes("reason"):
                ui.icon("trending_up")
                ui.label(line)
        for finding in result["findings"]:
            with ui.row().classes("reason odd"):
                ui.icon("report_problem")
                what = say("left out") if finding["left_out"] else say("kept")
                ui.label(f"{finding['image']} ({what}): {finding['reason']}")
        for skipped in result["skipped"]:
            with ui.row().classes("reason odd"):
                ui.icon("broken_image")
                ui.label(skipped["message"])
        ui.button(
            say("Go to {product}", product=result["product"]),
            on_click=lambda: self.show(result["product"]),
        ).props("unelevated no-caps")
