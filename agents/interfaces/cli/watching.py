"""`iad watch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.inspecting import print_record
from agents.interfaces.cli.options import (
    Alpha,
    Device,
    Json,
    Lot,
    Operator,
    Product,
    Review,
    Station,
    Store,
    application,
)
from agents.interfaces.cli.output import print_note


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("watch")(watch)


def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that images are written to.")],
    product: Product = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write heat maps, masks and overlays here.")
    ] = None,
    settle: Annotated[
        float,
        typer.Option(
            "--settle", metavar="S", min=0.05, max=600, help="Seconds for which a file must not change."
        ),
    ] = 1.0,
    store: Store = None,
    alpha: Alpha = None,
    review: Review = None,
    lot: Lot = None,
    station: Station = None,
    operator: Operator = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Inspect the images of a folder, and each that appears in it, once; until Ctrl-C."""
    counts = {"pass": 0, "review": 0, "fail": 0, "error": 0}
    print_note(f"watching {folder}; Ctrl-C ends it")
    try:
        with application(
            store=store,
            alpha=alpha,
            review=review,
            device=device,
            lot=lot,
            station=station,
            operator=operator,
            reads_store=True,
        ) as opened:
            from agents.watch.run import watch as watched
            from tools.records import FailureRecord

            for record in watched(opened, folder, product=product, out=out, settle_s=settle, say=print_note):
                print_record(record, as_json=json)
                counts["error" if isinstance(record, FailureRecord) else record.decision] += 1
    except KeyboardInterrupt:
        shares = ", ".join(f"{count} {word}" for word, count in counts.items())
        done = sum(counts.values())
        print_note(f"interrupted: {done} images were inspected: {shares}; the same command goes on")
        raise
