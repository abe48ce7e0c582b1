"""Products: rates, scale, zones, catalogue and calibration of one, and the enrolment of another."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui

from agents.interfaces.station.catalogue import CatalogueSection
from agents.interfaces.station.learning import Calibration, Enrolment
from agents.interfaces.station.rates import Rates
from agents.interfaces.station.visit import Visit
from agents.interfaces.station.zones import Zones


class ProductsPage:
    """The products, and the one that is looked at."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    async def build(self, product: str | None) -> None:
        """Put the page together. product: the one to look at first."""
        with ui.element("div").classes("desk"):
            self._list = ui.element("aside").classes("queue")
            self._view = ui.element("div").classes("result")
        names = self.visit.desk.product_names()
        self._build_list()
        if product in names:
            await self.show(str(product))
        elif names:
            await self.show(names[0])
        else:
            self.enrol()

    def _build_list(self) -> None:
        say, names = self.visit.say, self.visit.desk.product_names()
        self._list.clear()
        self._cards: dict[str, ui.element] = {}
        with self._list:
            ui.label(say("Products: {count}", count=len(names))).classes("head")
            for name in names:
                with (
                    ui.element("button")
                    .classes("card")
                    .on("click", lambda name=name: self.show(name)) as card
                ):
                    picture = ui.element("img")
                    picture.props["src"] = f"/api/v1/products/{quote(name, safe='')}/image?side=160"
                    picture.props.update({"alt": "", "loading": "lazy"})
                    ui.label(name).classes("file")
                self._cards[name] = card
            if self.visit.may("admin"):
                ui.button(say("Enrol a product"), icon="add", on_click=self.enrol).props("unelevated no-caps")

    def _clear(self, product: str | None = None) -> None:
        self._view.clear()
        for name, card in self._cards.items():
            card.classes(add="here") if name == product else card.classes(remove="here")

    async def show(self, product: str) -> None:
        """Show what is set for a product, and what is known of it."""
        say, desk = self.visit.say, self.visit.desk
        model = await self.visit.run(lambda: desk.app.tools.product(product))
        self._clear(product)
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
                    rates = ui.element("div")
                    with rates:
                        await Rates(self.visit, product, model).build()
            with ui.element("section").classes("seen below"):
                await CatalogueSection(self.visit, product).build()
            if not self.visit.may("admin"):
                return

            async def calibrated() -> None:
                anew = await self.visit.run(lambda: desk.app.tools.product(product))
                if anew is not None:
                    rates.clear()
                    with rates:
                        await Rates(self.visit, product, anew).build()

            with ui.element("section").classes("seen below"):
                Calibration(self.visit, product, calibrated).build()

    def enrol(self) -> None:
        """Show the form of an enrolment."""
        self._clear()
        with self._view:
            Enrolment(self.visit, self._build_list, self.show).build()
