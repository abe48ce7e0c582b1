"""`iad serve` and `iad mcp`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.interfaces.cli.options import Device, Llm, Store, application


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("serve")(serve)
    app.command("mcp")(mcp)


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="Its port.")] = 8080,
    store: Store = None,
    device: Device = None,
) -> None:
    """Answer inspections and questions over HTTP, with the JSON that the commands print."""
    import uvicorn

    from agents.interfaces.server import create_server

    with application(store=store, device=device) as opened:
        uvicorn.run(create_server(opened), host=host, port=port, log_level="info")


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
