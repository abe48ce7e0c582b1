"""Parts of reports, each with an image of its own, and what a hostile person would write into them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from anomaly_core.imaging.reading import load_image
from anomaly_core.results import Decision
from tools.records import EvidenceRecord, FailureRecord, ModelsRecord, NamedScore
from tools.report.contents import Contents
from tools.report.pictures import Shown, shown_from_file
from tools.report.records import Header, LabelRecord, NoteRecord, PartRecord, ReportRegion, ReportType

MADE = "2026-11-26T10:00:00+00:00"
P_VALUES: dict[Decision, float] = {"fail": 0.01, "review": 0.1, "pass": 0.7}
HOSTILE = '=HYPERLINK("http://evil.example","x") <script>alert(1)</script><img src=http://evil.example/x>'


def part(folder: Path, file: str = "a.png", decision: Decision = "fail", **fields: Any) -> PartRecord:
    """Paint an image and return its part; keywords replace fields."""
    path = folder / file
    if not path.exists():
        pixels = np.full((120, 160, 3), 120, np.uint8)
        pixels[30:60, 40:80] = 230
        Image.fromarray(pixels).save(path)
    p_value = P_VALUES[decision]
    rate = {"fail": 0.05, "review": 0.2, "pass": 1.0}[decision]
    failed = decision == "fail"
    given: dict[str, Any] = {
        "image": str(path),
        "name": file,
        "sha256": load_image(path).sha256,
        "at": "2026-11-26T09:00:00.000Z",
        "product": "bracket",
        "similarity": 0.93,
        "decision": decision,
        "reasons": [] if decision == "pass" else [f"The p-value {p_value} is below the rate {rate}."],
        "p_value": p_value,
        "alpha": 0.05,
        "review": 0.2,
        "uncertain": False,
        "regions": [
            ReportRegion(bbox=(40, 30, 80, 60), cell="left", area_px=1200, score=0.98, length_px=40.0,
                         width_px=30.0, length_mm=4.0, width_mm=3.0)
        ] if failed else [],
        "defect_type": ReportType(
            name="scratch", status="likely", score=0.71, alternatives=[NamedScore(name="dent", score=0.2)]
        ) if failed else None,
        "notes": [NoteRecord(aspect="cause", text="A worn guide.", id="K1", source="catalogue.md")]
        if failed else [],
        "lot": "A17",
        "answer": "Yes, there is an anomaly in the image, at the left of the image.",
        "analysis": "Brighter than the good parts [S1]. It may be a scratch [K1], see [note].",
        "evidence": [
            EvidenceRecord(kind="score", id="S1", text="p-value 0.010, false-alarm rate 0.05"),
            EvidenceRecord(kind="knowledge", id="K1", text="A scratch is a shallow groove."),
        ],
        "models": ModelsRecord(encoder="tiny", decoder="few-shot", llm=None),
        "mm_per_px": 0.1,
    }  # fmt: skip
    return PartRecord(**{**given, **fields})


def contents(*parts: PartRecord | Shown, failures: tuple[FailureRecord, ...] = (), **fields: Any) -> Contents:
    """Return a report on parts, with pictures of their files; keywords replace the header's fields."""
    given = {"title": "Line 4", "made": MADE, "expected": len(parts) + len(failures), **fields}
    shown = [shown_from_file(one) if isinstance(one, PartRecord) else one for one in parts]
    return Contents(Header(**given), shown, failures)


def hostile_contents(folder: Path, text: str = HOSTILE) -> Contents:
    """Return a report in which every text that comes from elsewhere is `text`."""
    decided: tuple[Decision, ...] = ("fail", "review", "pass")
    parts = [
        part(
            folder,
            f"{decision}.png",
            decision,
            name=text,
            product=text,
            reasons=[text],
            regions=[ReportRegion(bbox=(1, 2, 30, 40), cell=text, area_px=9, zone=text)],
            defect_type=ReportType(
                name=text, status="likely", score=0.5, alternatives=[NamedScore(name=text, score=0.1)]
            ),
            notes=[NoteRecord(aspect="action", text=text, id=text, source=text, language=text)],
            label=LabelRecord(
                verdict="anomalous", at=MADE, defect_type=text, note=text, operator=text
            ) if decision == "fail" else None,
            lot=text,
            station=text,
            operator=text,
            read_with=text,
            answer=text,
            analysis=f"{text} [S1] [{text}]",
            evidence=[EvidenceRecord(kind="knowledge", id=text, text=text)],
            models=ModelsRecord(encoder=text, decoder=text, llm=text),
        )
        for decision in decided
    ]  # fmt: skip
    gone = parts[0].model_copy(update={"image": f"/nowhere/{text}"})
    failure = FailureRecord.model_validate({"image": text, "error": {"kind": text, "message": text}})
    return contents(*parts, gone, failures=(failure,), title=text, lot=text, station=text, operator=text)
