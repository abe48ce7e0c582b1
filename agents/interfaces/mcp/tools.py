"""The tools: what a program may do at the desk, each for callers of a role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import anyio
from fastapi import HTTPException
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from agents.catalogue import SourceSummary
from agents.desk import Desk
from agents.desk.history import since as since_of
from agents.desk.history import until as until_of
from agents.desk.kept import KeptImage
from agents.interfaces.cli.output import plain
from agents.interfaces.mcp.folders import Folders
from agents.interfaces.service.access import Caller
from agents.interfaces.service.limits import Queue, working
from agents.interfaces.service.models import (
    LANGUAGE_HELP,
    TITLE_HELP,
    CorrectionBody,
    JobBody,
    ProductBody,
    ProductDetails,
)
from agents.settings import Role
from anomaly_core.errors import ConfigError, IadError
from anomaly_core.files import write_whole
from knowledge.log.figures import Decision, Filter, Order
from knowledge.products.corrections import Label
from knowledge.products.record import check_product_name
from tools.enrollment.trial import LATEST
from tools.records import AnswerRecord, InspectionRecord, Language, PassageRecord, TextAnswerRecord
from tools.report.write import check_format, check_installed

T = TypeVar("T")
OWNER: Final = Caller(None, "admin")
"""Who started the server, and talks to it over stdin."""
POLL_S: Final = 0.5
"""Between two looks at a job that is waited for."""

PathText = Annotated[str, Field(min_length=1, max_length=4096)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Image = Annotated[PathText, Field(description="path of the image file")]
Product = Annotated[Name | None, Field(description="product; found from the image if not given")]
NoteProduct = Annotated[Name | None, Field(description="product; found from the text if not given")]
LogProduct = Annotated[Name | None, Field(description="of this product alone")]
When = Annotated[
    str | None, Field(max_length=100, description="a date, a time, or words such as yesterday, 3 days")
]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


class LogBody(BaseModel):
    """What the log holds. summary: of all that was asked for; rows: the first of it, in order."""

    summary: dict[str, Any]
    rows: list[dict[str, Any]]


class ReportBody(BaseModel):
    """A report that was written. size: in bytes."""

    file: str
    size: int


class Tools:
    """The tools. A caller without keys, or over stdin, is the owner; the log names the others by their keys.

    Each raises ToolError for what the caller can remedy. Raises ConfigError for a folder that is none.
    """

    def __init__(self, desk: Desk, folders: Sequence[Path]) -> None:
        self._desk = desk
        self._app = desk.app
        self._folders = Folders(folders)
        self._queue = Queue(desk.app.settings.queue_length, working(desk.app.settings))
        self._written: set[Path] = set()
        desk.app.tools.images.make_room(working(desk.app.settings))

    async def inspect(self, context: Context, image: Image, product: Product = None) -> InspectionRecord:
        """Say whether the part in an image is anomalous, where, what the defect is, and on what evidence."""
        return await self._do(context, "operator", lambda: self._desk.inspect(self._image(image), product))

    async def ask(
        self,
        context: Context,
        question: Annotated[Text, Field(description="the question, in any of nine languages")],
        image: Annotated[
            PathText | None,
            Field(description="path of the image that it is about; the thread's last if not given"),
        ] = None,
        product: Product = None,
        thread: Annotated[
            Name | None, Field(description="go on with this thread; any name begins one without an image")
        ] = None,
        language: Annotated[
            Language | None, Field(description="of the answer; the question's own if not given")
        ] = None,
    ) -> AnswerRecord | TextAnswerRecord:
        """Answer a question from what was measured of an image, and from cited notes.

        Without an image, and with a thread that has none, the question is about the catalogue of defects, the
        products or the log of inspections, such as "How many parts failed today?". An answer about an image
        names its thread; with it, and without the image, a follow-up such as "And how large is it?" is
        understood.
        """

        def work() -> AnswerRecord | TextAnswerRecord:
            shown = self._image_of(image, thread)
            if shown is None:
                return self._app.ask_without_image(
                    question, product=product, thread=thread, language=language
                )
            return self._desk.ask(shown, question, product=product, thread=thread, language=language)

        return await self._do(context, "operator", work)

    async def correct(
        self,
        context: Context,
        image: Image,
        verdict: Annotated[Label, Field(description="what a person says that the part really is")],
        product: Product = None,
        defect_type: Annotated[Name | None, Field(description="of an anomalous part")] = None,
        note: Annotated[str, Field(max_length=4000, description="why, in the person's words")] = "",
        region: Annotated[
            int | None, Field(ge=1, description="with good: only this region is, as `inspect` counts from 1")
        ] = None,
        accept_flips: Annotated[
            bool, Field(description="record it although it changes verdicts that stand")
        ] = False,
    ) -> CorrectionBody:
        """Record a person's verdict on an image, and learn from it; only as a person told you.

        It is tried on earlier images first. Where it would flip verdicts that stand, `accepted` is false,
        nothing is recorded, and `flips` names them: show them to the person before you accept them.
        """
        return await self._do(
            context,
            "operator",
            lambda: CorrectionBody.of(
                self._desk.correct(
                    self._image(image),
                    verdict,
                    product=product,
                    defect_type=defect_type,
                    note=note,
                    region=region,
                    against=LATEST,
                    accept_flips=accept_flips,
                )
            ),
        )

    async def enroll(
        self,
        context: Context,
        product: Annotated[Name, Field(description="name of the product")],
        images: Annotated[
            list[PathText],
            Field(min_length=1, max_length=500, description="files, folders or globs: images of good parts"),
        ],
        keep_all: Annotated[bool, Field(description="learn from odd images too")] = False,
        mm_per_px: Annotated[
            float | None, Field(gt=0, allow_inf_nan=False, description="length of a pixel in millimetres")
        ] = None,
    ) -> JobBody:
        """Begin to learn a product from images of good parts; an earlier enrolment of it is replaced.

        Returns at once; `job` tells how far it is, and in the end the result.
        """

        def work() -> JobBody:
            check_product_name(product)
            found = self._folders.images(images)
            return JobBody.of(
                self._desk.products.enroll(product, found, keep_all=keep_all, mm_per_px=mm_per_px)
            )

        return await self._do(context, "admin", work)

    async def job(
        self,
        context: Context,
        id: Annotated[str, Field(max_length=100, description="id that `enroll` returned")],
        wait_s: Annotated[
            int, Field(ge=0, le=60, description="wait so many seconds at most for it to be over")
        ] = 0,
    ) -> JobBody:
        """Return the progress of a job, and its result or error once it is done or failed."""
        job = await self._do(context, "viewer", lambda: self._desk.jobs.get(id))
        start = anyio.current_time()
        # To look at a job takes no place among the requests that work.
        with suppress(IadError):
            while not job.over and (waited := anyio.current_time() - start) < wait_s:
                await context.report_progress(waited, wait_s, f"{job.step} {job.done} of {job.total}")
                await anyio.sleep(POLL_S)
                job = self._desk.jobs.get(id)
        return await self._do(context, "viewer", lambda: JobBody.of(self._desk.jobs.get(id)))

    async def list_products(self, context: Context) -> list[ProductBody]:
        """List the products that are enrolled: only their images can be inspected."""
        return await self._do(
            context, "viewer", lambda: [ProductBody(**asdict(one)) for one in self._app.products()]
        )

    async def show_product(
        self, context: Context, product: Annotated[Name, Field(description="name of the product")]
    ) -> ProductDetails:
        """Return an enrolled product with its rates, its zones, and its known types of defects."""
        return await self._do(context, "viewer", lambda: ProductDetails.of(self._desk, product))

    async def list_catalogue(self, context: Context) -> list[SourceSummary]:
        """List the files of the catalogue: which products and types of defects they are about."""
        return await self._do(context, "viewer", self._desk.catalogue_files)

    async def search_knowledge(
        self,
        context: Context,
        text: Annotated[Text, Field(description="what to look for, in plain words")],
        product: NoteProduct = None,
        k: Annotated[int, Field(ge=1, le=20, description="how many passages, best first")] = 5,
    ) -> list[PassageRecord]:
        """Find passages of the notes about products and defects; each has an id to cite."""
        return await self._do(context, "viewer", lambda: self._app.search_knowledge(text, product, k))

    async def log(
        self,
        context: Context,
        since: When = None,
        until: When = None,
        product: LogProduct = None,
        decision: Annotated[Decision | None, Field(description="of this decision alone")] = None,
        order: Annotated[Order, Field(description="of the rows; worst: the lowest p-value first")] = "latest",
        limit: Annotated[int, Field(ge=0, le=200, description="rows at most; 0 for the summary alone")] = 20,
    ) -> LogBody:
        """Return what was inspected: counts, yield, types of defects, days and drift, and a row each."""

        def work() -> LogBody:
            wanted = _filter(since, until, product, decision)
            history = self._desk.history
            return LogBody(summary=history.summary(wanted), rows=history.rows(wanted, order, limit))

        return await self._do(context, "viewer", work)

    async def report(
        self,
        context: Context,
        file: Annotated[PathText, Field(description="to write: .html, .pdf, .xlsx, .csv or .json")],
        images: Annotated[
            Sequence[PathText],
            Field(max_length=200, description="files, folders or globs to inspect anew, instead of the log"),
        ] = (),
        since: When = None,
        until: When = None,
        product: LogProduct = None,
        decision: Annotated[Decision | None, Field(description="of this decision alone")] = None,
        title: Annotated[str, Field(max_length=200, description=TITLE_HELP)] = "",
        language: Annotated[Language | None, Field(description=LANGUAGE_HELP)] = None,
        overwrite: Annotated[bool, Field(description="replace a report that this server wrote")] = False,
    ) -> ReportBody:
        """Write a report on what the log holds of a period, a product or a decision, or on images."""

        def work() -> ReportBody:
            out = self._new_file(file, overwrite=overwrite)
            ending = out.suffix.lower().removeprefix(".")
            wanted = _filter(since, until, product, decision)
            if images and wanted != Filter():
                raise ConfigError(
                    "period, product and decision are of the log: leave them out, or the images"
                )
            if images:
                found = [KeptImage(path, path.name, passing=False) for path in self._folders.images(images)]
                data = self._desk.report(found, ending, title, language)
            else:
                data = self._desk.log_report(wanted, ending, title, language)
            write_whole(out, data)
            self._written.add(out)
            return ReportBody(file=str(out), size=len(data))

        return await self._do(context, "operator", work)

    async def _do(self, context: Context, role: Role, work: Callable[[], T]) -> T:
        """Do work in a thread as who calls, who needs the role; return it with paths as callers see them."""
        try:
            caller = _caller(context)
            caller.check(role)
            found: T = self._folders.told(await self._queue.run(caller, work))
            return found
        except IadError as error:
            # A name may hold what steers a terminal, or looks like a line of its own.
            message = " ".join(self._folders.told(str(error)).split())
            raise ToolError(f"{error.kind}: {plain(message)}") from error
        except HTTPException as refused:
            raise ToolError(str(refused.detail)) from refused

    def _image(self, given: str | Path) -> KeptImage:
        path = self._folders.path(given)
        return KeptImage(path, path.name, passing=False)

    def _image_of(self, image: str | None, thread: str | None) -> KeptImage | None:
        """Return the image that a question is about, else the thread's last; None where there is neither."""
        if image is not None:
            return self._image(image)
        last = None if thread is None else self._app.conversations.image(thread)
        return None if last is None else self._image(last[0])

    def _new_file(self, given: str, *, overwrite: bool) -> Path:
        """Return where a report goes. Raises ConfigError for what it must not replace, and other endings."""
        out = self._folders.path(given)
        check_format(out)
        check_installed(out)
        if out.exists() and out not in self._written:
            raise ConfigError(f"{out} is there already, and no report of this server: name another file")
        if out.exists() and not overwrite:
            raise ConfigError(f"{out} is there already: name another file, or say overwrite")
        return out


def _caller(context: Context) -> Caller:
    """Return who calls: over HTTP whose key it is, else the owner."""
    request = context.request_context.request
    return OWNER if request is None else request.state.caller


def _filter(
    since: str | None,
    until: str | None,
    product: str | None,
    decision: Decision | None,
) -> Filter:
    return Filter(since=since_of(since), until=until_of(until), product=product, decision=decision)
