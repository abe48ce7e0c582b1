"""Routes of what was done: the log, its figures and its chain, review queue, corrections, reports."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from agents.desk import Desk
from agents.desk.history import since as since_of
from agents.desk.history import until as until_of
from agents.interfaces.service.access import Operator, Viewer
from agents.interfaces.service.errors import SENT, invalid_request
from agents.interfaces.service.limits import Queue
from agents.interfaces.service.models import (
    LANGUAGE_HELP,
    TITLE_HELP,
    CheckedBody,
    CorrectionBody,
    CorrectionFields,
    ReportFields,
    ReportFormat,
)
from agents.interfaces.service.uploads import body_of, decoded, receive
from knowledge.log.figures import Filter
from knowledge.products.corrections import Correction
from tools.records import Language

MEDIA: Final[dict[ReportFormat, str]] = {
    "html": "text/html",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
}
FILES: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {kind: {} for kind in MEDIA.values()}}}
When = Annotated[str | None, Query(max_length=100, description="a date, a time, or words such as yesterday")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


def _filter(
    since: When = None,
    until: When = None,
    product: Annotated[str | None, Query(max_length=255)] = None,
    decision: Literal["pass", "review", "fail"] | None = None,
    lot: Annotated[str | None, Query(max_length=200)] = None,
    station: Annotated[str | None, Query(max_length=200)] = None,
    operator: Annotated[str | None, Query(max_length=200)] = None,
) -> Filter:
    return Filter(
        since=since_of(since),
        until=until_of(until),
        product=product,
        decision=decision,
        lot=lot,
        station=station,
        operator=operator,
    )


Wanted = Annotated[Filter, Depends(_filter)]
_CORRECTION: Final = body_of(
    CorrectionFields.model_json_schema()["properties"],
    ["verdict"],
    good={"verdict": "good", "against": 8, "preview": True},
    normal_region={"verdict": "good", "region": 2, "against": 8},
    masked_defect={"verdict": "anomalous", "defect_type": "scratch", "mask_base64": "iVBORw0KGgo..."},
)


def history_routes(desk: Desk, queue: Queue) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["log, corrections, reports"])

    @routes.get("/log")
    def log(
        _: Viewer,
        wanted: Wanted,
        order: Literal["latest", "first", "worst"] = "latest",
        limit: Limit = 100,
    ) -> list[dict[str, Any]]:
        """Return inspections, a row each."""
        return desk.history.rows(wanted, order, limit)

    @routes.get("/log/summary")
    def summary(_: Viewer, wanted: Wanted) -> dict[str, Any]:
        """Return counts, yield, types of defects, days and drift."""
        return desk.history.summary(wanted)

    @routes.get("/log/export", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
    def export(_: Viewer, wanted: Wanted) -> Response:
        """Return the rows as CSV, the oldest first."""
        return Response(
            desk.history.export(wanted),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="log.csv"'},
        )

    @routes.get("/log/report", response_class=Response, responses=FILES)
    async def log_report(
        caller: Viewer,
        wanted: Wanted,
        format: ReportFormat = "html",
        title: Annotated[str, Query(max_length=200, description=TITLE_HELP)] = "",
        language: Annotated[Language | None, Query(description=LANGUAGE_HELP)] = None,
    ) -> Response:
        """Write a report on what the log holds, as it was decided; nothing is inspected again."""
        data = await queue.run(caller, lambda: desk.log_report(wanted, format, title, language))
        return _report(data, format)

    @routes.get("/log/changes")
    def changes(
        _: Viewer, product: Annotated[str | None, Query(max_length=255)] = None
    ) -> list[dict[str, Any]]:
        """Return who enrolled and changed products, and what, the latest first."""
        return desk.history.changes(product)

    @routes.get("/log/check")
    def check(_: Viewer) -> CheckedBody:
        """Check that no row was changed, removed or put elsewhere."""
        return CheckedBody(**vars(desk.history.verify()))

    @routes.get("/review")
    def review(
        _: Viewer, product: Annotated[str | None, Query(max_length=255)] = None, limit: Limit = 100
    ) -> list[dict[str, Any]]:
        """Return the inspections that wait for a person, the latest first."""
        return desk.history.waiting(product, limit)

    @routes.get("/corrections")
    def corrections(_: Viewer) -> list[Correction]:
        """Return what people said of verdicts, oldest first."""
        return desk.app.corrections()

    @routes.post("/corrections", responses=SENT, openapi_extra=_CORRECTION)
    async def correct(request: Request, caller: Operator) -> CorrectionBody:
        """Record a person's verdict on an image, which comes as for `/inspect`, mostly as its `sha256`.

        Where it would change verdicts that stand, it is not recorded but for `accept_flips`; `preview` only
        says what it would change. `mask_base64` marks the defect of an anomalous part; `region` says that one
        region of several is normal, whose place is no longer judged.
        """
        received = await receive(request, desk)
        fields, image = received.as_model(CorrectionFields), received.required
        mask = None if fields.mask_base64 is None else _mask(fields.mask_base64)
        outcome = await queue.run(
            caller,
            lambda: desk.correct(
                image,
                record=not fields.preview,
                mask=mask,
                **fields.model_dump(exclude={"preview", "mask_base64"}),
            ),
        )
        return CorrectionBody.of(outcome)

    @routes.delete("/corrections/{id_}")
    async def undo(id_: str, caller: Operator) -> CorrectionBody:
        """Roll a correction back: what was learned from it is forgotten, its record stays."""
        return CorrectionBody.of(await queue.run(caller, lambda: desk.app.undo_correction(id_)))

    @routes.post(
        "/reports",
        response_class=Response,
        responses={**SENT, **FILES},
    )
    async def report(given: ReportFields, caller: Operator) -> Response:
        """Write a report on images that were inspected here."""
        images = [desk.image(sha256) for sha256 in given.images]
        data = await queue.run(caller, lambda: desk.report(images, given.format, given.title, given.language))
        return _report(data, given.format)

    return routes


def _mask(text: str) -> bytes:
    """Return a mask's file, which is not decoded yet. Raises HTTPException 400."""
    data = decoded(text, "mask_base64")
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise invalid_request(
            "mask_base64 is no PNG file: save the mask as PNG, of the image's size, black where it is good"
        )
    return data


def _report(data: bytes, form: ReportFormat) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="report.{form}"'}
    return Response(data, media_type=MEDIA[form], headers=headers)
