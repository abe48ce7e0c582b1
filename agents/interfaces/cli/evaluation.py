"""`iad eval detection` and `iad eval questions`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.options import Alpha, Device, Encoder, Json, Llm, application
from agents.interfaces.cli.output import print_json, print_line, print_table, progress


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(no_args_is_help=True, help="Measure the detector, or the answers, on labelled data.")
    family.command("detection")(detection)
    family.command("questions")(questions)
    app.add_typer(family, name="eval")


def parse_seeds(text: str) -> list[int]:
    """Read `3` as the seeds 0, 1, 2, and `4,9` or `4,` as the seeds themselves. Raises typer.BadParameter."""
    try:
        if "," in text:
            seeds = [int(part) for part in text.split(",") if part.strip()]
        else:
            seeds = list(range(int(text)))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither a count such as 3 nor a list such as 4,9") from error
    if not seeds or min(seeds) < 0:
        raise typer.BadParameter(f"{text!r} names no seed; a seed is 0 or more")
    return seeds


def detection(
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", exists=True, file_okay=False, help="Folder in MVTec's layout.")
    ],
    category: Annotated[str, typer.Option("--category", metavar="C", help="Folder under ROOT.")],
    shots: Annotated[int, typer.Option("--shots", metavar="K", min=1, help="Good images to learn from.")] = 4,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="S", help="How many seeds (0, 1, ...), or a list such as 4,9.")
    ] = "3",
    encoder: Encoder = None,
    alpha: Alpha = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Measure verdict and maps on ROOT/C/test after learning from K images of ROOT/C/train/good."""
    chosen = parse_seeds(seeds)
    with application(encoder=encoder, alpha=alpha, device=device) as opened, progress() as bar:
        result = opened.evaluate_detection(root, category, shots, chosen, progress=bar)
    if json:
        print_json(result)
        return
    rows = [
        (
            name,
            _number(value["mean"]),
            _number(value["std"]),
            " ".join(_number(one) for one in value["values"]),
        )
        for name, value in result.items()
        if isinstance(value, Mapping) and {"mean", "std", "values"} <= value.keys()
    ]
    print_table(
        ("measure", "mean", "std", "each seed"), rows, title=f"{category}, {shots}-shot, seeds {chosen}"
    )
    print_line(f"encoder {result['encoder']}")


def questions(
    table: Annotated[
        Path, typer.Argument(metavar="MMAD_JSON", exists=True, dir_okay=False, help="MMAD's question file.")
    ],
    root: Annotated[
        Path,
        typer.Option("--root", metavar="DIR", exists=True, file_okay=False, help="Folder of its images."),
    ],
    shots: Annotated[int, typer.Option("--shots", metavar="K", min=1, help="Templates a class.")] = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Of the shuffled options.")] = 0,
    notes: Annotated[
        list[Path] | None,
        typer.Option("--notes", metavar="FILE", help="Domain notes to answer from; repeatable."),
    ] = None,
    llm: Llm = None,
    encoder: Encoder = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Answer MMAD's multiple-choice questions; scored as MMAD does, and strictly."""
    from agents import factory
    from agents.evaluation.mmad import evaluate_questions
    from agents.settings import Settings

    settings = Settings.from_environment(encoder=encoder, device=device, llm_url=llm)
    model = factory.chat_model(settings)
    with progress() as bar:
        result = evaluate_questions(
            settings,
            table,
            root,
            shots=shots,
            seed=seed,
            notes=notes or [],
            chat_model=model,
            progress=bar,
        )
    if json:
        print_json(result)
        return
    tasks = sorted({*result["original"]["tasks"], *result["strict"]["tasks"]})
    rows = [
        (task, *(_number(result[protocol]["tasks"].get(task)) for protocol in ("original", "strict")))
        for task in tasks
    ]
    rows.append(("average", _number(result["original"]["average"]), _number(result["strict"]["average"])))
    print_table(
        ("task", "original", "strict"),
        rows,
        title=f"{result['questions']} questions on {result['images']} images, {shots}-shot",
    )
    print_line(f"encoder {result['encoder']}, language model {result['llm'] or 'none'}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
