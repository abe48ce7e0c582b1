"""What a result was measured with: machine, date, command, versions."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any


def provenance(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that stand beside every figure. options: the command's own; paths are cut to names."""
    words = [Path(word).name if "/" in word else word for word in sys.argv]
    return {
        "command": "python benchmarks/" + " ".join(words),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "transformers", "faiss-cpu", "numpy")},
        "options": {
            key: value.name if isinstance(value, Path) else str(value) for key, value in options.items()
        },
    }
