"""USB cameras and network streams (RTSP, MJPEG over HTTP), by OpenCV."""

from __future__ import annotations

import re
import threading
import time
from typing import Any, Final
from urllib.parse import urlsplit

import cv2

from agents.cameras.base import FRAME_S, Frame, options_of, without_password
from anomaly_core.errors import CameraError, ConfigError

OPEN_S: Final = 10.0
"""Seconds in which a stream must open, and in which its next frame must come."""
LONGEST_PAUSE_S: Final = 30.0
"""Longest pause between two attempts to open a camera that was lost."""
_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})")


class OpenCVCamera:
    """`usb:0`, `usb:/dev/video2`, `usb:0?size=1920x1080`, `rtsp://HOST/PATH`, `http://HOST/PATH`.

    All frames are taken from the camera as they come, in a thread, and let go unless one is wanted: drivers
    and streams hold frames back, and the next of those would be of the past. Raises ConfigError, CameraError.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self.name = without_password(address)
        self._size = _size_of(address)
        self._capture = self._opened()
        self._changed = threading.Condition()
        self._wanted = False
        self._found: Frame | None = None
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name="camera", daemon=True)
        self._reader.start()

    def frame(self) -> Frame:
        """Return a frame of which nothing was read before the call; see `Camera`."""
        with self._changed:
            self._found, self._wanted = None, True
            self._changed.wait_for(lambda: self._found is not None, FRAME_S)
            self._wanted = False
            if self._found is None:
                raise CameraError(
                    f"{self.name} gave no frame for {FRAME_S:.0f} s: check its cable, power and address"
                )
            return self._found

    def close(self) -> None:
        """Let the camera go; see `Camera`."""
        self._closing.set()
        self._reader.join(OPEN_S)

    def _read(self) -> None:
        pause = 1.0
        while not self._closing.is_set():
            wanted = self._wanted
            if not self._capture.grab():
                self._capture.release()
                self._closing.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                self._capture = self._made()
                continue
            pause = 1.0
            if wanted:
                held, pixels = self._capture.retrieve()
                if held:
                    with self._changed:
                        self._wanted = False
                        self._found = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else pixels
                        self._changed.notify_all()
        self._capture.release()

    def _opened(self) -> Any:
        capture = self._made()
        deadline = time.monotonic() + OPEN_S
        # Some drivers fail at the first frames, while they set their exposure.
        while capture.isOpened() and time.monotonic() < deadline:
            if capture.grab():
                return capture
            time.sleep(0.05)
        capture.release()
        raise CameraError(f"{self.name} cannot be opened: check its cable, power and address")

    def _made(self) -> Any:
        # What cannot be opened is told as an error here, and not by the library's source lines on stderr.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        if urlsplit(self._address).scheme.lower() != "usb":
            limit = int(1000 * OPEN_S)
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit, cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit]
            return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
        device = urlsplit(self._address).path
        capture = cv2.VideoCapture(int(device) if device.isdecimal() else device)
        if self._size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        return capture


def _size_of(address: str) -> tuple[int, int] | None:
    """Return the width and height that a USB camera is asked for. Raises ConfigError."""
    if urlsplit(address).scheme.lower() != "usb":
        return None
    if not urlsplit(address).path:
        raise ConfigError(f"--camera {address}: give the camera's number or device, such as usb:0")
    given = options_of(address, ("size",)).get("size")
    if given is None:
        return None
    found = _SIZE.fullmatch(given)
    if found is None:
        raise ConfigError(f"--camera {address}: size={given[:20]} is none; give one such as size=1920x1080")
    return int(found[1]), int(found[2])
