"""Bodies of requests and responses of the service that are no records of the tools already."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.corrections import Outcome
from agents.desk import Desk
from agents.desk.jobs import Job, Status
from knowledge.products.corrections import Correction, Label
from tools.enrollment.trial import Flip, Judgement
from tools.records import ErrorRecord, Language

SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="of an image that was inspected here")]
Side = Annotated[int, Field(ge=16, le=8192, description="longer side of the picture, at most")]
ProductName = Annotated[str, Field(min_length=1, max_length=255)]


class Body(BaseModel):
    """Base of requests: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InspectFields(Body):
    """What a request to inspect holds beside the image."""

    product: ProductName | None = Field(None, description="found from the image if not given")


class AskFields(InspectFields):
    """What a question holds beside the image."""

    question: str = Field(min_length=1, max_length=4000)
    thread: str | None = Field(
        None, max_length=200, description="go on with this thread; the answer names it"
    )
    stream: bool = Field(False, description="answer by server-sent events: step, token, answer or error")


class CorrectionFields(Body):
    """A person's verdict on an image."""

    verdict: Label
    product: ProductName | None = Field(None, description="of its last inspection if not given")
    defect_type: str | None = Field(None, max_length=255, description="of an anomalous part")
    mask_base64: str | None = Field(
        None, description="a PNG of the image's size, in base64: what is not black is the defect"
    )
    region: int | None = Field(
        None, ge=1, description="with the verdict good: only this region is, as an inspection counts, from 1"
    )
    note: str = Field("", max_length=4000)
    learn: bool = Field(True, description="whether later verdicts learn from it")
    against: int = Field(0, ge=0, le=50, description="last inspections of the product whose flips count too")
    accept_flips: bool = Field(False, description="record it although it changes verdicts that stand")
    preview: bool = Field(False, description="only say what it would change")


class ZoneFields(Body):
    """An area of a product."""

    name: str = Field(min_length=1, max_length=255)
    box: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1] in pixels of the first good image")
    ignored: bool = Field(False, description="the area is not judged")
    accept_flips: bool = False

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "thread", "box": [20, 40, 120, 300], "ignored": False}]}
    )


class RateFields(Body):
    """A product's default rates."""

    alpha: float = Field(gt=0, lt=0.5, description="false-alarm rate")
    review: float = Field(gt=0, lt=1, description="rate below which a person should look")

    model_config = ConfigDict(json_schema_extra={"examples": [{"alpha": 0.05, "review": 0.2}]})


class ScaleFields(Body):
    """A product's scale."""

    mm_per_px: float = Field(gt=0, allow_inf_nan=False, description="length of an original pixel")

    model_config = ConfigDict(json_schema_extra={"examples": [{"mm_per_px": 0.052}]})


class ScaleBody(BaseModel):
    """A product's scale as it is set. warnings: what failed beside it, such as its row in the log."""

    mm_per_px: float
    warnings: list[str]


class RatesBody(BaseModel):
    """A product's rates as they are set. warnings: what failed beside it, such as its row in the log."""

    alpha: float
    review: float
    warnings: list[str]


ReportFormat = Literal["html", "pdf", "xlsx", "csv", "json"]
TITLE_HELP: Final = "heading; the words for inspection report if empty"
LANGUAGE_HELP: Final = "of the page's own words; that of the settings, else English, if null"


class ReportFields(Body):
    """A report on images that were inspected here; they are inspected anew."""

    images: list[SHA256] = Field(min_length=1, max_length=200)
    format: ReportFormat = "html"
    title: str = Field("", max_length=200, description=TITLE_HELP)
    language: Language | None = Field(None, description=LANGUAGE_HELP)


class ProductBody(BaseModel):
    """An enrolled product. aligned: see `agents.app.ProductSummary`."""

    name: str
    templates: int
    encoder: str
    enrolled_at: str
    aligned: bool | None


class ProductDetails(ProductBody):
    """An enrolled product with its rates, zones and known types of defects."""

    alpha: float
    review: float
    mm_per_px: float | None
    zones: list[dict[str, Any]]
    defect_types: list[str]

    @classmethod
    def of(cls, desk: Desk, product: str) -> ProductDetails:
        """Return the body of a product. Raises UnknownProduct, StoreMissing."""
        desk.app.tools.require_store()
        model = desk.app.tools.product(product)
        (summary,) = (each for each in desk.app.products() if each.name == product)
        return cls(
            **asdict(summary),
            alpha=model.alpha,
            review=model.review,
            mm_per_px=model.mm_per_px,
            zones=[zone.to_dict() for zone in model.zones],
            defect_types=desk.types_of(product),
        )


class JobBody(BaseModel):
    """Work in the background. total 0: not known yet. result: of one that is done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "5f0c", "what": "enroll bracket", "status": "running", "step": "encode", "done": 3,
                 "total": 12, "result": None, "error": None}
            ]
        }
    )  # fmt: skip

    id: str
    what: str
    status: Status
    step: str
    done: int
    total: int
    result: dict[str, Any] | None
    error: ErrorRecord | None

    @classmethod
    def of(cls, job: Job) -> JobBody:
        """Return the body of a job."""
        error = None if job.error is None else ErrorRecord(kind=job.error[0], message=job.error[1])
        return cls(
            id=job.id, what=job.what, status=job.status, step=job.step, done=job.done, total=job.total,
            result=job.result, error=error,
        )  # fmt: skip


class FlipBody(BaseModel):
    """A verdict that a change flips. harms: whether that contradicts a person, or a verdict that stands."""

    name: str
    before: Judgement
    after: Judgement
    p_before: float
    p_after: float
    confirmed: Label | None
    harms: bool

    @classmethod
    def of(cls, flip: Flip) -> FlipBody:
        """Return the body of a flip."""
        return cls(**vars(flip), harms=flip.harms)


class CorrectionBody(BaseModel):
    """A correction as it is recorded, or would be. accepted: whether it is."""

    accepted: bool
    correction: Correction
    flips: list[FlipBody]
    warnings: list[str]

    @classmethod
    def of(cls, outcome: Outcome) -> CorrectionBody:
        """Return the body of a correction."""
        return cls(
            accepted=outcome.accepted,
            correction=outcome.correction,
            flips=[FlipBody.of(flip) for flip in outcome.flips],
            warnings=outcome.warnings,
        )


class ZoneBody(BaseModel):
    """A zone as it is now, or would be. accepted: whether it is."""

    accepted: bool
    zone: dict[str, Any]
    flips: list[FlipBody]
    warnings: list[str]


class CheckedBody(BaseModel):
    """The whole log, each row following the one before. hash: of the last row."""

    rows: int
    hash: str


class ReadyBody(BaseModel):
    """Whether the models are loaded. message: what it is doing, or what failed."""

    ready: bool
    message: str
