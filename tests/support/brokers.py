"""A real MQTT broker on loopback for tests, mosquitto: it can be ended, and goes on where it was."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"


class Mosquitto:
    """A broker that keeps its sessions in a folder. port: on loopback, the same at each start."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("mosquitto", path=SBIN)
        if found is None:
            pytest.skip("mosquitto is not installed: apt-get install mosquitto")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        folder.mkdir()
        self._command = [found, "-c", str(folder / "mosquitto.conf")]
        lines = (
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true", "log_dest none",
            f"persistence_location {folder}/", "max_queued_messages 0", "max_inflight_messages 1",
            "set_tcp_nodelay true", "user root",
        )  # fmt: skip
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it listens."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, connections and all; it writes its sessions first.

        Not by SIGKILL: mosquitto acknowledges before it writes, and a message between the two would be lost.
        """
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def mosquitto(folder: Path) -> Iterator[Mosquitto]:
    """A broker that is not started yet, and is ended in any case."""
    broker = Mosquitto(folder)
    try:
        yield broker
    finally:
        broker.stop()


class Subscriber:
    """A client with a session that the broker keeps; it connects again by itself. heard: topic, payload."""

    def __init__(self, port: int, topic: str) -> None:
        self.heard: list[tuple[str, str]] = []
        self._topic = topic
        self._subscribed = threading.Event()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False
        )
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _, __, message: self.heard.append(
            (message.topic, message.payload.decode())
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(20)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
