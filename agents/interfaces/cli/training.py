"""`iad simulate` and `iad train`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.interfaces.cli.options import FAILED, Device, Encoder, Json, Paths
from agents.interfaces.cli.output import print_json, print_line, print_problem, progress
from anomaly_core.errors import ConfigError

if TYPE_CHECKING:
    from anomaly_core.config import TrainingConfig

Seed = Annotated[int | None, typer.Option("--seed", metavar="S", min=0, help="Seed of every random choice.")]


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("simulate")(simulate)
    app.command("train")(train)


def simulate(
    paths: Paths,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for pictures, masks and texts.")],
    count: Annotated[int, typer.Option("--count", metavar="N", min=1, help="How many pictures.")] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Equal seeds, equal pictures.")] = 0,
    product: Annotated[
        str, typer.Option("--product", "-p", metavar="P", help="What the texts call the object.")
    ] = "object",
    json: Json = False,
) -> None:
    """Make anomalous images, with masks and question-answer texts, from good ones."""
    from anomaly_core.imaging.reading import find_images
    from anomaly_core.simulation.nsa import simulate_folder

    images = find_images(paths)
    with progress() as bar:
        made = simulate_folder(
            images,
            out,
            count,
            seed,
            progress=lambda done, total: bar("simulate", done, total),
            product=product,
        )
    for path, reason in made.skipped:
        print_problem("Skipped", reason if str(path) in reason else f"{path}: {reason}")
    if json:
        skipped = [{"image": str(path), "message": reason} for path, reason in made.skipped]
        print_json({"out": str(made.out), "images": len(made.images), "skipped": skipped})
    else:
        print_line(f"{made.out}: {len(made.images)} pictures, {len(made.skipped)} images skipped")
    if made.skipped:
        raise typer.Exit(FAILED)


def train(
    roots: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="ROOT...",
            exists=True,
            file_okay=False,
            help="Folders of good images; none: drawn products alone.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The checkpoint's folder; a stopped run goes on.")
    ] = Path("checkpoint"),
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="TOML with the other settings of a run.",
        ),
    ] = None,
    decoder_steps: Annotated[
        int | None, typer.Option("--decoder-steps", metavar="N", min=0, help="Steps of the decoder alone.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=0, help="Steps with the language model.")
    ] = None,
    encoder: Encoder = None,
    language_model: Annotated[
        str | None, typer.Option("--language-model", metavar="NAME", help="It stays frozen; none: no model.")
    ] = None,
    seed: Seed = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Train the text-aligned decoder and the prompt learner on simulated anomalies."""
    options = {
        "decoder_steps": decoder_steps,
        "steps": steps,
        "encoder": encoder,
        "language_model": language_model,
        "seed": seed,
        "device": device,
    }
    chosen = training_config(config, {key: value for key, value in options.items() if value is not None})
    from anomaly_core.training.train import train as run

    with progress() as bar:
        summary = run(
            chosen, roots=roots or (), out=out, progress=lambda what, done, total, _: bar(what, done, total)
        )
    if json:
        figures = {"steps": summary.steps, "seconds": summary.seconds, "results": summary.results}
        print_json({"out": str(summary.folder), **figures})
        return
    print_line(f"{summary.folder}: {summary.steps} steps in {summary.seconds:.0f} s")
    for name, value in summary.results.items():
        print_line(f"  {name} {value:.3f}")


def training_config(path: Path | None, options: Mapping[str, Any]) -> TrainingConfig:
    """The file's run, with the options on top; `language_model` "none" is no model and no second phase.

    Raises ConfigError, naming the file where there is one, for what is no TOML or no possible run.
    """
    from anomaly_core.config import TrainingConfig

    try:
        table = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    values = {**table, **options}
    if values.get("language_model") == "none":
        values |= {"language_model": None, "steps": 0}
    from pydantic import ValidationError

    try:
        return TrainingConfig(**values)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'the run'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        where = "options" if path is None else f"{path} and options"
        raise ConfigError(f"{where}: {'; '.join(problems)}") from error
