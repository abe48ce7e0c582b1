"""GenICam cameras (GigE Vision, USB3 Vision, Basler's emulated ones), by pypylon."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from agents.cameras.base import FRAME_S, Frame, options_of
from anomaly_core.errors import CameraError, ConfigError
from anomaly_core.extras import install


class GenICamCamera:
    """`genicam:` for the first camera that is found, or `genicam:SERIAL`; `?features=FILE.pfs` sets it up.

    Each frame is started by a software trigger. Grey of more than 8 bits stays so. Raises ConfigError and
    CameraError.
    """

    def __init__(self, address: str) -> None:
        try:
            from pypylon import genicam, pylon
        except ImportError as error:
            raise ConfigError(f"--camera genicam: needs the extra: {install('camera')}") from error
        self._pylon: Any = pylon
        self._failed = genicam.GenericException
        self._serial = urlsplit(address).path
        features = options_of(address, ("features",)).get("features")
        self._features = None if features is None else Path(features)
        if self._features is not None and not self._features.is_file():
            raise ConfigError(
                f"--camera {address[:200]}: there is no file {features}; save one with pylon Viewer"
            )
        self.name = f"genicam:{self._serial}"
        self._camera: Any = None
        self._open()

    def frame(self) -> Frame:
        """Trigger the camera and return its frame; see `Camera`."""
        limit = int(1000 * FRAME_S)
        try:
            if self._camera is None:
                self._open()
            self._camera.WaitForFrameTriggerReady(limit, self._pylon.TimeoutHandling_ThrowException)
            self._camera.ExecuteSoftwareTrigger()
            with self._camera.RetrieveResult(limit, self._pylon.TimeoutHandling_ThrowException) as result:
                if not result.GrabSucceeded():
                    raise CameraError(
                        f"{self.name}: {result.ErrorDescription}: check its cable and bandwidth"
                    )
                return self._pixels(result)
        except self._failed as error:
            self.close()
            raise CameraError(f"{self.name}: {_shown(error)}: check its cable and power") from error

    def close(self) -> None:
        """Let the camera go; see `Camera`."""
        if self._camera is not None:
            with suppress(self._failed):
                self._camera.Close()
            self._camera = None

    def _open(self) -> None:
        pylon = self._pylon
        factory = pylon.TlFactory.GetInstance()
        try:
            there = [one for one in factory.EnumerateDevices() if self._serial in ("", one.GetSerialNumber())]
            if not there:
                raise CameraError(
                    f"{self.name}: no such camera is found: check its cable, power and serial number"
                )
            camera = pylon.InstantCamera(factory.CreateDevice(there[0]))
            camera.Open()
            self._camera, self.name = camera, f"genicam:{there[0].GetSerialNumber()}"
            if self._features is not None:
                pylon.FeaturePersistence.Load(str(self._features), camera.GetNodeMap(), True)
            camera.TriggerSelector.Value = "FrameStart"
            camera.TriggerMode.Value = "On"
            camera.TriggerSource.Value = "Software"
            camera.StartGrabbing(pylon.GrabStrategy_OneByOne)
        except self._failed as error:
            self.close()
            raise CameraError(
                f"{self.name} cannot be opened: {_shown(error)}; is another program using it?"
            ) from error

    def _pixels(self, result: Any) -> Frame:
        """Return a frame as RGB, or as grey with the bits that it has: 12 bits are not stretched to 16."""
        pylon = self._pylon
        grey = not pylon.IsColorImage(result.PixelType)
        if grey and not pylon.IsPacked(result.PixelType):
            return np.array(result.Array)
        converter = pylon.ImageFormatConverter()
        converter.OutputPixelFormat = pylon.PixelType_Mono16 if grey else pylon.PixelType_RGB8packed
        converter.OutputBitAlignment.Value = "LsbAligned"
        return np.array(converter.Convert(result).GetArray())


def _shown(error: Exception) -> str:
    """Return the first line of a vendor's error, without its source file."""
    return str(error).partition(" : ")[0].strip().splitlines()[0][:200] or type(error).__name__
