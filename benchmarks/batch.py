"""A large batch in one go, and again killed at random moments: the same results, with flat memory.

    python benchmarks/batch.py [--images 20000] [--kills 10] [--encoder tiny|NAME]

The images are painted parts of one product: forty of them, as files with different hashes.
`iad inspect DIR --resume` inspects them all; then the same command, on a store of its own, is killed
(SIGKILL) that many times at random moments, and started again each time. `same`: whether the lines of both,
without `timings_ms`, are equal. `rows`: of the log of the killed one, and how many different images they are
of. Memory is the resident set of the process; `before` and `after`: medians of the second and of the last
tenth of the run. `over_bare`: time of an image over that of decoding it and one pass of the encoder, alone.
"""

from __future__ import annotations

import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from harness import parser, write
from served import environment, resident_mb
from service import marked, painted

from agents.app import Application
from agents.settings import Settings
from anomaly_core.imaging.reading import load_image
from knowledge.log.figures import Filter, rows
from knowledge.log.log import InspectionLog

PRODUCT: Final = "washer"
LOOKS: Final = 40
"""Different parts among the images; the others are further files of these."""
BARE: Final = 50
"""Images on which decoding and encoding are timed alone."""
WATCHED_S: Final = 0.5


class Run:
    """`iad inspect --resume` on a folder, its memory watched. settings: by name, without `IAD_`."""

    def __init__(self, folder: Path, images: Path, settings: dict[str, object]) -> None:
        self.folder = folder
        self.file = folder / "results.jsonl"
        self._environment = environment(settings)
        self._command = [sys.executable, "-m", "agents", "inspect", str(images), "--resume", str(self.file)]
        self._command += ["--product", PRODUCT, "--store", str(folder / "store")]
        self.memory_mb: list[float] = []

    def once(self, seconds: float | None = None) -> float:
        """Run until it ends, or kill it after so many seconds; return the seconds that it ran.

        Raises RuntimeError where it ends by itself with another status than 0.
        """
        start = time.perf_counter()
        with (
            (self.folder / "stderr.txt").open("ab") as told,
            subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=told
            ) as process,
        ):
            while process.poll() is None:
                time.sleep(WATCHED_S)
                # It may have ended in between.
                with suppress(OSError, ValueError):
                    self.memory_mb.append(resident_mb(process.pid))
                if seconds is not None and time.perf_counter() - start > seconds:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
        if process.returncode not in (0, -signal.SIGKILL):
            raise RuntimeError((self.folder / "stderr.txt").read_text(encoding="utf-8")[-2000:])
        return time.perf_counter() - start

    def lines(self) -> list[dict[str, Any]]:
        """Return the results without their timings."""
        found = [json.loads(line) for line in self.file.read_bytes().splitlines()]
        return [{key: value for key, value in one.items() if key != "timings_ms"} for one in found]

    def logged(self) -> list[str]:
        """Return the hashes of the log's rows. Raises what `InspectionLog.verify` raises."""
        log = InspectionLog(self.folder / "store-log.sqlite")
        log.verify()
        return [row["sha256"] for row in log.read(lambda held: list(rows(held, Filter(), "first")))]


def paint(folder: Path, count: int) -> None:
    """Write the images, every tenth part with a blot."""
    folder.mkdir()
    looks = [painted(PRODUCT, 100 + number, blot=number % 10 == 0) for number in range(LOOKS)]
    for number in range(count):
        name = f"{number:06}.png"
        (folder / name).write_bytes(marked(looks[number % LOOKS], name))


def enrolled(folder: Path, settings: dict[str, object]) -> None:
    """Learn the product from four painted good parts."""
    folder.mkdir()
    good = [folder / f"good-{seed}.png" for seed in range(4)]
    for seed, path in enumerate(good):
        path.write_bytes(painted(PRODUCT, seed))
    with Application(Settings(store=folder / "store", **settings)) as app:
        app.enroll(PRODUCT, good)


def bare_ms(images: list[Path], settings: dict[str, object]) -> float:
    """Return the median milliseconds of decoding an image and encoding it once, alone."""
    with Application(Settings(encoder=settings["encoder"])) as app:
        model = app.tools.model
        times = []
        for path in images:
            start = time.perf_counter()
            model.encode(load_image(path))
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    options = parser(__doc__, out="batch.json")
    options.add_argument("--images", type=int, default=20_000)
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--encoder", default="tiny", help="tiny, or an encoder with real weights")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    settings: dict[str, object] = {"encoder": given.encoder, "prompt_llm": "none"}
    if given.encoder == "tiny":
        settings |= {"text_encoder": "tiny", "input_size": 96}
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        paint(root / "images", given.images)
        for part in ("whole", "killed"):
            enrolled(root / part, settings)
        whole, killed = (Run(root / part, root / "images", settings) for part in ("whole", "killed"))
        seconds = whole.once()
        print(f"whole: {given.images / seconds:.1f} images a second", flush=True)
        for kill in range(given.kills):
            ran = killed.once(rng.uniform(0.2, 1.8) * seconds / (given.kills + 1))
            print(f"kill {kill + 1} after {ran:.0f} s: {len(killed.lines())} lines", flush=True)
        killed.once()
        hashes = killed.logged()
        tenth = max(len(whole.memory_mb) // 10, 1)
        before, after = (
            statistics.median(part) for part in (whole.memory_mb[tenth : 2 * tenth], whole.memory_mb[-tenth:])
        )
        each = 1000 * seconds / given.images
        bare = bare_ms(sorted((root / "images").iterdir())[:BARE], settings)
        result = {
            "images": given.images,
            "kills": given.kills,
            "images_a_second": given.images / seconds,
            "same": json.dumps(whole.lines()) == json.dumps(killed.lines()),
            "rows": [len(hashes), len(set(hashes))],
            "memory_mb": {"before": before, "after": after, "growth": after / before - 1},
            "over_bare": each / bare,
        }
    print(json.dumps(result, indent=1))
    write(given, result)


if __name__ == "__main__":
    main()
