"""Log of a training run: metrics.jsonl, one object a step, and curve.png."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from anomaly_core.files import write_whole
from anomaly_core.names import plain_name

CURVES: Final = (
    ("loss", ("cross_entropy", "focal", "dice")),
    (
        "AUROC on held-out simulated pairs",
        ("yes_no_auroc", "yes_no_few_shot_auroc", "image_auroc", "pixel_auroc"),
    ),
)


class TrainingLog:
    """metrics.jsonl and curve.png of a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "metrics.jsonl"
        self._picture = folder / "curve.png"

    def resume(self, step: int) -> None:
        """Drop the rows after the step from which the run continues."""
        kept = [row for row in self.rows() if row["step"] <= step]
        write_whole(self._path, "".join(json.dumps(row) + "\n" for row in kept))

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one step."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")

    def rows(self) -> list[dict[str, float]]:
        """Return all steps; a last line cut off by a kill is left out."""
        if not self._path.exists():
            return []
        rows = []
        for line in self._path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                rows.append(json.loads(line))
        return rows

    def draw(self) -> None:
        """Write the curve: losses above, AUROC below."""
        # The figure class, not pyplot, which has a window system and global state.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        rows = self.rows()
        figure = Figure(figsize=(8, 6), layout="constrained")
        FigureCanvasAgg(figure)
        for axis, (title, names) in zip(figure.subplots(2, 1, sharex=True), CURVES, strict=True):
            for name in names:
                points = [(row["step"], row[name]) for row in rows if name in row]
                if points:
                    axis.plot(*zip(*points, strict=True), label=plain_name(name))
            axis.set_ylabel(title)
            if axis.lines:
                axis.legend()
        axis.set_xlabel("step")
        figure.savefig(self._picture, dpi=100)
