"""`python -m agents` and the console script `iad`."""

from __future__ import annotations

from agents.interfaces.cli import app

if __name__ == "__main__":
    app()
