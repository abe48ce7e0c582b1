"""`iad inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.options import (
    ANOMALY_FOUND,
    FAILED,
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
    print_failure,
    print_inspection,
    print_json,
    print_line,
    print_warnings,
    progress,
)

if TYPE_CHECKING:
    from tools.records import FailureRecord, InspectionRecord


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("inspect")(inspect)


def inspect(
    paths: Paths,
    product: Product = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write heat maps, masks and overlays here.")
    ] = None,
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="Exit with status 3 if an image is anomalous.")
    ] = False,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", metavar="N", min=1, max=256, help="Inspections in flight."),
    ] = 1,
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
    from tools.records import FailureRecord

    images = find_images(paths)
    if out is not None:
        make_folder(out)
    counts = {"pass": 0, "review": 0, "fail": 0, "error": 0}
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
        progress() as bar,
    ):
        bar("inspect", 0, len(images))
        for record in opened.inspect(images, product=product, out=out, jobs=jobs):
            with bar.aside():
                _print_record(record, as_json=json)
            counts["error" if isinstance(record, FailureRecord) else record.decision] += 1
            bar("inspect", sum(counts.values()), len(images))
    if not json and len(images) > 1:
        found = ", ".join(f"{count} {word}" for word, count in counts.items())
        print_line(f"{len(images)} images: {found}")
    if counts["error"]:
        raise typer.Exit(FAILED)
    if counts["fail"] and fail_on_anomaly:
        raise typer.Exit(ANOMALY_FOUND)


def _print_record(record: InspectionRecord | FailureRecord, *, as_json: bool) -> None:
    from tools.records import FailureRecord, InspectionRecord

    if isinstance(record, InspectionRecord):
        print_warnings(record.warnings)
    if as_json:
        print_json(record.model_dump(mode="json"))
    elif isinstance(record, FailureRecord):
        print_failure(record)
    else:
        print_inspection(record)
