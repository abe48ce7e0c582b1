"""The whole job on real photographs: enrol, note, inspect, ask, report, and count the decisions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, get_args

from agents.factory import needed_weights
from agents.settings import Settings
from anomaly_core.errors import ConfigError
from anomaly_core.files import write_whole
from anomaly_core.results import Decision
from anomaly_core.weights import resolve as weights
from tools.records import FailureRecord, InspectionRecord
from tools.report.write import ReportWriter

Progress = Callable[[str, int, int], None]

PRODUCT: Final = "solar-cell"
QUESTIONS: Final = (
    "What kind of defect is this, and what should be done about it?",
    "Wo ist der Fehler, und wie groß ist er?",
    "这个零件合格吗？",
)
CREDIT: Final = (
    "Photographs: ELPV dataset (Buerhop-Lutz, Deitsch and others), CC BY-NC-SA 4.0, no commercial use"
)


@dataclass(frozen=True)
class Cells:
    """Which photographs the demo uses: the good ones to enrol, and unseen good and defective ones."""

    enrolled: list[Path]
    good: list[Path]
    defective: list[Path]

    def copied(self, folder: Path) -> Cells:
        """Copy them under `folder`, a folder each, for whoever goes on with them by hand."""
        return Cells(
            _copied(self.enrolled, folder / "enrolled"),
            _copied(self.good, folder / "good"),
            _copied(self.defective, folder / "defective"),
        )


@dataclass(frozen=True)
class DemoRow:
    """One line of the result's table. truth: good or anomalous."""

    image: str
    truth: str
    decision: Decision
    p_value: float
    defect: str


@dataclass(frozen=True)
class DemoResult:
    """What the demo did.

    failed: how many images could not be inspected. answers: to questions about one image, by question.
    """

    rows: list[DemoRow]
    failed: int
    image: str
    answers: dict[str, str]
    report: Path
    seed: int
    enrolled: int
    encoder: str
    credit: str = CREDIT

    def summary(self) -> str:
        """The decisions counted, of good cells and of defective ones."""
        counted = []
        for truth, name in (("good", "good"), ("anomalous", "defective")):
            decisions = Counter(row.decision for row in self.rows if row.truth == truth)
            shown = ", ".join(f"{decisions[each]} {each}" for each in get_args(Decision))
            counted.append(f"of {decisions.total()} {name} cells {shown}")
        enrolled = f"{self.enrolled} good cells enrolled, encoder {self.encoder}, seed {self.seed}"
        return f"{'; '.join(counted)} ({enrolled})"


def demo_settings(out: Path, encoder: str | None = None) -> Settings:
    """The user's settings, with a store of the demo's own. Raises ConfigError."""
    return Settings.from_environment(encoder=encoder, store=out / "store")


def run_demo(
    settings: Settings,
    out: Path,
    progress: Progress,
    *,
    enrolled: int = 8,
    unseen: int = 12,
) -> DemoResult:
    """Do it all, and write cells, notes, store, pictures and report under `out`.

    enrolled: good cells to learn from. unseen: good cells, and as many defective ones, to inspect.

    Raises ConfigError where `out` holds a store of something else, WeightsError where data cannot be had.
    """
    from agents.app import Application
    from agents.graphs.threads import new_thread
    from agents.reporting import header_of, report_part

    data = weights.pull("elpv", progress=progress)
    for name in needed_weights(settings):
        weights.pull(name, progress=progress)
    cells = choose_cells(data, enrolled, unseen, settings.seed).copied(out / "cells")
    notes = out / "notes" / "solar-cells.md"
    write_whole(notes, files("agents").joinpath("solar_cell_notes.md").read_bytes())

    with Application(settings) as app:
        summary = app.enroll(PRODUCT, cells.enrolled, progress, keep_all=True)
        app.add_knowledge([notes], PRODUCT)
        images = cells.good + cells.defective
        records: list[InspectionRecord | FailureRecord] = []
        report = out / "report.html"
        header = header_of(app.tools, "Solar cells: what the demo found", len(images))
        with ReportWriter(header, [report]) as writer:
            for record in app.inspect(images, product=PRODUCT, out=out / "pictures"):
                records.append(record)
                writer.add(report_part(app.tools, record, pictures=True))
                progress("inspect", len(records), len(images))
        truths = ["good"] * len(cells.good) + ["anomalous"] * len(cells.defective)
        image = _most_telling(records[len(cells.good) :], fallback=cells.defective[0])
        thread = new_thread()
        answers = {
            question: app.ask(image, question, product=PRODUCT, thread=thread).answer
            for question in QUESTIONS
        }
    inspected = [
        _row(record, truth)
        for record, truth in zip(records, truths, strict=True)
        if isinstance(record, InspectionRecord)
    ]
    return DemoResult(
        rows=inspected,
        failed=len(records) - len(inspected),
        image=image.name,
        answers=answers,
        report=report,
        seed=settings.seed,
        enrolled=summary.templates,
        encoder=summary.encoder,
    )


def choose_cells(data: Path, enrolled: int, unseen: int, seed: int) -> Cells:
    """Draw monocrystalline cells: labelled good by all inspectors (probability 0), or defective by all (1).

    data: the unpacked ELPV dataset, whose labels.csv has lines of path, probability and crystal type.
    """
    good: list[Path] = []
    defective: list[Path] = []
    for line in (data / "labels.csv").read_text(encoding="utf-8").splitlines():
        name, probability, crystal = line.split()
        if crystal == "mono" and float(probability) in (0.0, 1.0):
            (good if float(probability) == 0.0 else defective).append(data / name)
    if len(good) < enrolled + unseen or len(defective) < unseen:
        raise ConfigError(
            f"{data} holds {len(good)} good and {len(defective)} defective cells, which is too few: "
            "run `iad weights pull elpv`"
        )
    draw = random.Random(seed)
    good = draw.sample(good, enrolled + unseen)
    return Cells(good[:enrolled], good[enrolled:], draw.sample(defective, unseen))


def _copied(paths: list[Path], folder: Path) -> list[Path]:
    for path in paths:
        write_whole(folder / path.name, path.read_bytes())
    return [folder / path.name for path in paths]


def _most_telling(records: list[InspectionRecord | FailureRecord], *, fallback: Path) -> Path:
    """The defective cell with the smallest p-value."""
    inspected = [record for record in records if isinstance(record, InspectionRecord)]
    if not inspected:
        return fallback
    return Path(min(inspected, key=lambda record: record.p_value).image)


def _row(record: InspectionRecord, truth: str) -> DemoRow:
    defect = record.defect_type.name if record.anomalous and record.defect_type else ""
    return DemoRow(Path(record.image).name, truth, record.decision, record.p_value, defect)
