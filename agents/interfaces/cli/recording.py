"""The camera of `iad watch --camera`: its options, its recorder, and the time from frame to decision."""

from __future__ import annotations

import statistics
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.interfaces.cli.output import count_of, print_note

if TYPE_CHECKING:
    from agents.cameras.recorder import Recorder
    from agents.inspecting import Found

Camera = Annotated[
    str | None,
    typer.Option(
        "--camera",
        metavar="URL",
        help="Write this camera's images there: usb:0, rtsp://..., http://..., genicam:SERIAL.",
    ),
]
Every = Annotated[
    float | None,
    typer.Option("--every", metavar="S", min=0.01, max=86400, help="Seconds from one image to the next."),
]
Trigger = Annotated[
    bool,
    typer.Option(
        "--trigger", help="An image for each line of standard input; its file's name holds the line."
    ),
]
RecordOnly = Annotated[
    bool, typer.Option("--record-only", help="Write the camera's images, and inspect none.")
]


@contextmanager
def recorder_of(
    folder: Path, camera: str | None, every: float | None, trigger: bool
) -> Iterator[Recorder | None]:
    """Open the camera, and give its recorder, which isn't started; None without a camera.

    Raises typer.BadParameter for options that don't go together, ConfigError, CameraError.
    """
    if camera is None:
        if every is not None or trigger:
            raise typer.BadParameter("--every and --trigger are of a camera: give --camera URL too")
        yield None
        return
    if (every is None) == (not trigger):
        raise typer.BadParameter("--camera needs either --every S or --trigger")
    from agents.cameras import triggers
    from agents.cameras.base import open_camera
    from agents.cameras.recorder import Recorder

    opened, closing = open_camera(camera), threading.Event()
    starts = triggers.lines(sys.stdin) if every is None else triggers.every(every, closing.wait)
    try:
        print_note(f"{opened.name} writes into {folder}")
        yield Recorder(opened, folder, starts, print_note)
    finally:
        closing.set()
        opened.close()


def record(recorder: Recorder) -> None:
    """Write images until no trigger will come, or Ctrl-C."""
    recorder.start()
    try:
        while not recorder.ended:
            recorder.wait(1.0)
        recorder.wait(0.0)
    finally:
        print_note(f"{count_of(recorder.count, 'image')} in {recorder.folder}")


class StepTimes:
    """The milliseconds of each step, from trigger to decision, of a camera's last images."""

    def __init__(self) -> None:
        self._times: deque[list[float]] = deque(maxlen=10_000)

    def add(self, found: Found) -> None:
        """Add an image; one that no camera of this run gave is left out."""
        # Records are loaded with the models.
        from tools.records import InspectionRecord

        if isinstance(found, InspectionRecord) and found.timings_ms.capture:
            times = found.timings_ms
            self._times.append([times.capture, times.write, times.wait, times.total])

    def print(self) -> None:
        """Print the median of each step, where there was a camera."""
        if not self._times:
            return
        whole = [sum(steps) for steps in self._times]
        camera, disk, waiting, inspection = (
            round(statistics.median(of)) for of in zip(*self._times, strict=True)
        )
        print_note(
            f"from trigger to decision: {statistics.median(whole):.0f} ms in the median, at most "
            f"{max(whole):.0f} (camera {camera}, disk {disk}, waiting {waiting}, inspection {inspection})"
        )
