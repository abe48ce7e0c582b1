"""`iad watch`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from agents.interfaces.cli.output import Tally, print_note

if TYPE_CHECKING:
    from agents.app import Application
    from agents.outbox.courier import Couriers
    from agents.outbox.receivers import Receiver


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("watch")(watch)


def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that images are written to.")],
    product: Product = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write heat maps, masks and overlays here.")
    ] = None,
    send: Annotated[
        list[str] | None,
        typer.Option(
            "--send",
            metavar="URL|DIR",
            help="Send each result and alarm there: http, https, mqtt, mqtts, opc.tcp (served there), or a "
            "folder that gets JSON files; may be repeated.",
        ),
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
    tally = Tally()
    print_note(f"watching {folder}; Ctrl-C ends it")
    try:
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
            ExitStack() as closing,
        ):
            from agents.watch.alarms import DriftAlarms, alarm_object
            from agents.watch.run import watch as watched
            from anomaly_core.json_lines import json_line

            couriers = closing.enter_context(_couriers(opened, send)) if send else None
            alarms = DriftAlarms(opened.tools.log)
            for id_, record in watched(
                opened, folder, product=product, out=out, settle_s=settle, say=print_note
            ):
                if couriers is not None:
                    couriers.put(id_, json_line({"id": id_, **record.model_dump(mode="json")}))
                print_record(record, as_json=json)
                tally.add(record)
                for alarm in alarms.new():
                    if couriers is not None:
                        couriers.put(alarm.id, json_line(alarm_object(alarm)))
                    print_note(f"drift: {alarm.told}")
    except KeyboardInterrupt:
        print_note(f"interrupted: {tally.done} images were inspected: {tally}; the same command goes on")
        raise


def _couriers(app: Application, targets: list[str]) -> Couriers:
    from agents.outbox.courier import Couriers
    from agents.outbox.outbox import Outbox
    from agents.outbox.targets import receiver_of

    store = app.settings.store
    receivers: list[Receiver] = []
    with ExitStack() as opened:  # closes what is open where another cannot be opened
        for target in dict.fromkeys(targets):
            receivers.append(receiver_of(target))
            opened.callback(receivers[-1].close)
        couriers = Couriers(Outbox(store.with_name(f"{store.name}-outbox.sqlite")), receivers, print_note)
        opened.pop_all()
    return couriers
