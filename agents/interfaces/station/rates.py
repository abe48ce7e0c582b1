"""A product's rates by sliders, under what they would have made of the last inspections and good images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from nicegui import ui

from agents.desk.history import at_rates, decision_at
from agents.interfaces.station.rates_chart import FIRST, STEPS, Series, rates_chart, step_of
from agents.interfaces.station.visit import Visit
from anomaly_core.product import ProductModel
from knowledge.log.figures import Filter

LAST: Final = 500
LEAST: Final = 0.001


@dataclass
class Rates:
    """The sliders of one product. past: its last inspections. good: p-values of its good images."""

    visit: Visit
    product: str
    model: ProductModel
    past: list[dict[str, Any]] = field(default_factory=list)
    good: list[float] = field(default_factory=list)

    async def build(self) -> None:
        """Put chart and sliders on the page."""
        say, desk = self.visit.say, self.visit.desk
        if desk.app.tools.log is not None:
            wanted = Filter(product=self.product)
            self.past = await self.visit.run(lambda: desk.history.rows(wanted, limit=LAST)) or []
        if len(self.model.embeddings) > 1:  # the scores of a single one are those of its own views
            self.good = [self.model.calibration.p_value(score) for score in self.model.good_fused.tolist()]
        with ui.element("section").classes("rates"):
            ui.label(say("Rates")).classes("head")
            self._chart = ui.html("", sanitize=False)
            self._alpha_text = ui.label()
            self._alpha = self._slider(say("FAIL"), self._alpha_text, self.model.alpha, 0.4)
            self._review_text = ui.label()
            self._review = self._slider(say("REVIEW"), self._review_text, self.model.review, 0.9)
            with ui.element("div").props('role="status"'):
                self._told = ui.label().classes("effect")
                self._told_good = ui.label()
            if self.visit.may("admin"):
                self._save = ui.button(say("Set these rates"), icon="check", on_click=self._set)
                self._save.props("unelevated no-caps")
        self._show()

    def _slider(self, name: str, told: ui.label, value: float, most: float) -> ui.slider:
        # As wide as the chart above, so that the handle stands under its line.
        slider = ui.slider(min=FIRST, max=0, step=1, value=step_of(value))
        slider.props["aria-describedby"] = told.html_id
        slider.props.update({"aria-label": name, "inner-min": step_of(LEAST), "inner-max": step_of(most)})
        slider.on_value_change(self._show)
        return slider

    @property
    def rates(self) -> tuple[float, float]:
        """The rates that the sliders stand at; the enrolled one where its slider was not moved."""
        alpha = self._rate(self._alpha, self.model.alpha)
        return alpha, max(alpha, self._rate(self._review, self.model.review))

    def _rate(self, slider: ui.slider, enrolled: float) -> float:
        return enrolled if slider.value == step_of(enrolled) else float(f"{10 ** (slider.value / STEPS):.2g}")

    def _show(self) -> None:
        say, (alpha, review) = self.visit.say, self.rates
        self._alpha_text.text = say(
            "FAIL where fewer than {rate} of good parts look as unusual", rate=f"{100 * alpha:g}%"
        )
        self._review_text.text = say("REVIEW where fewer than {rate} do", rate=f"{100 * review:g}%")
        found = at_rates(self.past, alpha, review)
        self._told.text = say("Nothing of it was inspected yet.") if not found.all else say(
            "At this setting, of the last {count} inspections {passed} would pass, {review} go to review, "
            "{failed} fail.",
            count=found.all, passed=found.passed, review=found.review, failed=found.failed,
        )  # fmt: skip
        good: list[dict[str, Any]] = [{"p_value": p, "decision": "pass", "review": review} for p in self.good]
        kept = at_rates(good, alpha, review)
        self._told_good.text = "" if not good else say(
            "Of the {count} good images, each against the others, {passed} would pass, {review} go to "
            "review, {failed} fail.",
            count=kept.all, passed=kept.passed, review=kept.review, failed=kept.failed,
        )  # fmt: skip
        titles = (
            (say("Last inspections: {count}", count=found.all), self.past),
            (say("Good images: {count}", count=kept.all), good),
        )
        self._chart.content = rates_chart(
            [
                Series(title, [(row["p_value"], decision_at(row, alpha, review)) for row in rows])
                for title, rows in titles
                if rows
            ],
            alpha,
            review,
            f"{self._told.text} {self._told_good.text}",
            say("Share of good parts that look as unusual (p)"),
            {"pass": say("PASS"), "review": say("REVIEW"), "fail": say("FAIL")},
        )

    async def _set(self) -> None:
        alpha, review = self.rates
        products = self.visit.desk.products
        warnings = await self.visit.run(lambda: products.set_rates(self.product, alpha, review))
        if warnings is not None:
            told = self.visit.say("{product} is judged at these rates from now on.", product=self.product)
            self.visit.tell_done(told, warnings)
