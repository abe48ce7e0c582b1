"""An answer of the chat: each id that it cites is a button that opens what stands behind it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from html import escape

from nicegui import ui
from PIL import Image

from agents.answers.generated.guardrails import CITED, cited_ids
from agents.desk.pictures import as_file, within
from agents.interfaces.station.dialogs import titled
from agents.interfaces.station.pictures import SIDE
from agents.interfaces.station.result import show_note
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from anomaly_core.names import plain_name
from knowledge.catalogue.entries import Entry
from tools.records import AnswerRecord, EvidenceRecord


class Answer:
    """One answer about an image that is shown."""

    def __init__(self, visit: Visit, shown: Shown, record: AnswerRecord) -> None:
        self.visit = visit
        self._shown = shown
        self._record = record
        self._lines: dict[str, ui.element] = {}

    def build(self) -> None:
        """Put the answer on the page, and its evidence under it."""
        evidence = {one.id: one for one in self._record.evidence}
        with ui.element("div").classes("answer"):
            with ui.element("div").classes("text"):
                for text, cited in pieces(self._record.answer, evidence):
                    if cited:
                        self._button(evidence[text])
                    else:
                        ui.html(escape(text), sanitize=False, tag="span")
            if evidence:
                told = self.visit.say("Evidence ({count})", count=len(evidence))
                with ui.expansion(told).props("dense") as self._list:
                    for one in evidence.values():
                        with ui.element("p").classes("evidence") as self._lines[one.id]:
                            self._button(one)
                            ui.label(one.text)

    def _button(self, one: EvidenceRecord) -> None:
        button = ui.element("button").classes("cited").on("click", lambda: self._open(one))
        button.props["type"] = "button"
        with button:
            ui.html(escape(f"[{one.id}]"), sanitize=False, tag="span")

    async def _open(self, one: EvidenceRecord) -> None:
        """Show what an id stands for: its place on the picture, good image, note, or line of the evidence."""
        number = one.id.removeprefix("region-")
        if number.isdecimal() and 0 < int(number) <= len(self._shown.regions):
            ui.run_javascript(f"flash('.boxes [data-region=\"{number}\"]', 'figure')")
            return
        product, desk = self._record.product.name, self.visit.desk
        if one.kind == "template":
            image = await self.visit.run(lambda: within(desk.good_image(product, one.id), SIDE))
            if image is not None:
                self._open_image(image, one.text)
            return
        note = await self.visit.run(lambda: desk.cited_note(one.id)) if one.kind == "knowledge" else None
        if note is not None:
            self._open_note(note)
            return
        self._list.open()
        ui.run_javascript(f"setTimeout(() => flash('#{self._lines[one.id].html_id}'), 300)")

    def _open_image(self, image: Image.Image, words: str) -> None:
        data, media = as_file(image)
        with self._opened(self.visit.say("A good part")):
            picture = ui.element("img").classes("opened")
            picture.props["src"] = f"data:{media};base64,{b64encode(data).decode()}"
            picture.props["alt"] = words
            ui.label(words).classes("dim")

    def _open_note(self, note: Entry) -> None:
        with self._opened(plain_name(note.type)):
            ui.label(note.product or "").classes("dim")
            show_note(self.visit, note, whole=True)

    @contextmanager
    def _opened(self, head: str) -> Iterator[None]:
        with titled(head, wide=True) as dialog:
            close = ui.button(icon="close", color=None, on_click=dialog.close).classes("close")
            close.props(f'flat round aria-label="{self.visit.say("Close")}"')
            yield
        dialog.on("hide", dialog.delete)
        dialog.open()


def pieces(text: str, known: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of an answer: an id that is known, with True, or text around the ids, with False."""
    end = 0
    for match in CITED.finditer(text):
        ids = cited_ids(match[0])
        if all(each in known for each in ids):
            yield text[end : match.start()], False
            yield from ((each, True) for each in ids)
            end = match.end()
    yield text[end:], False
