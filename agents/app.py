"""The application behind every front end: enrol, inspect, ask, notes, evaluation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from agents import factory
from agents.catalogue import AddSummary, Catalogue
from agents.corrections import Outcome, correct, record_review
from agents.graphs.context import Context, Resources
from agents.graphs.printed import inspection_record, understood
from agents.graphs.threads import Conversations, Event, Finished, Waiting, new_thread
from agents.inspecting import ImageInspector, Inspector
from agents.settings import EMBEDDED, Settings
from agents.state import DialogueState, Review
from anomaly_core.good_images import Progress
from knowledge.log.entry import CALIBRATED, ENROLLED
from knowledge.products.corrections import Correction, Label
from tools.enrollment.calibrate import CalibrationSummary, calibrate
from tools.enrollment.enroll import EnrollSummary, enroll
from tools.log import log_change, log_correction
from tools.records import (
    AnswerRecord,
    FailureRecord,
    InspectionRecord,
    Language,
    PassageRecord,
    TextAnswerRecord,
)
from tools.retrieve import find_passages

Listener = Callable[[Event], None]
"""Hears of the steps of an answer, and of its checked text, as they come."""


@dataclass(frozen=True)
class ProductSummary:
    """One enrolled product, for `iad products`.

    aligned: whether its part is found, turned and cropped in each image, or the whole image is compared; None
        of a product that does not tell.
    """

    name: str
    templates: int
    encoder: str
    enrolled_at: str
    aligned: bool | None


class Application:
    """One user's session, closed at the end of a `with` block. Cheap to make; models load at first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tools = factory.tools_context(settings)

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def inspector(self) -> Inspector:
        """What inspects images."""
        return Inspector(self.tools, self.settings.in_flight)

    @cached_property
    def context(self) -> Context:
        """What every run of a graph works with."""
        model = factory.chat_model(self.settings)
        embedded = self.settings.llm_url == EMBEDDED
        record = partial(record_review, self.tools)
        kinds = self.settings.chat_kinds
        language = self.settings.language
        return Context(resources=Resources(self.tools, model, embedded, record, kinds, language))

    @cached_property
    def catalogue(self) -> Catalogue:
        """What is known of defects."""
        return Catalogue(self.tools)

    @cached_property
    def conversations(self) -> Conversations:
        """The threads of questions and answers."""
        # Here, not above: an inspection needs neither the thread's file nor the graph of dialogues.
        from agents.graphs.checkpointers import Threads
        from agents.graphs.dialogue import build_dialogue

        threads = Threads.open(self.settings)
        return Conversations(build_dialogue(threads.saver), threads, self.context)

    def enroll(
        self,
        product: str,
        paths: Sequence[Path],
        progress: Progress | None = None,
        *,
        keep_all: bool = False,
        mm_per_px: float | None = None,
    ) -> EnrollSummary:
        """Learn a product from images of good parts, and log that; an earlier enrolment of it is replaced.

        Unreadable files are skipped and listed, odd images left out and named (keep_all: kept and named).
        mm_per_px: length of a pixel in millimetres. Raises NoImages when none can be read.
        """
        summary = enroll(self.tools, product, paths, progress, keep_all=keep_all, mm_per_px=mm_per_px)
        what = f"{ENROLLED} {summary.templates} good images with {summary.encoder}"
        return replace(summary, warnings=log_change(self.tools, product, what))

    def calibrate(
        self, product: str, paths: Sequence[Path], progress: Progress | None = None
    ) -> CalibrationSummary:
        """Narrow a product's calibration with further images of good parts, and log that.

        See `tools/enrollment`.
        """
        summary = calibrate(self.tools, product, paths, progress)
        what = f"{CALIBRATED} {summary.images} further good images"
        return replace(summary, warnings=log_change(self.tools, product, what))

    def products(self) -> list[ProductSummary]:
        """List the enrolled products."""
        self.tools.require_store()
        return [
            ProductSummary(info.name, info.templates, info.encoder, info.enrolled_at, info.aligned)
            for info in self.tools.templates.products()
        ]

    def inspect(
        self,
        paths: Iterable[Path],
        *,
        product: str | None = None,
        out: Path | None = None,
        by: ImageInspector | None = None,
    ) -> Iterator[InspectionRecord | FailureRecord]:
        """Inspect images, in order; a file that fails gives a FailureRecord and the rest go on.

        by: what inspects them, such as the workers of `agents.engines`; if None, this process.
        Raises StoreError and the like at once, where every image would meet the same error.
        """

        def nothing(_: Path) -> FailureRecord | None:
            return None

        return (by or self.inspector).inspect_unknown(paths, nothing, product=product, out=out)

    def inspect_one(
        self, path: Path, *, product: str | None = None, shown_name: str | None = None
    ) -> InspectionRecord:
        """Inspect one image. Raises what `inspect` would record.

        shown_name: of an image whose path is a passing one, such as an upload's, for the log.
        """
        self.tools.require_store()
        record = self.inspector.recorded(path, product=product, shown_name=shown_name, failures=())
        if isinstance(record, FailureRecord):
            raise TypeError("an error that was not to be recorded was")
        return record

    def ask(
        self,
        image: Path,
        question: str,
        *,
        product: str | None = None,
        thread: str | None = None,
        shown_name: str | None = None,
        listen: Listener | None = None,
        language: Language | None = None,
    ) -> AnswerRecord:
        """Answer one question about one image, from evidence.

        thread: a name under which images and questions are remembered; without one a new thread begins, and
        the record tells its name. The same question again goes on where it was cut off. shown_name: see
        `inspect_one`. language: of the answer, else that of the settings, else the question's.
        """
        reply = self.ask_or_wait(
            image,
            question,
            product=product,
            thread=thread,
            shown_name=shown_name,
            listen=listen,
            language=language,
        )
        if isinstance(reply, Waiting):
            raise TypeError("a question that asks for no review waits for nobody")
        return reply

    def ask_without_image(
        self,
        question: str,
        *,
        product: str | None = None,
        thread: str | None = None,
        language: Language | None = None,
    ) -> TextAnswerRecord:
        """Answer a question about the catalogue or the log.

        thread: that it goes on, and is remembered in; what asks on about its image is for `ask`, with that
        image. language: see `ask`. Raises UnknownProduct, StoreMissing, ThreadError.
        """
        # Here, not above: an inspection needs no questions' classifier.
        from agents.answers.without_image import answer_in_thread

        self.tools.require_store()
        known = None if product is None else self.catalogue.known(product, hint="")
        reader, spoken = self.context.resources.reader(), language or self.settings.language
        answer = partial(answer_in_thread, self.tools, question, known, reader, spoken)
        if thread is None:
            return answer()[0]
        return self.conversations.ask_without_image(thread, question, answer)

    def ask_or_wait(
        self,
        image: Path,
        question: str,
        *,
        product: str | None = None,
        thread: str | None = None,
        review: bool = False,
        shown_name: str | None = None,
        listen: Listener | None = None,
        language: Language | None = None,
    ) -> AnswerRecord | Waiting:
        """Answer as `ask` does; with `review`, an uncertain verdict first waits for a human label."""
        self.tools.require_store()
        name = thread or new_thread()
        start = time.perf_counter()
        events = self.conversations.ask(
            image,
            question,
            thread=name,
            product=product,
            review=review,
            shown_name=shown_name,
            language=language,
        )
        return self._reply(name, _final_state(events, listen), start)

    def review(self, thread: str, word: Review, listen: Listener | None = None) -> AnswerRecord | Waiting:
        """Give a human label to a thread that waits for it; return the answer that it held up."""
        start = time.perf_counter()
        return self._reply(
            thread, _final_state(self.conversations.answer_review(thread, word), listen), start
        )

    def correct(
        self,
        image: Path,
        verdict: Label,
        *,
        product: str | None = None,
        defect_type: str | None = None,
        mask: Path | None = None,
        note: str = "",
        region: int | None = None,
        learn: bool = True,
        against: Sequence[Path] | None = (),
        accept_flips: bool = False,
        record: bool = True,
        shown_name: str | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Record a person's verdict on an image and learn from it; see `agents.corrections.correct`."""
        return correct(
            self.tools,
            image,
            verdict,
            product=product,
            defect_type=defect_type,
            mask=mask,
            note=note,
            region=region,
            learn=learn,
            against=against,
            accept_flips=accept_flips,
            record=record,
            shown_name=shown_name,
            progress=progress,
        )

    def corrections(self) -> list[Correction]:
        """Return what people said of verdicts, oldest first."""
        self.tools.require_store()
        return self.tools.feedback.corrections()

    def undo_correction(self, id_: str) -> Outcome:
        """Roll a correction back; return it as it then is."""
        self.tools.require_store()
        undone = self.tools.feedback.undo(id_)
        return Outcome(undone, accepted=True, warnings=log_correction(self.tools, undone))

    def add_knowledge(self, files: Sequence[Path], product: str | None = None) -> AddSummary:
        """Add notes; a file added before is replaced. Raises KnowledgeError for the first that fails."""
        added = self.catalogue.add(files, product)
        if added.errors:
            raise added.errors[0]
        return added

    def search_knowledge(self, text: str, product: str | None = None, k: int = 5) -> list[PassageRecord]:
        """Find passages of the notes; a product that is not given is found from the text."""
        return find_passages(self.tools, text, product, k)

    def product_of_text(self, text: str) -> str | None:
        """Return the product that a text is about by the notes, or None."""
        self.tools.require_store()
        return self.tools.domain.product_of(text).name

    def evaluate_detection(
        self,
        root: Path,
        category: str,
        shots: int,
        seeds: Sequence[int],
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Measure detection on a labelled data set; see `anomaly_core.evaluation`."""
        from anomaly_core.evaluation.detection import evaluate_detection

        return evaluate_detection(
            self.tools.model, root, category, shots=shots, seeds=seeds, progress=progress
        )

    def close(self) -> None:
        """Let the models go, and close the threads."""
        self.__dict__.pop("inspector", None)
        opened = self.__dict__.pop("conversations", None)
        if isinstance(opened, Conversations):
            opened.close()
        if self.tools.log is not None:
            self.tools.log.close()

    def _reply(self, thread: str, final: DialogueState | Waiting, start: float) -> AnswerRecord | Waiting:
        if isinstance(final, Waiting):
            return final
        record = inspection_record(final, total_ms=(time.perf_counter() - start) * 1000)
        models, model = record.models, self.context.resources.chat_model
        if model is not None and final.get("draft") is not None and not final["violations"]:
            name = getattr(model, "model_name", None) or type(model).__name__
            models = models.model_copy(update={"llm": name})
        fields = {**record.model_dump(), "models": models.model_dump()}
        asked = final["asked"]
        return AnswerRecord(
            **fields,
            question=final.get("question") or "",
            thread=thread,
            language=asked.language,
            understood=[understood(one, final) for one in asked.intents],
            affirmed=final.get("affirmed"),
        )


def _final_state(events: Iterator[Event | Finished], listen: Listener | None) -> DialogueState | Waiting:
    """Tell a listener of the events; return what the last one, the finish, holds."""
    for event in events:
        if isinstance(event, Finished):
            return event.final
        if listen is not None:
            listen(event)
    raise RuntimeError("a question ended without an answer")
