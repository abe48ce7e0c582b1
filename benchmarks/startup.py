"""Whole-process time of commands, this code beside an earlier checkout of it, by turns, as ratios.

    python benchmarks/startup.py --before CHECKOUT --good IMAGE IMAGE... --image IMAGE [--runs 7]

Both run in this environment, so packages that the earlier checkout alone needs must be in it. Each enrols the
good images in a store of its own; then each command runs by turns with the other code, its files already in
the page cache. Commands: an inspection, a question about an image, an error for a store that does not exist,
and `--help`. Other work on the machine makes the ratios noisy.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness import parser, write

HERE: Final = Path(__file__).resolve().parents[1]
START: Final = "import sys, agents.__main__ as it; sys.exit((getattr(it, 'app', None) or it.main)())"


def main() -> None:
    options = parser(__doc__, out="startup.json")
    options.add_argument("--before", type=Path, required=True, help="checkout of the earlier code")
    options.add_argument("--good", type=Path, nargs="+", required=True)
    options.add_argument("--image", type=Path, required=True)
    options.add_argument("--runs", type=int, default=7)
    given = options.parse_args()
    image = str(given.image.resolve())
    with tempfile.TemporaryDirectory() as folder:
        codes = {"before": (given.before.resolve(), f"{folder}/a"), "now": (HERE, f"{folder}/b")}
        for code, store in codes.values():
            seconds(code, ["enroll", "part", *map(str, map(Path.resolve, given.good)), "--store", store])
        result = {}
        for name, words in {
            "inspect": ["inspect", image, "--store", ""],
            "ask": ["ask", image, "Is there a defect?", "--store", ""],
            "missing store": ["products", "--store", f"{folder}/none"],
            "help": ["--help"],
        }.items():
            times: dict[str, list[float]] = {which: [] for which in codes}
            for _ in range(given.runs):
                for which, (code, store) in codes.items():
                    times[which].append(seconds(code, [word or store for word in words]))
            result[name] = {which: statistics.median(each) for which, each in times.items()}
            pairs = [now / before for before, now in zip(times["before"], times["now"], strict=True)]
            result[name] |= {"ratio": statistics.median(pairs), "least": min(pairs), "most": max(pairs)}
            print(name, result[name], flush=True)
        write(given, {"commands": result})


def seconds(code: Path, words: Sequence[str]) -> float:
    """Return how long `iad` with these words takes with the code of a checkout."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(code), os.environ.get("PYTHONPATH", "")])}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", START, *words], cwd=code, env=environment, capture_output=True, text=True
    )
    if "Traceback" in done.stderr:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
