"""Measure how long a report on many parts takes to write, and how large it is.

    python benchmarks/reports.py [--parts 300] [--failed SHARE ...] [--folder DIR]

The parts are generated images of 640 x 480 pixels with texture, each failed one with two regions, an anomaly
map, and the same places of a good part. `seconds` is wall time, `processor_seconds` the process's own, which
a busy machine hardly lengthens.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from harness import parser, write
from numpy.typing import NDArray

from tools.drawing import blend
from tools.records import EvidenceRecord, ModelsRecord, NamedScore
from tools.report.contents import Contents
from tools.report.pictures import (
    CROP,
    LARGEST,
    THUMBNAIL,
    Crop,
    Pictures,
    Shown,
    cropped,
    picture_of,
    surroundings,
)
from tools.report.records import Header, NoteRecord, PartRecord, ReportRegion, ReportType
from tools.report.write import write_report

WIDTH, HEIGHT = 640, 480
TYPES = ("crack", "scratch", "dent", "stain", "missing print", "burr")
FORMATS = (".html", ".pdf", ".xlsx", ".csv", ".json")


def main() -> None:
    options = parser(__doc__, out="reports.json")
    options.add_argument("--parts", type=int, default=300)
    options.add_argument("--failed", type=float, nargs="+", default=[0.2, 1.0], help="shares of failed parts")
    options.add_argument("--folder", type=Path, help="keep the reports here")
    given = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for share in given.failed:
            contents = generated(given.parts, share)
            for suffix in FORMATS:
                out = (given.folder or Path(scratch)) / f"{given.parts}-{100 * share:.0f}{suffix}"
                rows.append({"parts": given.parts, "failed": share, **measured(contents, out)})
                print(rows[-1], flush=True)
    write(given, {"reports": rows})


def measured(contents: Contents, out: Path) -> dict[str, Any]:
    """Write a report; return its format, seconds and megabytes."""
    wall, own = time.perf_counter(), time.process_time()
    write_report(contents, out)
    return {
        "format": out.suffix[1:],
        "seconds": round(time.perf_counter() - wall, 1),
        "processor_seconds": round(time.process_time() - own, 1),
        "megabytes": round(out.stat().st_size / 1e6, 2),
    }


def generated(count: int, failed: float) -> Contents:
    """Return a report on `count` parts, a share of them failed, evenly spread."""
    header = Header(title=f"{count} parts", made="2026-11-26T10:00:00+00:00", expected=count, lot="A17")
    bad = [round(number * failed) < round((number + 1) * failed) for number in range(count)]
    return Contents(header, [_part(number, fails) for number, fails in enumerate(bad)])


def _part(number: int, fails: bool) -> Shown:
    draw = random.Random(number)
    pixels, good = _texture(number), _texture(number + 1)
    boxes = []
    for _ in range(2 if fails else 0):
        x, y, side = draw.randrange(20, WIDTH - 120), draw.randrange(20, HEIGHT - 120), draw.randrange(20, 90)
        cv2.circle(pixels, (x + side // 2, y + side // 2), side // 2, (30, 30, 30), -1)
        boxes.append((x, y, x + side, y + side))
    regions = [
        ReportRegion(
            bbox=box, cell="center", area_px=900, score=0.8, length_px=float(box[2] - box[0]),
            width_px=20.0, length_mm=2.4, width_mm=1.1,
        )
        for box in boxes
    ]  # fmt: skip
    name = draw.choice(TYPES)
    part = PartRecord(
        image=f"/line-3/parts/part-{number:04}.png",
        name=f"part-{number:04}.png",
        sha256=f"{number:064x}",
        at="2026-11-26T10:00:00.000Z",
        product="bracket",
        decision="fail" if fails else "pass",
        reasons=["The p-value 0.01 is below the rate 0.05."] if fails else [],
        p_value=0.01 if fails else draw.uniform(0.2, 1),
        alpha=0.05,
        review=0.2,
        uncertain=False,
        regions=regions,
        defect_type=ReportType(
            name=name, status="likely", score=0.71, alternatives=[NamedScore(name="dent", score=0.2)]
        )
        if fails
        else None,
        notes=[
            NoteRecord(
                aspect=aspect, text=f"What the catalogue says of a {name}. " * 3, id="K1", source="c.md"
            )
            for aspect in ("cause", "effect", "action")
        ]
        if fails
        else [],
        lot="A17",
        answer="Yes, there are 2 anomalies in the image.",
        analysis="Darker than the good parts [S1].\nIt may be a defect [K1].",
        evidence=[EvidenceRecord(kind="score", id="S1", text="p-value 0.01, false-alarm rate 0.05")] * 6,
        models=ModelsRecord(encoder="tiny", decoder="few-shot"),
        mm_per_px=0.05,
    )
    plain = picture_of(pixels, LARGEST)
    thumbnail = plain.at_most(THUMBNAIL)
    if not fails:
        return Shown(part, Pictures(WIDTH, HEIGHT, thumbnail, plain))
    heat = np.zeros((HEIGHT, WIDTH), np.float32)
    crops = []
    for index, box in enumerate(boxes, start=1):
        heat[box[1] : box[3], box[0] : box[2]] = 0.7
        wide = surroundings(box, WIDTH, HEIGHT)
        x0, y0, x1, y1 = wide
        crops.append(Crop(index, wide, cropped(pixels, wide), picture_of(good[y0:y1, x0:x1], CROP)))
    marked = picture_of(blend(pixels, heat, heat > 0), LARGEST)
    return Shown(part, Pictures(WIDTH, HEIGHT, thumbnail, plain, marked, crops, "good-0001.png"))


def _texture(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(0, 12, (HEIGHT, WIDTH, 1))
    shade = np.linspace(110, 170, WIDTH)[None, :, None]
    return np.repeat(np.clip(noise + shade, 0, 255), 3, axis=2).astype(np.uint8)


if __name__ == "__main__":
    main()
