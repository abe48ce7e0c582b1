"""Log: figures, types of defects, days, and the rows, by filters; all of it can be exported."""

from __future__ import annotations

from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from nicegui import events, ui

from agents.desk.history import since as since_of
from agents.interfaces.station.chart import p_chart, recording_chart
from agents.interfaces.station.visit import Visit
from anomaly_core.names import plain_name
from knowledge.log.entry import RECORDING, Recorded, shown_time
from knowledge.log.figures import Decision, Filter, Order
from tools.classify.scores import UNKNOWN

MOST: Final = 500
"""Rows of the table; an export has all."""
FEW: Final = 12
"""Choices that are found without typing."""
REPORTS: Final = ("html", "pdf", "xlsx")
THUMBNAIL: Final = 96
"""Longer side of a row's picture, in pixels."""


class LogPage:
    """The page's present filter."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._since = "today"
        self._product = ""
        self._decision: Decision | None = None
        self._order: Order = "latest"
        self._lot = self._station = self._operator = ""

    async def build(self) -> None:
        """Put the page together."""
        say = self.visit.say
        periods = {
            "1 hours": say("the last hour"),
            "today": say("today"),
            "7 days": say("the last 7 days"),
            "30 days": say("the last 30 days"),
            "": say("all"),
        }
        names = self.visit.desk.product_names()
        found = await self.visit.run(self.visit.desk.history.origins)
        origins = found or {"lot": [], "station": [], "operator": []}
        everywhere = {
            "lot": say("all lots"), "station": say("all stations"), "operator": say("all operators"),
        }  # fmt: skip
        products = {"": say("all products"), **{name: name for name in names}}
        decisions = {
            "": say("all decisions"),
            "pass": say("PASS"),
            "review": say("REVIEW"),
            "fail": say("FAIL"),
        }
        orders = {"latest": say("latest first"), "worst": say("worst first")}
        with ui.element("section").classes("filters"):
            for options, value, key in (
                (periods, self._since, "_since"), (products, "", "_product"), (decisions, "", "_decision"),
                (orders, self._order, "_order"),
                *(
                    ({"": everywhere[key], **{name: name for name in names}}, "", f"_{key}")
                    for key, names in origins.items() if len(names) > 1
                ),
            ):  # fmt: skip
                chosen = ui.select(options, value=value, with_input=len(options) > FEW)
                chosen.props("outlined dense options-dense")
                chosen.on_value_change(lambda event, key=key: self._set(key, event.value))
            self._files = {
                form: ui.link(say("Report, {format}", format=form.upper()), "").classes("export")
                for form in REPORTS
            }
            self._files["export"] = ui.link(say("Export as CSV"), "").classes("export")
        self._figures = ui.element("section").classes("figures")
        self._table = ui.element("section").classes("rows")
        await self.refresh()

    async def _set(self, key: str, value: str) -> None:
        setattr(self, key, value or None)
        await self.refresh()

    async def refresh(self) -> None:
        """Read the log anew."""
        wanted = Filter(
            since=since_of(self._since or None),
            product=self._product or None,
            decision=self._decision,
            lot=self._lot or None,
            station=self._station or None,
            operator=self._operator or None,
        )
        given = {
            "since": self._since, "product": self._product, "decision": self._decision, "lot": self._lot,
            "station": self._station, "operator": self._operator,
        }  # fmt: skip
        query = urlencode({key: value for key, value in given.items() if value})
        language = self.visit.say.language
        for form, link in self._files.items():
            path = "export?" if form == "export" else f"report?format={form}&language={language}&"
            link.props(f'href="/api/v1/log/{path}{query}"')
        history = self.visit.desk.history
        found = await self.visit.run(
            lambda: (history.summary(wanted), history.rows(wanted, self._order, MOST))
        )
        self._figures.clear()
        self._table.clear()
        if found is not None:
            with self._figures:
                self._show_figures(*found)
            with self._table:
                self._show_rows(found[1])

    def _show_figures(self, found: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        say = self.visit.say
        share = "-" if found["yield"] is None else f"{100 * found['yield']:.1f} %"
        again = found["inspections"] != found["count"]
        tiles = (
            (say("inspected"), str(found["count"]), ""),
            *([(say("inspections"), str(found["inspections"]), "")] if again else []),
            (say("yield"), share, ""),
            (say("PASS"), str(found["pass"]), "pass"),
            (say("REVIEW"), str(found["review"]), "review"),
            (say("FAIL"), str(found["fail"]), "fail"),
        )
        with ui.element("div").classes("tiles"):
            for name, figure, kind in tiles:
                with ui.element("div").classes(f"tile {kind}"):
                    ui.label(figure).classes("figure")
                    ui.label(name)
        with ui.element("div").classes("charts"):
            if found["defect_types"]:
                bars = [(self._type(one["name"]), one["count"], "fail") for one in found["defect_types"][:8]]
                self._bars(say("Failed by type"), bars)
            if len(found["days"]) > 1:
                self._bars(
                    say("Yield by day"),
                    [(one["day"], round(100 * one["yield"], 1), "pass") for one in found["days"][-14:]],
                    unit=" %",
                    most=100,
                )
            if len(rows) > 1:
                self._over_time(rows, found["drift"])
        for one in (each for each in found["drift"] if each["until"] is None):
            ui.label(self._drifted(one)).classes("drift")

    def _drifted(self, one: dict[str, Any]) -> str:
        say = self.visit.say
        given = {"product": one["product"], "time": shown_time(one["since"]), "name": one["name"]}
        match one["measure"], one["direction"]:
            case "sharpness", "lower":
                return say(
                    "{product}: the images got softer since {time}, first {name}. "
                    "Clean the lens or refocus it.",
                    **given,
                )
            case "sharpness", _:
                return say(
                    "{product}: the images got sharper since {time}, first {name}. "
                    "Check whether lens or camera were changed.",
                    **given,
                )
            case "level", "lower":
                return say(
                    "{product}: the images got darker since {time}, first {name}. "
                    "Check light and exposure time.",
                    **given,
                )
            case "level", _:
                return say(
                    "{product}: the images got brighter since {time}, first {name}. "
                    "Check light and exposure time.",
                    **given,
                )
            case "noise", _:
                return say(
                    "{product}: the images got noisier since {time}, first {name}. "
                    "Check gain and exposure time.",
                    **given,
                )
        return say(
            "{product}: scores drifted since {time}, first {name}. "
            "Check light, focus and position, or calibrate anew.",
            **given,
        )

    def _over_time(self, rows: list[dict[str, Any]], drifts: list[dict[str, Any]]) -> None:
        say = self.visit.say
        in_order = sorted(rows, key=lambda row: int(row["number"]))
        title = say("p of the parts, in order of time")
        drawn = [(title, p_chart(in_order, drifts, title, say("drift")))]
        recorded = [row for row in in_order if row[RECORDING[0]] is not None]
        # The images of different products differ by themselves.
        if len(recorded) > 1 and len({row["product"] for row in in_order}) == 1:
            titles: dict[Recorded, str] = {
                "sharpness": say("Sharpness of the images, in order of time"),
                "level": say("Grey level of the images, in order of time"),
                "noise": say("Noise of the images, in order of time"),
            }
            for measure, title in titles.items():
                drawn.append((title, recording_chart(recorded, measure, drifts, title, say("drift"))))
        for title, chart in drawn:
            with ui.element("div").classes("bars"):
                ui.label(title).classes("head")
                ui.html(chart, sanitize=False)

    def _bars(
        self, title: str, bars: list[tuple[str, float, str]], unit: str = "", most: float | None = None
    ) -> None:
        most = most or max(value for _, value, _ in bars)
        with ui.element("div").classes("bars"):
            ui.label(title).classes("head")
            for name, value, kind in bars:
                ui.html(
                    f'<span>{escape(name)}</span><span class="track"><i class="{kind}" '
                    f'style="width:{100 * value / most:.1f}%"></i></span><b>{value:g}{unit}</b>',
                    sanitize=False,
                ).classes("bar-row")

    def _show_rows(self, rows: list[dict[str, Any]]) -> None:
        say = self.visit.say
        heads = (
            ("picture", ""), ("decision", say("Decision")), ("time", say("Time")), ("name", say("Image")),
            ("product", say("Product")), ("type", say("Type")), ("p", "p"), ("lot", say("Lot")),
            ("operator", say("Operator")),
        )  # fmt: skip
        words = {"pass": say("PASS"), "review": say("REVIEW"), "fail": say("FAIL")}
        shown = [
            {
                "number": row["number"],
                "sha256": row["sha256"],
                "kind": row["last_word"],
                "decision": words[row["last_word"]] + (" \u270e" if row["said"] else ""),
                "time": shown_time(row["at"], seconds=True),
                "name": row["name"],
                "product": row["product"],
                "type": self._type(row["type"] or ""),
                "p": f"{row['p_value']:.3g}",
                "lot": row["lot"] or "",
                "operator": row["operator"] or "",
            }
            for row in rows
        ]
        columns = [
            {"name": key, "label": label, "field": key, "align": "left", "sortable": key != "picture"}
            for key, label in heads
        ]
        table = ui.table(rows=shown, columns=columns, row_key="number", pagination=20)
        table.props(f'flat dense rows-per-page-label="{say("Rows")}"')
        table.add_slot(
            "body-cell-decision",
            '<q-td :props="props"><span :class="\'chip \' + props.row.kind">{{ props.value }}</span></q-td>',
        )
        table.add_slot(
            "body-cell-picture",
            '<q-td :props="props"><img class="thumb" loading="lazy" alt="" '
            f":src=\"'/api/v1/images/' + props.row.sha256 + '/image?side={THUMBNAIL}'\"></q-td>",
        )
        table.add_slot(
            "body-cell-name",
            '<q-td :props="props"><a class="part" @click.stop '
            ":href=\"'/?image=' + props.row.sha256\">{{ props.value }}</a></q-td>",
        )
        table.on("rowClick", self._open)

    def _type(self, name: str) -> str:
        return self.visit.say("Type not known") if name == UNKNOWN else plain_name(name)

    def _open(self, event: events.GenericEventArguments) -> None:
        ui.navigate.to(f"/?image={event.args[1]['sha256']}")
