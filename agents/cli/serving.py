"""`iad serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from agents.cli.options import Device, Store, application


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="Its port.")] = 8080,
    store: Store = None,
    device: Device = None,
) -> None:
    """Answer inspections and questions over HTTP, with the JSON that the commands print."""
    import uvicorn

    from agents.server import create_server

    with application(store=store, device=device) as opened:
        uvicorn.run(create_server(opened), host=host, port=port, log_level="info")
