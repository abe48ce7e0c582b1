"""Entry point of `python -m agents` and of the console script `iad`."""

from __future__ import annotations

import os

# Before the libraries that read them are loaded. Threads that spin while they wait for each other take the
# processors from whatever else runs, many times what they compute with; NumPy's work is too small to divide.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from agents.interfaces.cli import app

if __name__ == "__main__":
    app()
