"""`iad serve` and `iad mcp`."""

from __future__ import annotations

import logging
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.options import LOCAL, Device, Llm, Store, application
from agents.interfaces.cli.output import print_note
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

if TYPE_CHECKING:
    from agents.settings import Settings


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
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="local|ray", help="Serve by this process, or the API alone by several on Ray."
        ),
    ] = LOCAL,
    replicas: Annotated[
        int | None,
        typer.Option(
            "--replicas", metavar="N", min=1, help="Processes on Ray; as many as there is room for if unset."
        ),
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
        if engine != LOCAL:
            if engine != "ray" or watch is not None:
                wrong = f"there is no engine {engine!r} here" if engine != "ray" else "it serves no station"
                raise ConfigError(f"--engine {engine}: {wrong}: say --engine ray alone, or leave it out")
            serve_replicas(opened.settings, host, port, replicas, without_keys=without_keys)
            return
        if replicas is not None:
            raise ConfigError("--replicas needs --engine ray: this process alone serves without it")
        service = create_service(opened, print_note, any_host=without_keys)
        if station and (watch is not None or has_station()):
            mount_station(service, watch)
            print_note(f"http://{host}:{port}/ is the station, /docs describes the API; loading the models")
        else:
            print_note(f"http://{host}:{port}/docs describes the API; loading the models")
        # Unlike httptools, h11 refuses headers beyond its limit.
        uvicorn.run(service, host=host, port=port, log_level="info", http="h11")


def serve_replicas(
    settings: Settings, host: str, port: int, replicas: int | None, *, without_keys: bool
) -> None:
    """Serve the API by several processes until this one is told to end; see `replicated`."""
    from agents.interfaces.service.replicas import replicated

    print_note("loading the models of each replica")
    with (
        suppress(KeyboardInterrupt),
        replicated(settings, host, port, replicas, any_host=without_keys) as count,
    ):
        print_note(f"http://{host}:{port}/docs describes the API, which {count} replicas answer; no station")
        threading.Event().wait()


def check_address(host: str, *, keys: bool, without_keys: bool | None = None) -> None:
    """Raise ConfigError where other machines would be answered although no keys are set.

    without_keys: whether the command was told that something in front asks who calls; None if it cannot be.
    """
    if not (keys or without_keys or host in ("127.0.0.1", "::1", "localhost")):
        other = "" if without_keys is None else ", or say --without-keys where a proxy asks who calls"
        raise ConfigError(
            f"--host {host} lets other machines in, and no keys are set: set api_keys "
            f"(IAD_API_KEYS=admin:NAME:SECRET){other}"
        )


def mcp(
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="Open and write files in this folder alone; may be repeated, and relative paths are of the "
            "first. The current folder if not given.",
            show_default=False,
        ),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP, not stdin and stdout.")] = False,
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="Its port.")] = 8081,
    store: Store = None,
    device: Device = None,
    llm: Llm = None,
) -> None:
    """Serve the tools of the Model Context Protocol: inspect, ask, enrol, correct, log, report."""
    with application(store=store, device=device, llm=llm) as opened:
        try:
            from agents.interfaces.mcp import create_http_app, create_mcp_server
        except ImportError as error:
            raise ConfigError(
                f"the server needs the package mcp ({error}); install it with `{install('mcp')}`"
            ) from error
        from agents.desk import Desk

        # Libraries tell their own loggers to say more; over stdin a client shows whatever is said.
        to_stderr = logging.StreamHandler()
        to_stderr.setLevel(logging.WARNING)
        logging.basicConfig(handlers=[to_stderr], format="%(levelname)s: %(message)s")
        if http:
            check_address(host, keys=bool(opened.settings.api_keys))
        with closing(Desk(opened)) as desk:
            server = create_mcp_server(desk, root or [Path()])
            if not http:
                server.run()
                return
            import uvicorn

            print_note(f"http://{host}:{port}/mcp serves the Model Context Protocol")
            served = create_http_app(server, opened.settings, host)
            uvicorn.run(served, host=host, port=port, log_level="warning", http="h11")
