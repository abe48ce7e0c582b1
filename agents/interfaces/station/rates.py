"""A product's rates by sliders, with what they would have made of the last inspections."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from agents.interfaces.station.visit import Visit
from anomaly_core.product import ProductModel

LAST: Final = 200
STEPS: Final = 20
"""Steps of a slider in a factor of ten."""


@dataclass
class Rates:
    """The sliders of one product."""

    visit: Visit
    product: str
    model: ProductModel

    def build(self) -> None:
        """Put the sliders on the page."""
        say = self.visit.say
        with ui.element("section").classes("rates"):
            ui.label(say("Rates")).classes("head")
            self._alpha_text = ui.label()
            self._alpha = self._slider(say("FAIL"), self.model.alpha, 0.001, 0.4)
            self._review_text = ui.label()
            self._review = self._slider(say("REVIEW"), self.model.review, 0.001, 0.9)
            self._told = ui.label().classes("effect")
            if self.visit.may("admin"):
                self._save = ui.button(say("Set these rates"), icon="check", on_click=self._set)
                self._save.props("unelevated no-caps")
        self._show()

    def _slider(self, name: str, value: float, least: float, most: float) -> ui.slider:
        slider = ui.slider(min=_step(least), max=_step(most), step=1, value=_step(value))
        slider.props(f'aria-label="{name}"')
        slider.on_value_change(self._show)
        return slider

    @property
    def rates(self) -> tuple[float, float]:
        """The rates that the sliders stand at; the enrolled one where its slider was not moved."""
        alpha = self._rate(self._alpha, self.model.alpha)
        return alpha, max(alpha, self._rate(self._review, self.model.review))

    def _rate(self, slider: ui.slider, enrolled: float) -> float:
        return enrolled if slider.value == _step(enrolled) else float(f"{10 ** (slider.value / STEPS):.2g}")

    def _show(self) -> None:
        say, (alpha, review) = self.visit.say, self.rates
        self._alpha_text.text = say(
            "FAIL where fewer than {rate} of good parts look as unusual", rate=f"{alpha:.2%}"
        )
        self._review_text.text = say("REVIEW where fewer than {rate} do", rate=f"{review:.2%}")
        if self.visit.desk.app.tools.log is None:
            return
        found = self.visit.desk.history.at_rates(self.product, alpha, review, LAST)
        if not found.all:
            self._told.text = say("Nothing of it was inspected yet.")
            return
        self._told.text = say(
            "At this setting, of the last {count} inspections {passed} would pass, {review} go to review, "
            "{failed} fail.",
            count=found.all, passed=found.passed, review=found.review, failed=found.failed,
        )  # fmt: skip

    async def _set(self) -> None:
        alpha, review = self.rates
        products = self.visit.desk.products
        warnings = await self.visit.run(lambda: products.set_rates(self.product, alpha, review))
        if warnings is not None:
            for warning in warnings:
                self.visit.tell_error(warning)
            told = self.visit.say("{product} is judged at these rates from now on.", product=self.product)
            ui.notify(told, type="positive", position="top")


def _step(rate: float) -> int:
    return round(STEPS * math.log10(rate))
