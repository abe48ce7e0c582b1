"""`iad review`, `iad correct` and `iad feedback`: what people say of verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from agents.interfaces.cli.asking import print_reply
from agents.interfaces.cli.enrolling import as_object
from agents.interfaces.cli.options import FAILED, Device, Json, Operator, Product, Store, application
from agents.interfaces.cli.output import count_of, print_json, print_line, print_warnings, progress

if TYPE_CHECKING:
    from agents.corrections import Outcome
    from tools.enrollment.trial import Flip


WORST: Final = 3
"""Verdicts that would change which are named before the list of all."""


class Judgement(StrEnum):
    """A person's verdict."""

    good = "good"
    anomalous = "anomalous"


Type = Annotated[str | None, typer.Option("--type", metavar="T", help="The defect's type.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in your words.")]

Against = Annotated[
    list[str] | None,
    typer.Option("--against", metavar="PATH", help="Images whose verdicts must not change; repeatable."),
]
AcceptFlips = Annotated[bool, typer.Option("--accept-flips", help="Accept it although it changes verdicts.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("review")(review)
    app.command("correct")(correct)
    family = typer.Typer(no_args_is_help=True, help="Corrections: what people said of verdicts.")
    family.command("list")(list_corrections)
    family.command("undo")(undo)
    app.add_typer(family, name="feedback")


def review(
    thread: Annotated[
        str | None, typer.Argument(metavar="THREAD", help="The thread that waits.", show_default=False)
    ] = None,
    verdict: Annotated[Judgement | None, typer.Option("--verdict", help="Your verdict.")] = None,
    defect_type: Type = None,
    note: Note = "",
    operator: Operator = None,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Judge an uncertain verdict, so that its thread goes on; without THREAD, list those that wait."""
    if (thread is None) != (verdict is None):
        raise typer.BadParameter("give both a thread and --verdict, or neither to list those that wait")
    with application(store=store, device=device, operator=operator) as opened:
        if thread is None or verdict is None:
            waiting = opened.conversations.waiting()
            for one in waiting:
                print_reply(opened, one, json=json)
            if not waiting and not json:
                print_line("No thread waits.")
            return
        from agents.state import Review

        word = Review(verdict=verdict.value, defect_type=defect_type, note=note)
        print_reply(opened, opened.review(thread, word), json=json)


def correct(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image that was judged.")],
    verdict: Annotated[
        Judgement | None, typer.Option("--verdict", help="What it really is.", show_default=False)
    ] = None,
    normal: Annotated[
        bool, typer.Option("--normal", help="What stands out is normal here: the same as --verdict good.")
    ] = False,
    region: Annotated[
        int | None,
        typer.Option("--region", metavar="N", help="With --normal: only this region is, as inspect counts."),
    ] = None,
    defect_type: Type = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            "--mask", metavar="FILE", help="Image of the same size; what is not black is the defect."
        ),
    ] = None,
    note: Note = "",
    learn: Annotated[
        bool, typer.Option("--learn/--no-learn", help="Whether later verdicts learn from it.")
    ] = True,
    against: Against = None,
    accept_flips: AcceptFlips = False,
    product: Product = None,
    operator: Operator = None,
    store: Store = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Correct a verdict: checked against past verdicts and the last images, recorded, and learned from."""
    if (verdict is None) is not normal:
        raise typer.BadParameter("give --verdict good, --verdict anomalous, or --normal")
    if region is not None and not normal:
        raise typer.BadParameter("--region goes with --normal")
    with (
        application(store=store, device=device, operator=operator, reads_store=True) as opened,
        progress() as bar,
    ):
        from anomaly_core.imaging.reading import find_images

        outcome = opened.correct(
            image,
            "good" if verdict is None else verdict.value,
            product=product,
            region=region,
            defect_type=defect_type,
            mask=mask,
            note=note,
            learn=learn,
            against=find_images(against) if against else None,
            accept_flips=accept_flips,
            progress=bar,
        )
    print_warnings(outcome.warnings)
    if json:
        print_json(
            {
                "accepted": outcome.accepted,
                "correction": as_object(outcome.correction),
                "judged": outcome.judged,
                "flips": [flip_object(flip) for flip in outcome.flips],
            }
        )
    else:
        if outcome.judged:
            print_line(_tried(outcome))
        print_flips(outcome.flips)
        one = outcome.correction
        if outcome.accepted:
            learned = "" if one.learned == "nothing" else f", learned as {one.learned}"
            said = one.verdict if one.learned != "zone" else f"normal at region {region}, else {one.verdict}"
            print_line(f"recorded {one.id}: {one.image} is {said}, measured {one.measured}{learned}")
        else:
            print_line(
                "not recorded: it would change the verdicts above; --no-learn records what you say of this "
                "image alone, --accept-flips records and learns it all the same"
            )
    if not outcome.accepted:
        raise typer.Exit(FAILED)


def _tried(outcome: Outcome) -> str:
    """Return how many verdicts change of the images that a correction was tried on, and the worst of them."""
    images = count_of(outcome.judged, "earlier image")
    if not outcome.flips:
        return f"tried on {images}: no verdict would flip"
    names = ", ".join(flip.name for flip in outcome.flips[:WORST])
    more = f" and {len(outcome.flips) - WORST} more" if len(outcome.flips) > WORST else ""
    changed = count_of(len(outcome.flips), "verdict")
    return f"tried on {images}: {changed} would flip, the worst first: {names}{more}"


def flip_object(flip: Flip) -> dict[str, object]:
    """Return a verdict that would change as a JSON object."""
    return {**as_object(flip), "harms": flip.harms}


def print_flips(flips: Sequence[Flip]) -> None:
    """Print the verdicts that a change would flip."""
    for flip in flips:
        told = f", a person said {flip.confirmed}" if flip.confirmed else ""
        print_line(
            (f"{flip.before} -> {flip.after}  ", "yellow" if flip.harms else "green"),
            f"{flip.name}  p={flip.p_before:.3g} -> {flip.p_after:.3g}{told}",
        )


def list_corrections(store: Store = None, json: Json = False) -> None:
    """List the corrections, oldest first."""
    with application(store=store, reads_store=True) as opened:
        corrections = opened.corrections()
    for one in corrections:
        if json:
            print_json(as_object(one))
            continue
        kind = f" {one.defect_type}" if one.defect_type else ""
        undone = f"  undone {one.undone_at}" if one.undone_at else ""
        print_line(
            f"{one.id}  {one.product}  {one.image}: measured {one.measured}, is {one.verdict}{kind}",
            (f"  {one.at}  learned: {one.learned}{undone}", "dim"),
            (f'  "{one.note}"' if one.note else "", "dim"),
        )
    if not corrections and not json:
        print_line("No corrections.")


def undo(
    correction: Annotated[str, typer.Argument(metavar="ID", help="As iad feedback list names it.")],
    operator: Operator = None,
    store: Store = None,
) -> None:
    """Roll a correction back: what was learned from it is forgotten, its record stays."""
    with application(store=store, operator=operator, reads_store=True) as opened:
        undone = opened.undo_correction(correction)
    print_warnings(undone.warnings)
    one = undone.correction
    print_line(f"undone {one.id}: {one.product} is as it was before")
