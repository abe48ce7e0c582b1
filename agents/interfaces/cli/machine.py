"""`iad demo`, `iad doctor` and `iad weights`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.enrolling import as_object
from agents.interfaces.cli.options import FAILED, Encoder, Json, Store
from agents.interfaces.cli.output import plain, print_json, print_line, print_table, progress


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("demo")(demo)
    app.command("doctor")(doctor)
    family = typer.Typer(no_args_is_help=True, help="Model weights: what there is, and getting them.")
    family.command("list")(list_weights)
    family.command("pull")(pull)
    app.add_typer(family, name="weights")


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for everything it makes.")] = Path(
        "iad-demo"
    ),
    encoder: Encoder = None,
) -> None:
    """Do the whole job on real photographs of solar cells, from nothing."""
    from agents.demo import demo_settings, run_demo

    settings = demo_settings(out, encoder)
    with progress() as bar:
        result = run_demo(settings, out, bar)
    print_table(
        ("cell", "truth", "decision", "p", "defect type"),
        [(row.image, row.truth, row.decision, f"{row.p_value:.3f}", row.defect) for row in result.rows],
        title="Cells it had not seen",
    )
    for question, answer in result.answers.items():
        print_line((f"{result.image}: {question}", "bold"))
        print_line(answer)
    print_line("")
    print_line(result.summary())
    print_line(f"report: {plain(str(result.report))}")
    print_line((result.credit, "dim"))
    if result.failed:
        raise typer.Exit(FAILED)


def doctor(store: Store = None, json: Json = False) -> None:
    """Check this machine: packages, FAISS, weights, store, disk, and a small inspection from end to end."""
    from agents.doctor import examine
    from agents.settings import Settings

    checks = examine(Settings.from_environment(store=store))
    if json:
        print_json({"checks": [check.model_dump(mode="json") for check in checks]})
    else:
        print_table(("", "check", "found"), [(check.state, check.name, check.found) for check in checks])
    if any(check.state == "broken" for check in checks):
        raise typer.Exit(FAILED)


def list_weights(json: Json = False) -> None:
    """List the known weights and data sets, and which are here."""
    from anomaly_core.weights import resolve as weights

    known = weights.list_weights()
    if json:
        for item in known:
            print_json(as_object(item))
    else:
        print_table(
            ("name", "state", "download", "licence", "what"),
            [
                (item.name, item.state, f"{item.download_bytes / 1e6:.0f} MB", item.licence, item.about)
                for item in known
            ],
        )


def pull(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Names that `iad weights list` shows.")
    ],
) -> None:
    """Download weights into the cache, and check them."""
    from anomaly_core.weights import resolve as weights

    for name in names:
        with progress() as bar:
            path = weights.pull(name, progress=bar)
        print_line(f"{name}: {path}")
