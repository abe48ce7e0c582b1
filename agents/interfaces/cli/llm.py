"""`iad llm serve`, `iad llm export` and `iad llm check`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.options import FAILED, Json
from agents.interfaces.cli.output import print_json, print_line, print_table


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    family = typer.Typer(no_args_is_help=True, help="The language model served by vLLM, with soft prompts.")
    family.command("serve", context_settings={"allow_extra_args": True, "allow_interspersed_args": True})(
        serve
    )
    family.command("export")(export)
    family.command("check")(check)
    app.add_typer(family, name="llm")


def serve(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="Checkpoint, exported folder, model folder, name or hub id."),
    ] = "smollm2",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    cpu: Annotated[
        bool, typer.Option("--cpu", help="vLLM's build is for the processor, not for a GPU.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the server calls the model.")
    ] = None,
    max_model_len: Annotated[
        int | None,
        typer.Option("--max-model-len", min=1, metavar="N", help="Tokens of input and reply together."),
    ] = None,
    python: Annotated[
        str | None, typer.Option("--python", metavar="PATH", help="Interpreter that has vLLM.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command and stop.")] = False,
) -> None:
    """Start vLLM with what soft prompts need; arguments after -- go to vLLM as they are."""
    from anomaly_core.serving.launch import python_with_vllm, vllm_command

    command = vllm_command(
        model,
        # What is only shown can be shown where there is no vLLM.
        python=python or ("python" if dry_run else python_with_vllm()),
        name=name,
        gpu=not cpu,
        host=host,
        port=port,
        context=max_model_len,
        more=tuple(context.args),
    )
    if dry_run:
        settings = [f"{key}={value}" for key, value in sorted(command.environment.items())]
        typer.echo(" ".join([*settings, shlex.join(command.arguments)]))
        return
    # The server takes this process's place, so that signals and its exit status are its own.
    os.execve(command.arguments[0], command.arguments, {**os.environ, **command.environment})


def export(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="Folder that `iad train` wrote.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder.")],
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="MODEL", help="Base model, if not the one it was trained for."),
    ] = None,
) -> None:
    """Write the model, its adapters and the prompt learner into one folder that vLLM and iad load."""
    from anomaly_core.serving.export import export_checkpoint

    for line in export_checkpoint(checkpoint, out, base=base):
        print_line(line)


def check(
    url: Annotated[str, typer.Argument(metavar="URL", help="Of the server, such as http://host:8000/v1.")],
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="The model it serves: folder, name or hub id.")
    ] = "smollm2",
    lora: Annotated[
        Path | None, typer.Option("--lora", metavar="DIR", help="Compare with this LoRA adapter.")
    ] = None,
    served_name: Annotated[
        str | None,
        typer.Option("--served-name", metavar="NAME", help="Its name on the server; the first if not given."),
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="Largest difference of log-probabilities.")
    ] = 1e-3,
    json: Json = False,
) -> None:
    """Compare the served model with the same one here; exit with 1 where they differ."""
    from agents.llm_check import check_server
    from agents.settings import Settings

    result = check_server(Settings.from_environment(), url, model, lora=lora, served_name=served_name)
    agrees = result.largest <= tolerance
    if json:
        print_json({**result.as_object(), "tolerance": tolerance, "agrees": agrees})
    else:
        print_line(f"{url}: {', '.join((*result.abilities.models, *result.abilities.loras))}")
        for line in result.abilities.missing:
            print_line(f"it lacks {line}")
        print_table(("compared", "cases", "difference"), result.rows())
        print_line(f"largest difference {result.largest:.1e}, tolerance {tolerance:.0e}")
    if not agrees or result.abilities.missing:
        raise typer.Exit(FAILED)
