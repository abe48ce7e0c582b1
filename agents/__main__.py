"""`python -m agents` and the console script `iad`."""

from __future__ import annotations

from agents.interfaces.cli import main

if __name__ == "__main__":
    main()
