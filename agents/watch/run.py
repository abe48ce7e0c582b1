"""The watch over a folder: images are inspected as they appear, each once, whatever restarts lie between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from agents.app import Application
from agents.cameras.recorder import Recorded, Recorder
from agents.inspecting import Found
from agents.watch.arrivals import Arrival, Arrivals
from agents.watch.done import Done
from anomaly_core.errors import ConfigError, UnknownProduct, UnreadableImage
from tools.records import FailureRecord

SETTLE_S: Final = 1.0
"""Default seconds for which a file must not change before it is read."""
UNREADABLE: Final = 10
"""Times that long an unreadable file must not change before it is given up: its writer may have paused."""
POLLS: Final = 4
"""Polls in the time that a file settles."""
LEAST_SHARE: Final = 5
"""Least pause between two polls, in times that one takes: a folder of 100,000 files takes long to list."""


def watch(
    app: Application,
    folder: Path,
    *,
    product: str | None = None,
    out: Path | None = None,
    settle_s: float = SETTLE_S,
    recorder: Recorder | None = None,
    say: Callable[[str], None],
) -> Iterator[tuple[str, Found]]:
    """Yield id and record of each image in a folder, and of each that appears, without end.

    With a recorder, which writes a camera's images there, it ends once no more will come and all are done.

    An image counts as done once the caller asks for the next. A kill before that lets it be inspected again,
    under the same id, and the log holds it once. An image that cannot be read, or is of no enrolled product,
    gives a FailureRecord; other errors would meet every image, and are raised. say: hears of a folder that is
    away for a time. The others: see `Application.inspect`.
    """
    if recorder is None and not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder to watch; name one that images are written to")
    app.inspector.make_ready(product=product, out=out)
    store = app.settings.store
    if recorder is not None:
        recorder.start()
    with Done(store.with_name(f"{store.name}-watch.sqlite")) as done:
        arrivals = Arrivals(folder, settle_s, done.__contains__, () if recorder is None else recorder)
        away = False
        while True:
            started, is_last = time.monotonic(), recorder is not None and recorder.ended
            try:
                ready = arrivals.poll()
                away = False
            except OSError as error:
                ready = []
                if not away:
                    say(f"{folder}: {error.strerror}: waiting until it can be read again")
                away = True
            took = time.monotonic() - started
            for arrival in ready:
                recorded = None if recorder is None else recorder.take(arrival.path)
                waited_ms = 0.0 if recorded is None else 1000 * (time.monotonic() - recorded.written)
                found = _inspected(app, arrivals, arrival, product, out)
                if found is not None:
                    yield arrival.id, found if recorded is None else _timed(found, recorded, waited_ms)
                    done.add(arrival)
            pause = max(settle_s / POLLS, LEAST_SHARE * took)
            if recorder is None:
                time.sleep(pause)
            elif is_last and not arrivals.waits:
                return
            else:
                recorder.wait(pause)


def _timed(found: Found, recorded: Recorded, waited_ms: float) -> Found:
    """Return a record with the time of the steps before the inspection."""
    if isinstance(found, FailureRecord):
        return found
    steps = {"capture": recorded.capture_ms, "write": recorded.write_ms, "wait": waited_ms}
    times = found.timings_ms.model_copy(update={step: round(ms, 2) for step, ms in steps.items()})
    return found.model_copy(update={"timings_ms": times})


def _inspected(
    app: Application, arrivals: Arrivals, arrival: Arrival, product: str | None, out: Path | None
) -> Found | None:
    """Inspect an image; None where it is not whole yet, or gone."""
    readable = app.tools.images.read_ahead(arrival.path)
    if not arrival.is_unchanged:  # what was read may be half of it
        app.tools.images.drop_ahead()
        return None
    if not readable and arrivals.waited_s(arrival) < UNREADABLE * arrivals.settle_s:
        arrivals.postpone(arrival)
        return None
    return app.inspector.recorded(
        arrival.path,
        product=product,
        out=out,
        run=f"file of {arrival.mtime_ns}",
        failures=(UnreadableImage, UnknownProduct),
    )
