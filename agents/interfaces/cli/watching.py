"""`iad watch`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing
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
from agents.interfaces.cli.recording import Camera, Every, RecordOnly, StepTimes, Trigger, record, recorder_of

if TYPE_CHECKING:
    from agents.app import Application
    from agents.cameras.recorder import Recorder
    from agents.inspecting import Found
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
    camera: Camera = None,
    every: Every = None,
    trigger: Trigger = False,
    record_only: RecordOnly = False,
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
    """Inspect the images of a folder, and each that appears in it, once; until Ctrl-C.

    With --camera, the images are those that it gives, and are kept there.
    """
    with recorder_of(folder, camera, every, trigger) as recorder:
        if record_only:
            if recorder is None:
                raise typer.BadParameter("--record-only is of a camera: give --camera URL too")
            record(recorder)
            return
        print_note(f"watching {folder}; Ctrl-C ends it")
        tally, times = Tally(), StepTimes()
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
                # Closed before the application is, wherever Ctrl-C comes: what is to be sent is sent by then.
                closing(_watched(opened, folder, recorder, product, out, settle, send)) as found,
            ):
                for inspected in found:
                    print_record(inspected, as_json=json)
                    tally.add(inspected)
                    times.add(inspected)
        except KeyboardInterrupt:
            print_note(f"interrupted: {tally.done} images were inspected: {tally}; the same command goes on")
            raise
        finally:
            times.print()


def _watched(
    app: Application,
    folder: Path,
    recorder: Recorder | None,
    product: str | None,
    out: Path | None,
    settle_s: float,
    targets: list[str] | None,
) -> Generator[Found]:
    """Yield the record of each image, which the outbox holds by then, and send it and each alarm of drift."""
    from agents.desk.warm import warm
    from agents.watch.alarms import DriftAlarms, alarm_object
    from agents.watch.run import watch
    from anomaly_core.json_lines import json_line

    warm(app, print_note, dialogue=False)
    with ExitStack() as stack:
        couriers = stack.enter_context(_couriers(app, targets)) if targets else None
        alarms = DriftAlarms(app.tools.log)
        arrivals = watch(
            app, folder, product=product, out=out, settle_s=settle_s, recorder=recorder, say=print_note
        )
        for id_, found in arrivals:
            if couriers is not None:
                couriers.put(id_, json_line({"id": id_, **found.model_dump(mode="json")}))
            yield found
            for alarm in alarms.new():
                if couriers is not None:
                    couriers.put(alarm.id, json_line(alarm_object(alarm)))
                print_note(f"drift: {alarm.told}")


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
