"""Records and pictures that the tests of what a person touches share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from logged import context, rows
from PIL import Image

from tools.context import Context
from tools.records import (
    DefectRecord,
    EvidenceRecord,
    FilesRecord,
    InspectionRecord,
    ModelsRecord,
    NamedScore,
    ProductRecord,
    RegionRecord,
    TimingsRecord,
)

MakeRecord = Callable[..., InspectionRecord]


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Context]:
    """Tools with a log of two days, see `logged.rows`."""
    made = context(tmp_path / "log.sqlite")
    assert made.log is not None
    made.log.append(rows())
    yield made
    made.log.close()


@pytest.fixture
def make_record(tmp_path: Path) -> MakeRecord:
    """A function that makes a record of a painted image; keywords replace fields."""

    def make(name: str = "part.png", *, anomalous: bool = True, **fields: object) -> InspectionRecord:
        path = tmp_path / name
        if not path.exists():
            pixels = np.full((120, 160, 3), 120, np.uint8)
            pixels[30:60, 40:80] = 230
            Image.fromarray(pixels).save(path)
        evidence = [
            EvidenceRecord(kind="score", id="S1", text="p-value 0.010, false-alarm rate 0.05"),
            EvidenceRecord(kind="knowledge", id="K1", text="A scratch is a shallow groove."),
        ]
        record = InspectionRecord(
            image=str(path),
            sha256="ab" * 32,
            product=ProductRecord(name="bracket", similarity=0.93, inferred=True),
            decision="fail" if anomalous else "pass",
            reasons=["The p-value 0.01 is below the rate 0.05."] if anomalous else [],
            anomalous=anomalous,
            score=0.99 if anomalous else 0.3,
            p_value=0.01 if anomalous else 0.7,
            alpha=0.05,
            review=0.2,
            uncertain=False,
            regions=[RegionRecord(bbox=(40, 30, 80, 60), cell="left", area_px=1200, score=0.98)]
            if anomalous
            else [],
            defect_type=DefectRecord(
                name="scratch", score=0.71, alternatives=[NamedScore(name="dent", score=0.2)]
            ),
            answer="Yes, there is an anomaly in the image, at the left of the image.",
            analysis="Brighter than the good parts [S1]. It may be a scratch [K1], see [note].",
            evidence=evidence,
            files=FilesRecord(),
            models=ModelsRecord(encoder="tiny", decoder="few-shot", llm=None),
            timings_ms=TimingsRecord(total=41.0),
        )
        return record.model_copy(update=fields)

    return make
