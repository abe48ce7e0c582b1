"""Entry point of `python -m agents` and of the console script `iad`."""

from __future__ import annotations

from agents.interfaces.cli import app

if __name__ == "__main__":
    app()
