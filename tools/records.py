"""The JSON that `iad inspect` and `iad ask` print, as pydantic models. Field order is the printed order."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from anomaly_core.errors import IadError
from anomaly_core.results import Decision


class Record(BaseModel):
    """Base: frozen, unknown keys rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProductRecord(Record):
    """The product of the image. `similarity`: cosine in [-1, 1]; `inferred`: found, not named by the user."""

    name: str
    similarity: float
    inferred: bool


class RegionRecord(Record):
    """One anomalous area. `bbox`: [x0, y0, x1, y1], original pixels, end-exclusive; `score` in [0, 1]."""

    bbox: tuple[int, int, int, int]
    cell: str
    area_px: int
    score: float


class NamedScore(Record):
    """A defect type and its score in [0, 1]."""

    name: str
    score: float


class DefectRecord(NamedScore):
    """The most likely defect type, and the others. The name is "unknown defect" when nothing fits."""

    alternatives: list[NamedScore] = Field(default_factory=list)


class EvidenceRecord(Record):
    """One thing that the answer rests on, with an id that the answer can cite."""

    kind: Literal["template", "knowledge", "region", "score"]
    id: str
    text: str


class FilesRecord(Record):
    """Paths of the pictures written, or null where none was asked for."""

    heatmap: str | None = None
    mask: str | None = None
    overlay: str | None = None


class ModelsRecord(Record):
    """Which models the answer came from; `llm` is null when none was used."""

    encoder: str
    decoder: str
    llm: str | None = None


class TimingsRecord(Record):
    """Milliseconds a step; `total` is the wall time of the whole."""

    load: float = 0.0
    encode: float = 0.0
    decode: float = 0.0
    retrieve: float = 0.0
    llm: float = 0.0
    total: float = 0.0


class InspectionRecord(Record):
    """One inspected image: design.md's object."""

    image: str
    sha256: str
    product: ProductRecord
    decision: Decision
    reasons: list[str]
    anomalous: bool
    score: float
    p_value: float
    alpha: float
    review: float
    uncertain: bool
    regions: list[RegionRecord]
    defect_type: DefectRecord | None
    answer: str
    analysis: str
    evidence: list[EvidenceRecord]
    files: FilesRecord
    models: ModelsRecord
    timings_ms: TimingsRecord


class AnswerRecord(InspectionRecord):
    """The reply to a question: an inspection with `question` and `thread`, whose `answer` is the reply."""

    question: str
    thread: str


class ErrorRecord(Record):
    """What went wrong: the error's class name and a message that names the mend."""

    kind: str
    message: str


class OpenedRecord(Record):
    """An image that was read. Sizes in pixels of the upright image; `note` says what reading changed."""

    image: str
    sha256: str
    width: int
    height: int
    note: str | None = None


class LanguageRecord(Record):
    """What the prompt-learned language model said. `margin`: log p(Yes) - log p(No), null where not asked.

    `model`: its name, null where it did not answer. `problem`: why not, although it should have.
    """

    model: str | None
    margin: float | None
    problem: str


class VerdictRecord(Record):
    """The calibrated verdict; see `anomaly_core.results.Verdict`."""

    decision: Decision
    anomalous: bool
    score: float
    p_value: float
    uncertain: bool
    alpha: float
    review: float


class MeasuredRegion(RegionRecord):
    """A region with an id to cite and its measured description in words."""

    id: str
    text: str


class TemplateRecord(Record):
    """An enrolled normal template. `similarity`: cosine to the query image; `path`: a readable copy."""

    id: str
    file_name: str
    similarity: float
    path: str


class PassageRecord(Record):
    """A passage of the domain notes. `offset`: characters from the start of `file`; `score`: rank score."""

    id: str
    product: str | None
    defect: str | None
    title: str
    text: str
    file: str
    offset: int
    score: float


class FailureRecord(Record):
    """An image that could not be inspected."""

    image: str
    error: ErrorRecord

    @classmethod
    def of(cls, image: object, error: IadError) -> FailureRecord:
        """Return the record of this image's error."""
        return cls(image=str(image), error=ErrorRecord(kind=error.kind, message=str(error)))
