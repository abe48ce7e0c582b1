"""What a report holds: each part with its decision and reasons, the counts, and hashes of all of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from anomaly_core.results import Decision
from tools.records import EvidenceRecord, FailureRecord, Language, ModelsRecord, NamedScore, Record

FORMAT: Final = "iad-report-1"
LOW_P_VALUE: Final = "The p-value "
"""How the reason begins that is no problem of the image, as `tools.detect.reasons_of` words it."""
DECISIONS: Final[tuple[Decision, ...]] = ("fail", "review", "pass")
"""The worst first."""
Aspect = Literal["cause", "effect", "action"]
ASPECTS: Final[tuple[Aspect, ...]] = ("cause", "effect", "action")
"""What the catalogue is asked of a defect's type, in the order in which it is shown."""


class ReportRegion(Record):
    """An anomalous area; see `tools.records.RegionRecord`."""

    bbox: tuple[int, int, int, int] = Field(description="[x0, y0, x1, y1], original pixels, end-exclusive")
    cell: str
    area_px: int
    score: float | None = Field(None, description="excess over the normal range, in [0, 1]")
    zone: str | None = None
    length_px: float | None = None
    width_px: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None


class ReportType(Record):
    """The likeliest defect type; see `tools.records.DefectRecord`."""

    name: str
    status: Literal["confirmed", "likely", "unknown"]
    score: float | None = Field(None, description="probability, in [0, 1]")
    alternatives: list[NamedScore] = Field(default_factory=list)


class NoteRecord(Record):
    """What the catalogue says of the defect's type."""

    aspect: Aspect
    text: str
    id: str = Field(description="of the passage that says it")
    source: str = Field(description="file of the passage")
    language: str | None = Field(None, description="ISO 639-1 code where the file states it")


class LabelRecord(Record):
    """A human label: what a person said of the verdict."""

    verdict: Literal["good", "anomalous"]
    at: str = Field(description="ISO 8601, UTC")
    defect_type: str | None = None
    note: str = ""
    operator: str | None = None


class PartRecord(Record):
    """One inspection; null where its source does not tell."""

    image: str = Field(description="path, or the name of an image that came without a file")
    name: str
    sha256: str = Field(description="of the file, 64 hex digits")
    at: str | None = Field(None, description="ISO 8601, UTC")
    product: str
    similarity: float | None = Field(None, description="cosine to the nearest template")
    inferred: bool = Field(False, description="whether the product was found from the image")
    decision: Decision
    reasons: list[str]
    p_value: float = Field(description="probability that a good part scores as high")
    alpha: float | None
    review: float | None
    uncertain: bool = Field(description="whether the p-value lies near alpha")
    regions: list[ReportRegion]
    defect_type: ReportType | None
    notes: list[NoteRecord] = Field(default_factory=list)
    label: LabelRecord | None = None
    lot: str | None = None
    station: str | None = None
    operator: str | None = None
    read_with: str | None = Field(None, description="what was done to read the file as 8-bit RGB")
    answer: str = ""
    analysis: str = ""
    evidence: list[EvidenceRecord] = Field(default_factory=list)
    models: ModelsRecord | None = None
    mm_per_px: float | None = Field(None, description="length of an original pixel")

    @property
    def last_word(self) -> Decision:
        """The decision that counts: a person's where there is a label, else the measured one."""
        if self.label is None:
            return self.decision
        return "pass" if self.label.verdict == "good" else "fail"

    @property
    def type_named(self) -> str | None:
        """The defect's type: what a person named, else the measured one; None of a part that passed."""
        if self.last_word == "pass":
            return None
        if self.label is not None and self.label.defect_type:
            return self.label.defect_type
        return None if self.defect_type is None else self.defect_type.name

    @property
    def order(self) -> tuple[int, float]:
        """The key that sorts the worst first."""
        return DECISIONS.index(self.last_word), self.p_value

    @property
    def looked_at(self) -> bool:
        """Whether a report shows it by itself; one that passed against a person's label too."""
        return self.decision != "pass" or self.label is not None


class ProductFacts(Record):
    """An enrolled product as it was when the report was made."""

    name: str
    templates: int = Field(description="good images that it was learned from")
    encoder: str
    enrolled_at: str = Field(description="ISO 8601, UTC")


class Header(Record):
    """What a report is about. since, until: period of a report from the log, ISO 8601, UTC."""

    title: str
    language: Language = Field("en", description="ISO 639-1 code of the page's own words")
    made: str = Field(description="ISO 8601 with the offset of the local time")
    source: Literal["inspection", "log"] = "inspection"
    expected: int = Field(description="images or rows that the report is to hold")
    since: str | None = None
    until: str | None = None
    lot: str | None = None
    station: str | None = None
    operator: str | None = None
    products: list[ProductFacts] = Field(default_factory=list)
    log_hash: str | None = Field(None, description="of the log's last row")


def sealed(header: Header, parts: Sequence[PartRecord], failures: Sequence[FailureRecord]) -> dict[str, Any]:
    """Return a report as JSON values, each part's fields and the whole with their hashes."""
    held: dict[str, Any] = {
        "format": FORMAT,
        **header.model_dump(mode="json"),
        "counts": counted(part.last_word for part in parts),
        "parts": [sealed_part(part.model_dump(mode="json")) for part in parts],
        "failures": [failure.model_dump(mode="json") for failure in failures],
    }
    return {**held, "hash": hash_of(held)}


def sealed_part(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part's fields with `hashes`, that of each, so that a changed one is named."""
    return {**fields, "hashes": {key: hash_of(value)[:16] for key, value in fields.items()}}


def hash_of(value: object) -> str:
    """Return the SHA-256 of a JSON value, 64 hex digits: of its keys in order, without spaces, in ASCII."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def counted(decisions: Iterable[str]) -> dict[Decision, int]:
    """Count decisions, those of no part too."""
    found = Counter(decisions)
    return {decision: found[decision] for decision in DECISIONS}
