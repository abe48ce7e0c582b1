"""Changes of products by several people: enrolment and calibration as jobs, rates, zones; each is logged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agents.app import Application
from agents.desk.jobs import Job, Jobs
from agents.desk.kept import KeptImages
from anomaly_core.errors import ConfigError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.zones import Box
from tools.enrollment.findings import Finding
from tools.enrollment.outlook import outlook
from tools.enrollment.settings import set_rates, set_scale
from tools.log import log_change
from tools.records import FailureRecord
from tools.zones import ZoneOutcome, add_zone, remove_zone


class Products:
    """The products of an application, as people change them."""

    def __init__(self, app: Application, jobs: Jobs, images: KeptImages) -> None:
        self._app = app
        self._jobs = jobs
        self._images = images

    def enroll(
        self,
        product: str,
        images: Sequence[Path],
        *,
        folder: Path | None = None,
        keep_all: bool = False,
        mm_per_px: float | None = None,
        language: str = "en",
    ) -> Job:
        """Learn a product in the background.

        folder: of images that were sent, which are known by name; it is removed in the end. language: of the
        forecast.
        """

        def work(progress: Progress) -> dict[str, Any]:
            summary = self._app.enroll(product, images, progress, keep_all=keep_all, mm_per_px=mm_per_px)
            return {
                "product": summary.product,
                "templates": summary.templates,
                "encoder": summary.encoder,
                "alpha": summary.alpha,
                "supported_rate": summary.supported_rate,
                "seconds": round(summary.seconds, 2),
                "forecast": outlook(summary, language),
                "findings": [self._odd(each, folder) for each in summary.findings],
                "skipped": [_told(each, folder) for each in summary.skipped],
                "note": summary.note,
                "warnings": summary.warnings,
            }

        return self._start(f"enroll {product}", folder, work)

    def calibrate(self, product: str, images: Sequence[Path], *, folder: Path) -> Job:
        """Narrow a product's calibration in the background; see `enroll`."""

        def work(progress: Progress) -> dict[str, Any]:
            summary = self._app.calibrate(product, images, progress)
            return {
                "product": summary.product,
                "images": summary.images,
                "good_images": summary.good_images,
                "supported_rate": summary.supported_rate,
                "findings": [self._odd(each, folder) for each in summary.findings],
                "skipped": [_told(each, folder) for each in summary.skipped],
                "warnings": summary.warnings,
            }

        return self._start(f"calibrate {product}", folder, work)

    def set_rates(self, product: str, alpha: float, review: float) -> list[str]:
        """Set a product's default rates; return warnings. Raises ConfigError, UnknownProduct, StoreError."""
        set_rates(self._app.tools, product, alpha, review)
        return log_change(self._app.tools, product, f"rates set to alpha {alpha:g}, review {review:g}")

    def set_scale(self, product: str, mm_per_px: float) -> list[str]:
        """Set the length of a pixel; return warnings. Raises ConfigError, UnknownProduct, StoreError."""
        set_scale(self._app.tools, product, mm_per_px)
        return log_change(self._app.tools, product, f"scale set to {mm_per_px:.4g} mm a pixel")

    def add_zone(
        self,
        product: str,
        name: str,
        box: Box,
        *,
        on: Path | None = None,
        ignored: bool = False,
        against: Sequence[Path] = (),
        accept_flips: bool = False,
        record: bool = True,
        progress: Progress | None = None,
    ) -> tuple[ZoneOutcome, list[str]]:
        """Name an area, or take it out of what is judged; return the outcome, and warnings."""
        outcome = add_zone(
            self._app.tools,
            product,
            name,
            box,
            on=on,
            ignored=ignored,
            against=against,
            accept_flips=accept_flips,
            record=record,
            progress=progress,
        )
        kind = "not judged" if ignored else "named"
        return outcome, self._zone_logged(outcome, f"zone {name} drawn, {kind}")

    def remove_zone(
        self, product: str, name: str, *, accept_flips: bool = False
    ) -> tuple[ZoneOutcome, list[str]]:
        """Remove a zone; return the outcome, and warnings."""
        outcome = remove_zone(self._app.tools, product, name, accept_flips=accept_flips)
        return outcome, self._zone_logged(outcome, f"zone {name} removed")

    def _zone_logged(self, outcome: ZoneOutcome, what: str) -> list[str]:
        return log_change(self._app.tools, outcome.product, what) if outcome.accepted else []

    def _odd(self, finding: Finding, folder: Path | None) -> dict[str, Any]:
        """Return what is odd in an image; one of a passing folder is kept, to be looked at."""
        told, kept = _told(finding, folder), None
        # The product is learned, whether there is room for this one or not.
        with suppress(ConfigError):
            if folder is not None:
                with self._images.receiving() as incoming:
                    incoming.write(Path(finding.image).read_bytes())
                    kept = incoming.sha256
        return {**told, "sha256": kept}

    def _start(self, what: str, folder: Path | None, work: Callable[[Progress], dict[str, Any]]) -> Job:
        def whole(progress: Progress) -> dict[str, Any]:
            try:
                return work(progress)
            finally:
                if folder is not None:
                    shutil.rmtree(folder, ignore_errors=True)

        return self._jobs.start(what, whole)


def _told(record: Finding | FailureRecord, folder: Path | None) -> dict[str, Any]:
    """Return a record of an image; one of a passing folder is told by its name, not by its path."""
    name = record.image if folder is None else Path(record.image).name
    if isinstance(record, Finding):
        return {**record.model_dump(mode="json"), "image": name}
    return {"image": name, "message": record.error.message.replace(record.image, name)}
