"""What a camera gives, and how one is opened by its address."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from numpy.typing import NDArray

from anomaly_core.errors import ConfigError
from anomaly_core.registry import Registry

Frame = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W, 3) RGB in 8 bits, or (H, W) grey in 8 or 16."""
FRAME_S: Final = 10.0
"""Seconds in which a camera must give a frame."""


class Camera(Protocol):
    """A camera that is open. name: what people are told, without a password."""

    name: str

    def frame(self) -> Frame:
        """Return a frame that was exposed after the call. Raises CameraError where there is none in time.

        The next call tries again, and opens the camera anew where it was lost.
        """
        ...

    def close(self) -> None:
        """Let the camera go."""


CAMERAS: Final[Registry[Camera]] = Registry("camera", "iad.cameras")
"""Cameras by the scheme of their address; a factory is called with the whole address."""


def open_camera(address: str) -> Camera:
    """Open the camera at an address, such as "usb:0". Raises ConfigError, CameraError."""
    scheme, separator, _ = address.partition(":")
    make = CAMERAS.find(scheme.lower()) if separator else None
    if make is None:
        known = ", ".join(f"{name}:" for name in CAMERAS.names())
        raise ConfigError(
            f"--camera {address[:80]}: no such kind of camera; give one that begins with {known}"
        )
    return make(address)


def options_of(address: str, known: tuple[str, ...]) -> dict[str, str]:
    """Return the options behind an address's "?". Raises ConfigError for one that is not known."""
    given = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    for name in given:
        if name not in known:
            raise ConfigError(
                f"--camera {address[:80]}: there is no option {name!r}; known: {', '.join(known)}"
            )
    return given


def without_password(address: str) -> str:
    """Return a URL without the user's name and password."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _register() -> None:
    def opencv(address: str) -> Camera:
        from agents.cameras.opencv import OpenCVCamera

        return OpenCVCamera(address)

    def genicam(address: str) -> Camera:
        from agents.cameras.genicam import GenICamCamera

        return GenICamCamera(address)

    for scheme in ("usb", "rtsp", "rtsps", "http", "https"):
        CAMERAS.register(scheme, opencv)
    CAMERAS.register("genicam", genicam)


_register()
