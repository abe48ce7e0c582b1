"""`iad serve` and `iad mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.options import Device, Llm, Store, application
from agents.interfaces.cli.output import print_note
from anomaly_core.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("serve")(serve)
    app.command("mcp")(mcp)


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="Its port.")] = 8080,
    without_keys: Annotated[
        bool,
        typer.Option(
            "--without-keys", help="Listen to other machines without keys: something in front asks."
        ),
    ] = False,
    station: Annotated[
        bool, typer.Option("--station/--no-station", help="Whether the pages for people are served too.")
    ] = True,
    watch: Annotated[
        Path | None,
        typer.Option("--watch", metavar="DIR", help="Folder whose next image the station takes at a key."),
    ] = None,
    store: Store = None,
    device: Device = None,
    llm: Llm = None,
) -> None:
    """Answer inspections, questions, enrolments and corrections over HTTP, and serve the station's pages."""
    import uvicorn

    from agents.interfaces.service import create_service
    from agents.interfaces.station.mount import has_station, mount_station

    with application(store=store, device=device, llm=llm) as opened:
        check_address(host, keys=bool(opened.settings.api_keys), without_keys=without_keys)
        service = create_service(opened, print_note, any_host=without_keys)
        if station and (watch is not None or has_station()):
            mount_station(service, watch)
            print_note(f"http://{host}:{port}/ is the station, /docs describes the API; loading the models")
        else:
            print_note(f"http://{host}:{port}/docs describes the API; loading the models")
        # Unlike httptools, h11 refuses headers beyond its limit.
        uvicorn.run(service, host=host, port=port, log_level="info", http="h11")


def check_address(host: str, *, keys: bool, without_keys: bool) -> None:
    """Raise ConfigError where other machines would be answered although no keys are set."""
    if not (keys or without_keys or host in ("127.0.0.1", "::1", "localhost")):
        raise ConfigError(
            f"--host {host} lets other machines in, and no keys are set: set api_keys "
            "(IAD_API_KEYS=admin:NAME:SECRET), or say --without-keys where something in front asks who calls"
        )


def mcp(
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="Open images in this folder; may be repeated. The current folder if not given.",
            show_default=False,
        ),
    ] = None,
    store: Store = None,
    device: Device = None,
    llm: Llm = None,
) -> None:
    """Serve inspections, questions and notes as Model Context Protocol tools, over stdin and stdout."""
    from agents.interfaces.mcp import create_mcp_server

    with application(store=store, device=device, llm=llm) as opened:
        create_mcp_server(opened, root or [Path()]).run()
