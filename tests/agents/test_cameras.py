"""Cameras: Basler's emulated one by pypylon, and a real stream over HTTP by OpenCV."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from plates import part

from agents.app import Application
from agents.cameras import triggers
from agents.cameras.base import CAMERAS, Camera, Frame, open_camera
from agents.cameras.opencv import OpenCVCamera
from agents.cameras.recorder import Recorder
from agents.settings import Settings
from anomaly_core.errors import CameraError, ConfigError
from anomaly_core.imaging.reading import load_image

pytest.importorskip("pypylon", reason="the extra `camera` is not installed")


@pytest.fixture(autouse=True)
def emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLON_CAMEMU", "2")


def features(folder: Path, **values: Any) -> Path:
    """Write a file of a camera's features, as pylon Viewer saves it."""
    from pypylon import pylon

    camera = pylon.InstantCamera(pylon.TlFactory.GetInstance().CreateFirstDevice())
    camera.Open()
    for name, value in values.items():
        getattr(camera, name).Value = value
    pylon.FeaturePersistence.Save(str(folder / "camera.pfs"), camera.GetNodeMap())
    camera.Close()
    return folder / "camera.pfs"


# --- GenICam --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "shape", "dtype", "top"),
    [
        ("Mono8", (64, 96), np.uint8, 255),
        ("Mono12", (64, 96), np.uint16, 4095),
        ("BayerRG12", (64, 96, 3), np.uint8, 255),
        ("RGB8Packed", (64, 96, 3), np.uint8, 255),
        ("BayerRG8", (64, 96, 3), np.uint8, 255),
    ],
)
def test_a_genicam_frame_is_rgb_or_grey_with_the_bits_that_it_has(
    tmp_path: Path, kind: str, shape: tuple[int, ...], dtype: type, top: int
) -> None:
    file = features(tmp_path, PixelFormat=kind, Width=96, Height=64)
    camera = open_camera(f"genicam:0815-0001?features={file}")
    try:
        frame = camera.frame()
        assert (frame.shape, frame.dtype) == (shape, dtype)
        assert top / 2 < frame.max() <= top
        assert camera.name == "genicam:0815-0001"
    finally:
        camera.close()


def test_a_camera_that_cannot_be_opened_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="genicam:4711: no such camera is found: check its cable"):
        open_camera("genicam:4711")
    with pytest.raises(CameraError, match="cannot be opened"):
        open_camera("http://127.0.0.1:9/stream")
    with pytest.raises(ConfigError, match="there is no file"):
        open_camera(f"genicam:?features={tmp_path / 'none.pfs'}")
    for address, told in (
        ("firewire:0", "no such kind of camera; give one that begins with genicam:, http:"),
        ("0", "no such kind of camera"),
        ("usb:", "give the camera's number"),
        ("usb:0?size=large", "size=1920x1080"),
        ("usb:0?width=3", "there is no option 'width'; known: size"),
    ):
        with pytest.raises(ConfigError, match=told):
            open_camera(address)
    with pytest.raises(CameraError, match="usb:97 cannot be opened"):
        open_camera("usb:97")


def test_a_camera_that_was_lost_is_opened_again(tmp_path: Path) -> None:
    camera = open_camera("genicam:")
    camera.close()
    try:
        assert camera.frame().ndim == 2
    finally:
        camera.close()


# --- streams --------------------------------------------------------------------------------------


class Stream:
    """An MJPEG stream over HTTP, whose frames have the grey `level`; it can be cut."""

    def __init__(self) -> None:
        self.level = 20
        self.cut = threading.Event()
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not stream.cut.is_set():
                    _, data = cv2.imencode(".jpg", np.full((48, 64, 3), stream.level, np.uint8))
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    try:
                        self.wfile.write(head.encode() + data.tobytes() + b"\r\n")
                    except OSError:
                        return
                    time.sleep(0.02)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://inspector:secret@127.0.0.1:{self._server.server_port}/stream.mjpg"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.cut.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stream() -> Iterator[Stream]:
    opened = Stream()
    yield opened
    opened.close()


@pytest.mark.slow
def test_a_streams_frame_is_of_after_the_trigger_and_a_cut_one_comes_back(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.cameras.opencv.FRAME_S", 4.0)
    camera = OpenCVCamera(stream.url)
    try:
        assert "secret" not in camera.name
        assert camera.frame().shape == (48, 64, 3)
        time.sleep(0.5)  # a driver that holds frames back would have some of 20 by now
        stream.level = 220
        time.sleep(0.3)
        assert camera.frame().mean() == pytest.approx(220, abs=3)
        stream.cut.set()
        time.sleep(0.3)
        with pytest.raises(CameraError, match="gave no frame for 4 s"):
            camera.frame()
        stream.cut.clear()
        stream.level = 120
        deadline, found = time.monotonic() + 30, None
        while found is None:
            assert time.monotonic() < deadline
            try:
                found = camera.frame()
            except CameraError:
                continue
        assert found.mean() == pytest.approx(120, abs=3)
    finally:
        camera.close()


# --- recording ------------------------------------------------------------------------------------


def recorded(folder: Path, labels: list[str], say: Callable[[str], None] = print) -> list[Path]:
    camera = open_camera("genicam:")
    try:
        recorder = Recorder(camera, folder, labels, say)
        recorder.start()
        while not recorder.ended:
            recorder.wait(1.0)
        recorder.wait(0.0)
    finally:
        camera.close()
    return sorted(folder.iterdir())


def test_a_trigger_gives_an_image_whose_name_is_safe_and_holds_its_label(tmp_path: Path) -> None:
    labels = ["SN 0815/4711", "", "../../etc/passwd", "螺丝 7", "x" * 300, ".hidden", "a\x00b"]
    paths = recorded(tmp_path / "new", labels)
    endings = [path.name.partition("Z")[2] for path in paths]
    assert endings == [
        "-SN-0815-4711.png",
        ".png",
        "-etc-passwd.png",
        "-螺丝-7.png",
        f"-{'x' * 60}.png",
        "-hidden.png",
        "-a-b.png",
    ]
    assert load_image(paths[0]).pixels.shape == (1040, 1024, 3)


def test_a_folder_that_is_gone_ends_the_recording_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    camera = open_camera("genicam:")
    recorder = Recorder(camera, folder, iter(lambda: "", None), print)
    recorder.start()
    try:
        while not list(folder.iterdir()):
            recorder.wait(0.1)
        folder.rename(tmp_path / "away")
        with pytest.raises(ConfigError, match="name another folder"):
            for _ in range(100):
                recorder.wait(0.1)
    finally:
        camera.close()


def test_an_interval_skips_what_it_cannot_keep_up_with() -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        time.sleep(seconds)
        return len(waits) == 6

    started = time.monotonic()
    for number, _ in enumerate(triggers.every(0.1, wait)):
        if number == 1:
            time.sleep(0.35)
    assert 0.7 < time.monotonic() - started < 1.2
    assert waits[2] == 0.0
    assert waits[3] > 0.05


def test_cameras_of_other_packages_have_a_scheme_of_their_own() -> None:
    class Grey:
        name = "grey"

        def frame(self) -> Frame:
            return np.full((32, 32), 128, np.uint8)

        def close(self) -> None:
            pass

    CAMERAS.register("grey", lambda address: Grey())
    camera: Camera = open_camera("grey:1")
    assert camera.frame().mean() == 128


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    """A folder for a store, and images that the emulated camera shows, the second one with a blot."""
    (tmp_path / "shown").mkdir()
    for number in range(3):
        path = part(tmp_path / "shown" / f"{number}.png", 20 + number, blot=number == 1)
        height, width = load_image(path).pixels.shape[:2]
    features(
        tmp_path,
        PixelFormat="RGB8Packed",
        Width=width,
        Height=height,
        TestImageSelector="Off",
        ImageFilename=str(tmp_path / "shown"),
        ImageFileMode="On",
    )
    return tmp_path


def iad(folder: Path, *arguments: object, text: str) -> subprocess.CompletedProcess[str]:
    settings = {"IAD_ENCODER": "tiny", "IAD_TEXT_ENCODER": "tiny", "IAD_STORE": str(folder / "store")}
    return subprocess.run(
        [sys.executable, "-m", "agents", *map(str, arguments)],
        input=text,
        env={**os.environ, **settings, "IAD_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_watch_inspects_a_cameras_image_for_each_line_and_times_each_step(plates: Path) -> None:
    with Application(Settings(store=plates / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(plates / f"good-{seed}.png", seed) for seed in range(4)])
    camera = f"genicam:?features={plates / 'camera.pfs'}"
    watch = ("watch", plates / "in", "-p", "plate", "--camera", camera, "--trigger", "--json")
    done = iad(plates, *watch, text="A1\nA2\nA3\n")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(one["image"]).stem.partition("Z-")[2] for one in found] == ["A1", "A2", "A3"]
    assert sorted(one["decision"] for one in found).count("fail") == 1
    for one in found:
        times = one["timings_ms"]
        assert min(times["capture"], times["write"], times["wait"]) > 0
        assert times["total"] > times["encode"]
    assert "from trigger to decision: " in done.stderr
    assert "genicam:0815-0000 writes into" in done.stderr
    # A restart inspects nothing again.
    assert iad(plates, *watch, text="").stdout == ""


def test_record_only_writes_images_to_enrol(plates: Path) -> None:
    camera = f"genicam:?features={plates / 'camera.pfs'}"
    done = iad(
        plates, "watch", plates / "good", "--camera", camera, "--trigger", "--record-only", text="\n\n"
    )
    assert done.returncode == 0, done.stderr
    assert "2 images in" in done.stderr
    assert len(list((plates / "good").glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--every", 1), "give --camera URL too"),
        (("--record-only",), "give --camera URL too"),
        (("--camera", "genicam:"), "needs either --every S or --trigger"),
        (("--camera", "genicam:", "--every", 1, "--trigger"), "needs either --every S or --trigger"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    tmp_path: Path, options: tuple[Any, ...], told: str
) -> None:
    done = iad(tmp_path, "watch", tmp_path, *options, text="")
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())
