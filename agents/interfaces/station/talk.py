"""A chat beside the picture: likely questions as chips, steps while it works, answers with their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from nicegui import ui

from agents.graphs.threads import Event, new_thread
from agents.interfaces.station.answer import Answer
from agents.interfaces.station.shown import Shown
from agents.interfaces.station.visit import Visit
from tools.records import AnswerRecord


@dataclass
class Talk:
    """The questions about one image, in a thread of their own."""

    visit: Visit
    shown: Shown
    thread: str = field(default_factory=new_thread)
    steps: list[str] = field(default_factory=list)

    def build(self) -> None:
        """Put the chat on the page."""
        say = self.visit.say
        with ui.element("section").classes("talk"):
            ui.label(say("Ask")).classes("head")
            self._turns = ui.element("div").classes("turns").props('aria-live="polite"')
            with ui.element("div").classes("chips"):
                for question in self._likely():
                    ui.button(question, color=None, on_click=lambda text=question: self.ask(text)).props(
                        "outline rounded no-caps dense"
                    )
            with ui.row().classes("asking"):
                self._input = ui.input(placeholder=say("Ask about this part")).props("outlined dense")
                self._input.on("keydown.enter", lambda: self.ask(self._input.value))
                ui.button(icon="send", color=None, on_click=lambda: self.ask(self._input.value)).props(
                    f'round flat aria-label="{say("Send")}"'
                )

    def focus(self) -> None:
        """Put the cursor into the question."""
        self._input.run_method("focus")

    def _likely(self) -> list[str]:
        say = self.visit.say
        if self.shown.decision == "pass":
            return [say("How sure are you?"), say("What does a good part look like?")]
        return [
            say("Where is the defect?"),
            say("How big is it?"),
            say("What caused it?"),
            say("What should be done about it?"),
            say("How often did it occur this week?"),
        ]

    async def ask(self, question: str) -> None:
        """Ask, show what is done meanwhile, and the answer."""
        question = (question or "").strip()
        if not question:
            return
        self._input.value = ""
        self.steps.clear()
        with self._turns:
            ui.label(question).classes("question")
            waiting = ui.row().classes("waiting")
            with waiting:
                ui.spinner(size="sm")
                step = ui.label(self.visit.say("Reading ..."))
        clock = ui.timer(0.2, lambda: step.set_text(self.steps[-1] if self.steps else step.text))
        self._scroll()
        record = await self.visit.run(lambda: self._answer(question))
        clock.cancel()
        waiting.delete()
        if record is not None:
            with self._turns:
                Answer(self.visit, self.shown, record).build()
        self._scroll()

    def _answer(self, question: str) -> AnswerRecord:
        desk = self.visit.desk

        def listen(event: Event) -> None:
            self.steps.append(event.text if event.kind == "step" else "...")

        image = desk.image(self.shown.sha256)
        return desk.ask(image, question, product=self.shown.product, thread=self.thread, listen=listen)

    def _scroll(self) -> None:
        turns = self._turns.id
        ui.run_javascript(f"getHtmlElement({turns})?.lastElementChild?.scrollIntoView({{block: 'nearest'}})")
