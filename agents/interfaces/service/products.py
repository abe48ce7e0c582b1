"""Routes of products: list, enrolment and calibration as jobs, zones, rates, scale."""

from __future__ import annotations

import math
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from starlette.datastructures import UploadFile

from agents.desk import Desk
from agents.desk.pictures import as_file, within
from agents.interfaces.service.access import Admin, Viewer
from agents.interfaces.service.errors import SENT, invalid_request
from agents.interfaces.service.limits import Queue
from agents.interfaces.service.models import (
    FlipBody,
    JobBody,
    ProductBody,
    ProductDetails,
    RateFields,
    RatesBody,
    ScaleBody,
    ScaleFields,
    Side,
    ZoneBody,
    ZoneFields,
)
from agents.interfaces.service.uploads import CHUNK, shown, to_the_end
from anomaly_core.errors import ConfigError
from knowledge.products.record import check_product_name
from tools.zones import ZoneOutcome

MOST_IMAGES: Final = 500
Product = Annotated[str, InPath(max_length=255, description="name of a product")]
_FORM: Final = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["images"],
                    "properties": {
                        "images": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "keep_all": {"type": "boolean", "description": "learn from odd images too"},
                        "mm_per_px": {"type": "number", "description": "length of a pixel in millimetres"},
                    },
                }
            }
        }
    }
}


def product_routes(desk: Desk, queue: Queue) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["products"])
    app = desk.app

    @routes.get("/products")
    def products(_: Viewer) -> list[ProductBody]:
        """List the enrolled products."""
        return [ProductBody(**asdict(product)) for product in app.products()]

    @routes.get("/products/{product}")
    def details(product: Product, _: Viewer) -> ProductDetails:
        """Return a product with its rates, zones and known types of defects."""
        return ProductDetails.of(desk, product)

    @routes.get("/products/{product}/image", response_class=Response, responses=SENT)
    def first_good(product: Product, _: Viewer, side: Side = 2048) -> Response:
        """Return the first good image, which zones are drawn on, with the zones outlined."""
        app.tools.require_store()
        data, media = as_file(within(desk.first_good(product), side))
        return Response(data, media_type=media, headers={"Cache-Control": "private, no-cache"})

    @routes.post("/products/{product}/enrollment", status_code=202, responses=SENT, openapi_extra=_FORM)
    async def enroll(request: Request, product: Product, caller: Admin) -> JobBody:
        """Learn a product from images of good parts, as a job; an earlier enrolment is replaced.

        `curl -F images=@good1.png -F images=@good2.png http://127.0.0.1:8080/api/v1/products/bracket/enrollment`
        """
        check_product_name(product)
        folder, fields = await _received(request, desk)
        try:
            scale = _length(fields.get("mm_per_px"))
        except ConfigError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        keep_all = fields.get("keep_all", "").lower() in ("true", "1", "yes", "on")
        return JobBody.of(
            await queue.run(
                caller,
                lambda: desk.products.enroll(
                    product, paths, keep_all=keep_all, mm_per_px=scale, folder=folder
                ),
            )
        )

    @routes.post("/products/{product}/calibration", status_code=202, responses=SENT, openapi_extra=_FORM)
    async def calibrate(request: Request, product: Product, caller: Admin) -> JobBody:
        """Narrow a product's calibration with further images of good parts, as a job."""
        app.tools.require_store()
        app.tools.product(product)
        folder, _ = await _received(request, desk)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return JobBody.of(
            await queue.run(caller, lambda: desk.products.calibrate(product, paths, folder=folder))
        )

    @routes.put("/products/{product}/rates", responses=SENT)
    async def rates(product: Product, given: RateFields, caller: Admin) -> RatesBody:
        """Set the rates that a product is judged at where a call and the settings give none."""
        alpha, review = given.alpha, given.review
        warnings = await queue.run(caller, lambda: desk.products.set_rates(product, alpha, review))
        return RatesBody(alpha=alpha, review=review, warnings=warnings)

    @routes.put("/products/{product}/scale", responses=SENT)
    async def scale(product: Product, given: ScaleFields, caller: Admin) -> ScaleBody:
        """Set the length of a pixel, by which lengths are told in millimetres; no verdict changes."""
        warnings = await queue.run(caller, lambda: desk.products.set_scale(product, given.mm_per_px))
        return ScaleBody(mm_per_px=given.mm_per_px, warnings=warnings)

    @routes.post("/products/{product}/zones", responses=SENT)
    async def add(product: Product, given: ZoneFields, caller: Admin) -> ZoneBody:
        """Name an area of a product, or take it out of what is judged."""
        fields = given.model_dump()
        return _zone_body(*await queue.run(caller, lambda: desk.products.add_zone(product, **fields)))

    @routes.delete("/products/{product}/zones/{zone}")
    async def remove(product: Product, zone: str, caller: Admin, accept_flips: bool = False) -> ZoneBody:
        """Remove a zone."""
        app.tools.require_store()
        return _zone_body(
            *await queue.run(
                caller, lambda: desk.products.remove_zone(product, zone, accept_flips=accept_flips)
            )
        )

    @routes.get("/jobs")
    def jobs(_: Viewer) -> list[JobBody]:
        """List the jobs since the start, the latest first."""
        return [JobBody.of(job) for job in desk.jobs.all()]

    @routes.get("/jobs/{job}")
    def job(job: str, _: Viewer) -> JobBody:
        """Return a job with its progress, and its result once it is done."""
        return JobBody.of(desk.jobs.get(job))

    return routes


def _zone_body(outcome: ZoneOutcome, warnings: list[str]) -> ZoneBody:
    return ZoneBody(
        warnings=warnings,
        accepted=outcome.accepted,
        zone=outcome.zone.to_dict(),
        flips=[FlipBody.of(flip) for flip in outcome.flips],
    )


def _length(text: str | None) -> float | None:
    """Return a length of a form. Raises ConfigError unless it is a number above 0."""
    if text is None:
        return None
    try:
        length = float(text)
    except ValueError:
        length = math.nan
    if not 0 < length < math.inf:
        raise ConfigError(f"mm_per_px {text[:40]!r} is no length: give a number above 0, such as 0.05")
    return length


async def _received(request: Request, desk: Desk) -> tuple[Path, dict[str, Any]]:
    """Write the form's files into a folder, each in one of its own, since names may be equal.

    Returns the folder, which the job removes, and the other fields.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise invalid_request(
            "send the images of good parts as files of a form: curl -F images=@good1.png ..."
        )
    folder = desk.images.folder / f"enroll-{secrets.token_hex(8)}"
    fields: dict[str, Any] = {}
    count = 0
    try:
        with to_the_end():
            async with request.form(max_files=MOST_IMAGES, max_fields=20) as form:
                for key, value in form.multi_items():
                    if not isinstance(value, UploadFile):
                        fields[key] = value
                        continue
                    path = folder / f"{count:04d}" / shown(value.filename)
                    path.parent.mkdir(parents=True)
                    count += 1
                    with path.open("xb") as file:
                        while data := await value.read(CHUNK):
                            file.write(data)
        if not count:
            raise invalid_request("the form holds no file: curl -F images=@good1.png ...")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, fields
