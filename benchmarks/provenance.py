"""What a result was measured with: machine, date, command, versions."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any


def provenance(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that stand beside every figure; options: the command's own."""
    return {
        "command": "python benchmarks/" + " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]]),  # noqa: PTH119
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "transformers", "faiss-cpu", "numpy")},
        "options": {key: str(value) for key, value in options.items()},
    }
