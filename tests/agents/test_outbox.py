"""Delivery of results: once by id, whatever the receiver does, and without holding up what puts them."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command, commands
from loopback import hang_up, loopback, say, sleep
from plates import part

from agents.app import Application
from agents.outbox.courier import Couriers
from agents.outbox.outbox import Outbox
from agents.outbox.receivers import Folder, Webhook
from agents.outbox.targets import receiver_of
from agents.settings import Settings
from anomaly_core.errors import ConfigError, StoreError

OK = say(200, {})


def couriers(file: Path, said: list[str], *targets: str) -> Couriers:
    return Couriers(Outbox(file), [receiver_of(one) for one in targets], said.append, first_s=0.05)


def body(number: int) -> str:
    return json.dumps({"id": f"part-{number}"})


def until(found: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.01)


def test_each_is_delivered_once_in_order(tmp_path: Path) -> None:
    said: list[str] = []
    with loopback(OK) as server:
        for _ in range(2):  # another process puts the same again
            with couriers(tmp_path / "out.sqlite", said, server.url, str(tmp_path / "there")) as sent:
                for number in range(5):
                    sent.put(f"part-{number}", body(number))
        assert [one["id"] for one in server.asked] == [f"part-{number}" for number in range(5)]
    files = sorted((tmp_path / "there").iterdir())
    assert [path.name for path in files] == [f"part-{number}.json" for number in range(5)]
    assert json.loads(files[3].read_text()) == {"id": "part-3"}
    assert said == []


@pytest.mark.parametrize("bad", [say(500, {}), say(503, {}), say(429, {}), hang_up])
def test_a_receiver_that_fails_gets_it_later(tmp_path: Path, bad: object) -> None:
    said: list[str] = []
    with loopback(bad, bad, OK) as server, couriers(tmp_path / "out.sqlite", said, server.url) as sent:  # type: ignore[arg-type]
        sent.put("part-0", body(0))
        sent.put("part-1", body(1))
        until(lambda: len(said) == 2)
        until(lambda: len(server.asked) == 4)
    assert [one["id"] for one in server.asked] == ["part-0", "part-0", "part-0", "part-1"]
    assert said[0].startswith("127.0.0.1 takes no results (")
    assert said[1] == "127.0.0.1 takes results again"


def test_a_receiver_that_is_down_gets_all_at_the_next_start(tmp_path: Path) -> None:
    said: list[str] = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with couriers(tmp_path / "out.sqlite", said, f"http://127.0.0.1:{port}/v1") as sent:
        for number in range(3):
            sent.put(f"part-{number}", body(number))
        until(lambda: bool(said))
    assert said[-1] == "3 results for 127.0.0.1 wait; they are sent at the next start"
    with loopback(OK, port=port) as server, couriers(tmp_path / "out.sqlite", said, server.url):
        until(lambda: len(server.asked) == 3)
    assert [one["id"] for one in server.asked] == ["part-0", "part-1", "part-2"]


def test_a_refused_result_holds_up_no_other(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        loopback(say(400, {}), OK) as server,
        couriers(tmp_path / "out.sqlite", said, server.url) as sent,
    ):
        sent.put("part-0", body(0))
        sent.put("part-1", body(1))
        until(lambda: len(server.asked) == 3)
    assert server.asked[0]["id"] == "part-0"
    assert {one["id"] for one in server.asked[1:]} == {"part-0", "part-1"}
    assert said == ["127.0.0.1 refuses result part-0 (status 400); it is sent again later"]


@pytest.mark.slow
def test_a_slow_receiver_holds_up_neither_the_caller_nor_the_others(tmp_path: Path) -> None:
    said: list[str] = []
    with loopback(sleep) as server:
        with couriers(tmp_path / "out.sqlite", said, server.url, str(tmp_path / "there")) as sent:
            started = time.monotonic()
            for number in range(20):
                sent.put(f"part-{number}", body(number))
            until(lambda: len(list((tmp_path / "there").glob("*.json"))) == 20)
            assert time.monotonic() - started < 4.5
        assert len(server.asked) >= 1


def test_what_cannot_be_a_receiver_or_an_outbox_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no host"):
        Webhook("http://")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError, match="file"):
        Folder(tmp_path / "file")
    with pytest.raises(StoreError, match="check the disk"):
        Outbox(tmp_path / "file").put("id", "{}", ["there"])


@pytest.mark.slow
def test_what_is_watched_is_sent_once_though_a_kill_comes_between(tmp_path: Path) -> None:
    with Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(tmp_path / f"good-{seed}.png", seed) for seed in range(4)])
    (tmp_path / "in").mkdir()
    for number in range(4):
        part(tmp_path / f"{number}.png", number)
    with loopback(say(500, {}), OK) as server, commands(tmp_path) as iad:

        def sent() -> set[tuple[str, str]]:
            return {(Path(one["image"]).name, one["id"]) for one in list(server.asked)}

        def start() -> Command:
            return iad.start(
                *("watch", tmp_path / "in", "-p", "plate", "--settle", 0.1, "--json"),
                *("--send", server.url, "--send", tmp_path / "there"),
            )

        for number in range(3):
            shutil.copy(tmp_path / f"{number}.png", tmp_path / "in")
            command = start()
            while not command.out.read_bytes():
                time.sleep(0.01)
            command.send(signal.SIGKILL)
            command.wait()
        shutil.copy(tmp_path / "3.png", tmp_path / "in")
        command = start()
        until(lambda: len(sent()) >= 4)
        until(lambda: len(list((tmp_path / "there").glob("*.json"))) >= 4)
        command.send(signal.SIGINT)
        assert command.wait() == 130
    assert {name for name, _ in sent()} == {f"{number}.png" for number in range(4)}
    assert len(sent()) == 4, "a result had two ids"
    assert {path.stem for path in (tmp_path / "there").glob("*.json")} == {id_ for _, id_ in sent()}
