"""How a part of this program that is not installed is added: the command, for messages."""

from __future__ import annotations

import shlex
import sys
from typing import Final

DISTRIBUTION: Final = "iad-agent"
"""Name of the installed distribution; its extras are in `pyproject.toml`."""


def install(extra: str | None = None) -> str:
    """Return the command that adds an extra, or what is missing of the program itself.

    By the interpreter that runs: another `pip` on the path would look for the program in an index.
    """
    wanted = DISTRIBUTION if extra is None else f"'{DISTRIBUTION}[{extra}]'"
    return f"{shlex.quote(sys.executable)} -m pip install {wanted}"
