"""What the catalogue says of a product's defects, as a table; files are added by dropping and removed."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

from nicegui import events, ui

from agents.catalogue import SourceSummary
from agents.interfaces.service.uploads import shown as shown_name
from agents.interfaces.station.visit import Visit
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.readers.note import SUFFIXES

READ: Final = ",".join(SUFFIXES)
"""Endings of what can be added."""


@dataclass
class CatalogueSection:
    """The part of the catalogue that is about one product, or about none in particular."""

    visit: Visit
    product: str

    async def build(self) -> None:
        """Put the section on the page."""
        say = self.visit.say
        ui.label(say("Catalogue of defects")).classes("head")
        self._held = ui.element("div")
        if self.visit.may("admin"):
            ui.upload(
                label=say("Drop catalogues here: Markdown, text, CSV, Excel, PDF"),
                multiple=True,
                auto_upload=True,
                on_upload=self._uploaded,
                on_rejected=lambda: self.visit.tell_error(
                    say("Some of these files are no catalogues: {read} can be read.", read=READ)
                ),
            ).props(f'accept="{READ}" flat bordered').classes("drop many")
        await self._show()

    async def _show(self) -> None:
        say, catalogue = self.visit.say, self.visit.desk.app.catalogue
        found = await self.visit.run(lambda: (catalogue.show(self.product), catalogue.sources()))
        self._held.clear()
        if found is None:
            return
        entries, sources = found
        with self._held:
            if entries:
                ui.html(self._table(entries), sanitize=False)
            else:
                ui.label(
                    say(
                        "Nothing is known of defects of {product} yet. A catalogue says of each type how it "
                        "looks, what causes it and what to do: a failed part is then named with it, and "
                        "questions about it are answered.",
                        product=self.product,
                    )
                ).classes("dim")
            for source in sources:
                if self.product in source.products or not source.products:
                    self._line(source)

    def _table(self, entries: list[Entry]) -> str:
        say = self.visit.say
        columns = (
            (say("Type"), [plain_name(one.type) for one in entries]),
            (say("Severity"), [one.severity for one in entries]),
            (say("Look"), [one.look for one in entries]),
            (say("Cause"), [one.cause for one in entries]),
            (say("Effect"), [one.effect for one in entries]),
            (say("Do"), ["; ".join(filter(None, (one.action, one.responsible))) for one in entries]),
            (say("Limit"), [one.limit for one in entries]),
            (say("Notes"), [one.text for one in entries]),
            (say("Source"), [one.source for one in entries]),
        )
        shown = [(name, texts) for name, texts in columns if any(texts)]
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name, _ in shown)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td data-name="{escape(name, quote=True)}">{escape(texts[number])}</td>'
                for name, texts in shown
            )
            + "</tr>"
            for number in range(len(entries))
        )
        name = escape(say("Catalogue of defects"), quote=True)
        return (
            f'<div class="scrolls" tabindex="0" role="region" aria-label="{name}"><table class="catalogue">'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _line(self, source: SourceSummary) -> None:
        say = self.visit.say
        with ui.row().classes("recorded named"):
            ui.icon("description")
            told = say("{file}: types of defect: {count}", file=source.file, count=len(source.entries))
            ui.label(told)
            if self.visit.may("admin"):
                remove = ui.button(say("Remove"), color=None, on_click=lambda: self._remove(source))
                remove.props("flat dense no-caps")

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        say, desk = self.visit.say, self.visit.desk
        name, data = shown_name(event.file.name), await event.file.read()
        added = await self.visit.run(lambda: desk.add_notes(name, data, self.product))
        if added is None:
            return
        told = say("{file}: types of defect: {count}", file=name, count=added.entries)
        others = [other for other in added.products if other != self.product]
        if others:
            told += " " + say("It is about {products}.", products=", ".join(others))
        ui.notify(told, type="positive", position="top")
        await self._show()

    async def _remove(self, source: SourceSummary) -> None:
        say, catalogue = self.visit.say, self.visit.desk.app.catalogue
        with ui.dialog() as dialog, ui.card().classes("dialog"):
            ui.label(say("Remove {file} from the catalogue?", file=source.file)).classes("head")
            if source.entries:
                ui.label(say("It describes: {types}", types=", ".join(map(plain_name, source.entries))))
            with ui.row().classes("choices"):
                ui.button(say("Cancel"), on_click=dialog.close).props("flat no-caps")
                ui.button(say("Remove"), color="negative", on_click=lambda: dialog.submit(True)).props(
                    "unelevated no-caps"
                )
        if await dialog and await self.visit.run(lambda: catalogue.remove(source.source)) is not None:
            await self._show()
