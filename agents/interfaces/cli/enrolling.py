"""`iad enroll` and `iad products`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from typing import Annotated, Any, Final

import typer

from agents.interfaces.cli.options import (
    FAILED,
    Alpha,
    Device,
    Encoder,
    Json,
    Paths,
    Review,
    Store,
    application,
)
from agents.interfaces.cli.output import (
    print_failure,
    print_json,
    print_line,
    print_table,
    print_unread,
    print_warnings,
    progress,
)

COMPARED: Final[Mapping[bool | None, str]] = {True: "part, aligned", False: "whole image", None: ""}
"""What of a product's images is compared, by whether they are aligned."""


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("enroll")(enroll)
    app.command("calibrate")(calibrate)
    app.command("products")(products)


def as_object(record: object) -> dict[str, Any]:
    """A record, be it a pydantic model or a dataclass, as a JSON object."""
    from pydantic import BaseModel

    if isinstance(record, BaseModel):
        return record.model_dump(mode="json")
    if is_dataclass(record) and not isinstance(record, type):
        return {key: _plain_value(value) for key, value in asdict(record).items()}
    raise TypeError(f"{type(record).__name__} is no record")


def _plain_value(value: object) -> object:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def enroll(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Name of the product.")],
    paths: Paths,
    store: Store = None,
    encoder: Encoder = None,
    alpha: Alpha = None,
    review: Review = None,
    device: Device = None,
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Learn from odd images too; they are still named.")
    ] = False,
    mm_per_px: Annotated[
        float | None,
        typer.Option("--mm-per-px", metavar="X", min=1e-9, help="Length of a pixel in millimetres."),
    ] = None,
    json: Json = False,
) -> None:
    """Learn a product from images of good parts: templates and calibration; odd images are named."""
    from anomaly_core.imaging.reading import find_images
    from tools.enrollment.findings import unread_kinds
    from tools.enrollment.outlook import outlook

    images = find_images(paths)
    with (
        application(store=store, encoder=encoder, alpha=alpha, review=review, device=device) as opened,
        progress() as bar,
    ):
        summary = opened.enroll(product, images, bar, keep_all=keep_all, mm_per_px=mm_per_px)
    summary = replace(summary, unread=unread_kinds(paths))
    print_warnings(summary.warnings)
    for failure in summary.skipped:
        print_failure(failure)
    if json:
        print_json(as_object(summary))
    else:
        left_out = sum(finding.left_out for finding in summary.findings)
        print_line(
            ("enrolled ", "bold green"),
            f"{summary.product}: {summary.templates} good images, {left_out} left out, "
            f"{len(summary.skipped)} unreadable, "
            f"encoder {summary.encoder}, false-alarm rate {summary.alpha:g}, {summary.seconds:.1f} s",
        )
        for finding in summary.findings:
            what = "left out" if finding.left_out else "kept"
            # What is kept is no defect by that: its reason says what to look at.
            odd = finding.reason if finding.kind == "defect" and not finding.left_out else ""
            told = odd or f"{finding.kind}: {finding.reason}"
            print_line((f"{what}  ", "yellow"), told, (f"  {finding.image}", "dim"))
        if any(finding.left_out for finding in summary.findings):
            print_line("--keep-all learns from the images left out too, but for equal files.")
        for unread in summary.unread:
            remedy = f": {unread.remedy}" if unread.remedy else ""
            print_line(("not read  ", "yellow"), f"{unread.count} x {unread.kind}{remedy}")
        for line in outlook(summary):
            print_line(("forecast  ", "cyan"), line)
        if summary.note:
            print_line(summary.note)
    if summary.skipped:
        raise typer.Exit(FAILED)


def calibrate(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Name of the product.")],
    paths: Paths,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Narrow a product's calibration with further images of good parts; they enter no memory bank."""
    from anomaly_core.imaging.reading import find_images

    images = find_images(paths)
    print_unread(paths)
    with application(store=store, device=device, reads_store=True) as opened, progress() as bar:
        summary = opened.calibrate(product, images, bar)
    print_warnings(summary.warnings)
    for failure in summary.skipped:
        print_failure(failure)
    if json:
        print_json(as_object(summary))
    else:
        for finding in summary.findings:
            print_line(("left out  ", "yellow"), finding.reason, (f"  {finding.image}", "dim"))
        print_line(
            ("calibrated ", "bold green"),
            f"{summary.product}: {summary.images} further images, {summary.good_images} in all. "
            f"So many without an alarm prove a false-alarm rate of at most {summary.supported_rate:.1%}.",
        )
    if summary.skipped:
        raise typer.Exit(FAILED)


def products(store: Store = None, json: Json = False) -> None:
    """List the enrolled products."""
    with application(store=store, reads_store=True) as opened:
        found = opened.products()
    if json:
        for product in found:
            print_json(as_object(product))
    elif not found:
        print_line("No product is enrolled yet: iad enroll PRODUCT PATH...")
    else:
        print_table(
            ("product", "good images", "compared", "encoder", "enrolled"),
            [
                (item.name, str(item.templates), COMPARED[item.aligned], item.encoder, item.enrolled_at)
                for item in found
            ],
        )
