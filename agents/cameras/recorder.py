"""Recording: each trigger's frame as an image file, with the time that each step took."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import cv2

from agents.cameras.base import Camera, Frame
from anomaly_core.errors import CameraError
from anomaly_core.files import disk_errors, make_folder, replace_file

QUICK: Final = [cv2.IMWRITE_PNG_COMPRESSION, 1]
"""Lossless, and quicker than the default, for larger files."""
LONGEST_LABEL: Final = 60


@dataclass(frozen=True)
class Recorded:
    """A frame's file. written: when, by `time.monotonic`, in seconds.

    capture_ms: from trigger to frame. write_ms: from there to the disk.
    """

    path: Path
    written: float
    capture_ms: float
    write_ms: float


class Recorder:
    """Writes a frame a trigger into a folder, in a thread of its own: no trigger waits for an inspection.

    triggers: a label each, which the file's name holds, or an empty one. say: hears of a frame that did not
    come. count: of images written. ended: whether no more will come.
    """

    def __init__(
        self, camera: Camera, folder: Path, triggers: Iterable[str], say: Callable[[str], None]
    ) -> None:
        make_folder(folder)
        self.folder = folder
        self.ended = False
        self.count = 0
        self._camera = camera
        self._triggers = triggers
        self._say = say
        self._error: BaseException | None = None
        self._new = threading.Event()
        self._frames: dict[Path, Recorded] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to answer triggers."""
        self._thread.start()

    def __contains__(self, path: object) -> bool:
        return path in self._frames

    def take(self, path: Path) -> Recorded | None:
        """Return how a file was recorded, once; None where another program wrote it, or an earlier run."""
        return self._frames.pop(path, None)

    def wait(self, seconds: float) -> None:
        """Return once there is a new frame, or no more will come, or the seconds are over.

        Raises what ended the recording, such as a ConfigError of a full disk.
        """
        self._new.wait(seconds)
        self._new.clear()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            for label in self._triggers:
                self._record(label)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = error
        finally:
            self.ended = True
            self._new.set()

    def _record(self, label: str) -> None:
        triggered, path = time.monotonic(), self._unused(label)
        try:
            frame = self._camera.frame()
        except CameraError as error:
            self._say(f"no image{f' of {label}' if label else ''}: {error}")
            return
        taken = time.monotonic()
        # Known before it is there, so that whoever lists the folder in between knows that it is whole.
        self._frames[path] = Recorded(path, taken, 1000 * (taken - triggered), 0.0)
        with disk_errors(path, elsewhere="name another folder"):
            replace_file(path, _png(frame), synced=True)
        written = time.monotonic()
        self._frames[path] = replace(self._frames[path], written=written, write_ms=1000 * (written - taken))
        self.count += 1
        self._new.set()

    def _unused(self, label: str) -> Path:
        """Return a file of the time that it is now, to the millisecond, by which names sort."""
        while True:
            now = datetime.now(UTC)
            path = self.folder / f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03}Z{_plain(label)}.png"
            if not path.exists():
                return path
            time.sleep(0.001)


def _png(frame: Frame) -> bytes:
    pixels = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) if frame.ndim == 3 else frame
    _, data = cv2.imencode(".png", pixels, QUICK)
    return data.tobytes()


def _plain(label: str) -> str:
    """Return a trigger's label as the end of a file name: letters and digits of any language, else "-"."""
    words = re.sub(r"[^\w.+-]+", "-", label).strip("-.")[:LONGEST_LABEL]
    return f"-{words}" if words else ""
