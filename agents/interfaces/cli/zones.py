"""`iad zone`: named areas of a product, and areas that are not judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.feedback import AcceptFlips, Against, flip_object, print_flips
from agents.interfaces.cli.options import FAILED, Device, Json, Store, application
from agents.interfaces.cli.output import print_json, print_line, progress

if TYPE_CHECKING:
    from tools.zones import ZoneOutcome

ProductName = Annotated[str, typer.Argument(metavar="PRODUCT", help="Name of the product.")]
ZoneName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the zone, such as thread.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(no_args_is_help=True, help="Zones: named areas of a product; areas not to judge.")
    family.command("add")(add)
    family.command("list")(list_zones)
    family.command("remove")(remove)
    app.add_typer(family, name="zone")


def add(
    product: ProductName,
    name: ZoneName,
    box: Annotated[str, typer.Option("--box", metavar="X0,Y0,X1,Y1", help="In pixels of the image.")],
    ignore: Annotated[bool, typer.Option("--ignore", help="The area is not judged.")] = False,
    on: Annotated[
        Path | None,
        typer.Option("--on", metavar="IMAGE", help="Image that it is on, not the first good one."),
    ] = None,
    against: Against = None,
    accept_flips: AcceptFlips = False,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Name an area of a product, or take it out of what is judged."""
    corners = _corners(box)
    with application(store=store, device=device, reads_store=True) as opened, progress() as bar:
        from anomaly_core.imaging.reading import find_images
        from tools.zones import add_zone

        outcome = add_zone(
            opened.tools,
            product,
            name,
            corners,
            on=on,
            ignored=ignore,
            against=find_images(against) if against else [],
            accept_flips=accept_flips,
            progress=bar,
        )
    kind = "not judged" if ignore else "named"
    _print_outcome(outcome, f"{kind}: {name} of {product}, drawn on {outcome.image}", json=json)


def list_zones(product: ProductName, store: Store = None, json: Json = False) -> None:
    """List a product's zones; corners are shares of the encoder input, which turns with an aligned part."""
    with application(store=store, reads_store=True) as opened:
        from tools.zones import zones_of

        zones = zones_of(opened.tools, product)
    for zone in zones:
        if json:
            print_json(zone.to_dict())
            continue
        corners = "  ".join(f"{x:.2f},{y:.2f}" for x, y in zone.corners)
        print_line(
            f"{zone.name}{'  not judged' if zone.ignored else ''}",
            (f"  corners x,y as shares of the encoder input: {corners}", "dim"),
        )
    if not zones and not json:
        print_line(f"{product} has no zones.")


def remove(
    product: ProductName,
    name: ZoneName,
    against: Against = None,
    accept_flips: AcceptFlips = False,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Remove a zone."""
    with application(store=store, device=device, reads_store=True) as opened, progress() as bar:
        from anomaly_core.imaging.reading import find_images
        from tools.zones import remove_zone

        outcome = remove_zone(
            opened.tools,
            product,
            name,
            against=find_images(against) if against else [],
            accept_flips=accept_flips,
            progress=bar,
        )
    _print_outcome(outcome, f"removed: {name} of {product}", json=json)


def _corners(text: str) -> tuple[int, int, int, int]:
    """Return a box from its text. Raises typer.BadParameter."""
    try:
        x0, y0, x1, y1 = (int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--box {text}: give four whole numbers X0,Y0,X1,Y1 in pixels") from None
    return x0, y0, x1, y1


def _print_outcome(outcome: ZoneOutcome, done: str, *, json: bool) -> None:
    if json:
        print_json(
            {
                "accepted": outcome.accepted,
                "product": outcome.product,
                "zone": outcome.zone.to_dict(),
                "flips": [flip_object(flip) for flip in outcome.flips],
            }
        )
    else:
        print_flips(outcome.flips)
        refused = "not changed: it would change the verdicts above; --accept-flips does it all the same"
        print_line(done if outcome.accepted else refused)
    if not outcome.accepted:
        raise typer.Exit(FAILED)
