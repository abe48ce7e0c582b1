"""JSON records of inspections and answers, as pydantic models in the order of the printed fields."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from anomaly_core.errors import IadError
from anomaly_core.results import Decision
from knowledge.catalogue.looks import Change

Language = Literal["en", "de", "it", "es", "fr", "pt", "zh", "ja", "ko"]
"""What is understood best, and answered in."""
Kind = Literal[
    "verdict",
    "place",
    "count",
    "type",
    "appearance",
    "size",
    "confidence",
    "reference",
    "product",
    "normal",
    "cause",
    "effect",
    "action",
    "comparison",
    "look_again",
    "parts",
    "reasoning",
    "history",
    "catalogue",
    "correction",
    "help",
    "greeting",
    "other",
]
"""What a question, or a part of one, asks for."""


class Record(BaseModel):
    """Base of all records: frozen, unknown keys rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProductRecord(Record):
    """The product of the image."""

    name: str
    similarity: float = Field(description="cosine to the nearest template, in [-1, 1]")
    inferred: bool = Field(description="found from the image, not named by the user")


class SettingsRecord(Record):
    """What people told of a product. zones: names of its zones."""

    zones: list[str] = Field(default_factory=list)
    mm_per_px: float | None = Field(None, description="length of an original pixel")


class RegionRecord(Record):
    """One anomalous area."""

    bbox: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1], original pixels, end-exclusive")
    cell: str = Field(description="cell of the image's 3x3 grid")
    area_px: int = Field(description="area in original pixels")
    score: float = Field(description="excess over the normal range, in [0, 1]")
    id: str = Field("", description="cited by the answer")
    zone: str | None = Field(None, description="the product's zone that its centre lies in")
    beside: bool = Field(False, description="whether it lies wholly beside the part, on its background")
    length_px: float | None = Field(None, description="along it, in original pixels; null without an outline")
    width_px: float | None = None
    length_mm: float | None = Field(None, description="null without a scale of the product")
    width_mm: float | None = None


class NamedScore(Record):
    """A defect type."""

    name: str
    score: float = Field(description="probability, in [0, 1]")


class DefectRecord(NamedScore):
    """The likeliest defect type, or "unknown defect"."""

    status: Literal["confirmed", "likely", "unknown"] = Field(
        "unknown", description="confirmed: by examples that people confirmed; likely: by examples or notes"
    )
    alternatives: list[NamedScore] = Field(default_factory=list, description="other types, likeliest first")


class EvidenceRecord(Record):
    """One piece of evidence of an answer."""

    kind: Literal["template", "knowledge", "region", "score"]
    id: str = Field(description="cited by the answer")
    text: str


class FilesRecord(Record):
    """Paths of the written images; null where none was requested."""

    heatmap: str | None = None
    mask: str | None = None
    overlay: str | None = None


class ModelsRecord(Record):
    """Names of the models behind the answer."""

    encoder: str
    decoder: str
    llm: str | None = Field(None, description="language model, or null")


class TimingsRecord(Record):
    """Milliseconds a step; total: wall time of the inspection. capture, write and wait come before it."""

    capture: float = Field(0.0, description="of a camera's image: from the trigger to the frame")
    write: float = Field(0.0, description="from there to the disk")
    wait: float = Field(0.0, description="from there to the inspection")
    load: float = 0.0
    encode: float = 0.0
    decode: float = 0.0
    retrieve: float = 0.0
    llm: float = 0.0
    total: float = 0.0


class InspectionRecord(Record):
    """One inspected image."""

    image: str = Field(description="path")
    sha256: str = Field(description="of the file, 64 hex digits")
    note: str | None = Field(None, description="what was done to read the file as 8-bit RGB, or null")
    product: ProductRecord
    decision: Decision
    reasons: list[str] = Field(description="for a decision other than pass")
    anomalous: bool = Field(description="whether the decision is fail")
    score: float = Field(description="1 - p_value")
    p_value: float = Field(description="probability that a good part scores as high")
    alpha: float = Field(description="stated false-alarm rate; a p-value below it is fail")
    review: float = Field(description="a p-value below this rate is review")
    uncertain: bool = Field(description="whether the p-value lies near alpha")
    regions: list[RegionRecord] = Field(description="strongest first, those beside the part last")
    defect_type: DefectRecord | None
    answer: str
    analysis: str
    evidence: list[EvidenceRecord]
    files: FilesRecord
    models: ModelsRecord
    timings_ms: TimingsRecord
    warnings: list[str] = Field(
        default_factory=list, description="what failed beside the inspection, such as its row in the log"
    )


class LimitRecord(Record):
    """A limit that a question gives, such as "at most 2 mm"."""

    value: float
    unit: Literal["mm", "px", "percent", "mm2", "px2", "degree", "count"]


class UnderstoodRecord(Record):
    """One thing that a question asks for; null where it names none."""

    kind: Kind
    place: str | None = Field(None, description="as `tools.locations` reads it, such as left edge")
    zone: str | None = Field(None, description="a named section of the part, such as head")
    region: int | None = Field(None, description="from 1")
    type: str | None = Field(None, description="a defect's name")
    image: int | None = Field(None, description="number of an image of the thread, from 1")
    limit: LimitRecord | None = None
    scale_px_per_mm: float | None = Field(None, description="a scale that the question gives")


class AnswerRecord(InspectionRecord):
    """The answer to a question about an inspected image."""

    question: str
    thread: str
    language: str = Field(description="ISO 639-1 code; the answer is in it")
    understood: list[UnderstoodRecord] = Field(description="an entry for each thing asked, in order")
    affirmed: bool | None = Field(description="whether it is answered yes; null where neither yes nor no is")


class TextAnswerRecord(Record):
    """The answer to a question that came without an image."""

    question: str
    product: str | None = Field(description="that the question is about, where it is about one")
    language: str = Field(description="ISO 639-1 code; the answer is in it")
    understood: list[UnderstoodRecord] = Field(description="an entry for each thing asked, in order")
    affirmed: bool | None = Field(description="see `AnswerRecord`")
    answer: str
    evidence: list[EvidenceRecord]


class ErrorRecord(Record):
    """An error."""

    kind: str = Field(description="class name")
    message: str = Field(description="names the problem and the remedy")


class OpenedRecord(Record):
    """An image that was read; sizes in pixels of the upright image."""

    image: str
    sha256: str
    width: int
    height: int
    note: str | None = Field(None, description="changes made in the conversion to 8-bit RGB")


class LanguageRecord(Record):
    """The prompt-learned language model's answer."""

    model: str | None = Field(description="its name; null without an answer")
    margin: float | None = Field(description="log p(Yes) - log p(No); null without an answer")
    problem: str = Field(description="why a model that was asked gave no answer, or empty")


class PersonsWord(Record):
    """What a person said of this very image; see `knowledge.products.corrections.Correction`."""

    id: str = Field(description="of the correction")
    image: str = Field(description="file name")
    at: str = Field(description="ISO 8601, UTC")
    verdict: Literal["good", "anomalous"]
    defect_type: str | None = None
    note: str = Field("", description="why, in the person's words")


class VerdictRecord(Record):
    """The calibrated verdict; see `anomaly_core.results.Verdict`."""

    decision: Decision
    anomalous: bool
    score: float
    p_value: float
    uncertain: bool
    alpha: float
    review: float
    problems: list[str] = Field(default_factory=list, description="why it isn't comparable with good images")
    person: PersonsWord | None = Field(None, description="last word on this image; the rest is as measured")

    @property
    def decided(self) -> Decision:
        """The decision that counts: a person's where there is one, else the measured one."""
        if self.person is None:
            return self.decision
        return "pass" if self.person.verdict == "good" else "fail"

    @property
    def not_comparable(self) -> bool:
        """Whether the decision is "review" for problems of the image; a defect may cause them too."""
        return self.decision == "review" and bool(self.problems)


class LookRecord(Record):
    """How a region looks; see `anomaly_core.scoring.measurement.RegionDescription`."""

    shape: Literal["round", "elongated", "irregular"]
    length_px: float
    width_px: float
    contrast: float = Field(description="grey levels against the surroundings, negative is darker")
    colour: str | None = None
    change: Change | None = Field(None, description="what became of what good parts show there, where clear")
    shown: float | None = Field(
        None, description="contrast of the nearest good part there with its surroundings, in grey levels"
    )


class MeasuredRegion(RegionRecord):
    """A region with its measured description."""

    text: str = Field(description="measured description")
    look: LookRecord | None = Field(None, description="the same as numbers; null for a layout's finding")


class TemplateRecord(Record):
    """An enrolled template."""

    id: str = Field(description="cited by the answer")
    file_name: str
    similarity: float = Field(description="cosine to the image, in [-1, 1]")
    path: str = Field(description="copy of the image in the store, not to be written")


class PassageRecord(Record):
    """A passage of the notes."""

    id: str = Field(description="cited by the answer")
    product: str | None
    defect: str | None
    title: str
    text: str
    file: str
    offset: int = Field(description="characters from the start of the file")
    score: float = Field(description="reciprocal rank score")
    field: Literal["look", "cause", "effect", "severity", "action", "limit"] | None = Field(
        None, description="of the entry on the defect; null for prose"
    )
    language: str | None = Field(None, description="ISO 639-1 code where the file states it")


class FailureRecord(Record):
    """An image that could not be inspected."""

    image: str
    error: ErrorRecord

    @classmethod
    def of(cls, image: object, error: IadError) -> FailureRecord:
        """Return the record of an image's error."""
        return cls(image=str(image), error=ErrorRecord(kind=error.kind, message=str(error)))
