"""`iad inspect`."""

from __future__ import annotations

import itertools
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from agents.interfaces.cli.options import (
    ANOMALY_FOUND,
    FAILED,
    LOCAL,
    Alpha,
    Device,
    Json,
    Lot,
    Operator,
    Paths,
    Product,
    Review,
    Station,
    Store,
    application,
)
from agents.interfaces.cli.output import (
    Tally,
    print_failure,
    print_inspection,
    print_json,
    print_line,
    print_note,
    print_unread,
    print_warnings,
    progress,
)

if TYPE_CHECKING:
    from tools.records import FailureRecord, InspectionRecord

LINES_EVERY_S: Final = 30.0
"""Seconds between two lines of progress where stderr is no terminal."""


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("inspect")(inspect)


def inspect(
    paths: Paths,
    product: Product = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write heat maps, masks and overlays here.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="FILE",
            help="Write results here as they come, as JSON Lines; images whose result is there are done.",
        ),
    ] = None,
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="Exit with status 3 if an image is anomalous.")
    ] = False,
    engine: Annotated[
        str,
        typer.Option("--engine", metavar="local|ray", help="Inspect on this machine, or on a Ray cluster."),
    ] = LOCAL,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            max=1024,
            help="Processes that inspect; 1 on this machine, on Ray as many as there is room for.",
        ),
    ] = None,
    store: Store = None,
    alpha: Alpha = None,
    review: Review = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Say of each image whether it is anomalous, where, and what the defect is."""
    from anomaly_core.files import make_folder
    from anomaly_core.imaging.reading import find_images

    images = find_images(paths)
    print_unread(paths)
    if out is not None:
        make_folder(out)
    tally = Tally()
    with (
        application(
            store=store,
            alpha=alpha,
            review=review,
            device=device,
            lot=lot,
            station=station,
            operator=operator,
            reads_store=True,
        ) as opened,
        progress(lines_every_s=LINES_EVERY_S) as bar,
    ):

        def say(text: str) -> None:
            with bar.aside():
                print_note(text)

        found: Iterable[tuple[InspectionRecord | FailureRecord, bool]]
        by = None
        if engine != LOCAL or workers not in (None, 1):
            from agents.engines.pool import worker_pool

            by = worker_pool(opened, engine, workers, say)
        if resume is None:
            records = opened.inspect(images, product=product, out=out, by=by)
            found = zip(records, itertools.repeat(False), strict=False)
        else:
            from agents.batch.run import inspect_into

            found = inspect_into(resume, opened, images, product=product, out=out, by=by, say=say)
        bar("inspect", 0, len(images))
        try:
            for record, known in found:
                if not known:
                    with bar.aside():
                        print_record(record, as_json=json)
                tally.add(record)
                bar("inspect", tally.done, len(images))
        except KeyboardInterrupt:
            say(_interrupted(tally.done, len(images), resume))
            raise
    if not json and len(images) > 1:
        print_line(f"{len(images)} images: {tally}")
    if tally.counts["error"]:
        raise typer.Exit(FAILED)
    if tally.counts["fail"] and fail_on_anomaly:
        raise typer.Exit(ANOMALY_FOUND)


def _interrupted(done: int, total: int, resume: Path | None) -> str:
    if resume is None:
        return f"interrupted: {done} of {total} images are done; with --resume FILE another run goes on there"
    again = shlex.join(["iad", *sys.argv[1:]])
    return f"interrupted: {done} of {total} images are done, in {resume}; go on with: {again}"


def print_record(record: InspectionRecord | FailureRecord, *, as_json: bool) -> None:
    """Print an image's record, with its warnings, as a line or as JSON."""
    from tools.records import FailureRecord, InspectionRecord

    if isinstance(record, InspectionRecord):
        print_warnings(record.warnings)
    if as_json:
        print_json(record.model_dump(mode="json"))
    elif isinstance(record, FailureRecord):
        print_failure(record)
    else:
        print_inspection(record)
