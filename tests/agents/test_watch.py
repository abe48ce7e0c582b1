"""`iad watch`: each image that appears is inspected once, whole, whatever is killed and restarted between."""

from __future__ import annotations

import json
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Command, Commands, commands
from plates import part

from agents.app import Application
from agents.settings import Settings
from agents.watch.arrivals import Arrival, Arrivals
from agents.watch.run import watch
from anomaly_core.errors import ConfigError
from knowledge.log.figures import Filter, rows
from knowledge.log.log import InspectionLog

SETTLE_S = 0.3


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with a store, an empty folder `in`, and images that a camera will write there."""
    with Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")) as app:
        app.enroll("plate", [part(tmp_path / f"good-{seed}.png", seed) for seed in range(4)])
    (tmp_path / "in").mkdir()
    (tmp_path / "camera").mkdir()
    for number in range(12):
        part(tmp_path / "camera" / f"{number:02}.png", number, blot=number % 5 == 0)
    return tmp_path


@pytest.fixture
def iad(made: Path) -> Iterator[Commands]:
    with commands(made) as found:
        yield found


def logged(made: Path) -> list[dict[str, Any]]:
    log = InspectionLog(made / "store-log.sqlite")
    log.verify()
    return log.read(lambda held: list(rows(held, Filter(), "first")))


def until(found: Any, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)


def written_slowly(source: Path, target: Path, pieces: int, pause_s: float) -> None:
    data = source.read_bytes()
    step = len(data) // pieces + 1
    with target.open("wb") as file:
        for start in range(0, len(data), step):
            file.write(data[start : start + step])
            file.flush()
            time.sleep(pause_s)


def start(iad: Commands, made: Path) -> Command:
    return iad.start("watch", made / "in", "-p", "plate", "--json", "--settle", SETTLE_S)


def printed(command: Command) -> list[dict[str, Any]]:
    lines = command.out.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_copied_slowly_moved_or_replaced_each_is_inspected_once_and_whole(iad: Commands, made: Path) -> None:
    camera, folder = made / "camera", made / "in"
    shutil.copy(camera / "00.png", folder / "before.png")
    command = start(iad, made)
    until(lambda: "watching" in command.err.read_text())
    # Pauses as long as a file takes to settle: half a file looks done, and cannot be read.
    slow = threading.Thread(
        target=written_slowly, args=(camera / "01.png", folder / "slow.png", 4, 1.5 * SETTLE_S)
    )
    slow.start()
    (folder / "line 1").mkdir()
    (camera / "02.png").rename(folder / "line 1" / "moved.png")
    shutil.copy2(camera / "03.png", folder / ".hidden.png")
    (folder / "note.txt").write_text("no image")
    (folder / "torn.png").write_bytes((camera / "04.png").read_bytes()[:900])
    slow.join()
    until(lambda: len(printed(command)) == 4)
    shutil.copy(camera / "05.png", folder / "before.png")
    until(lambda: len(printed(command)) == 5)
    time.sleep(4 * SETTLE_S)
    command.send(signal.SIGINT)
    assert command.wait() == 130
    said = command.err.read_text()
    assert "interrupted: 5 images were inspected: " in said
    assert " 1 error; the same command goes on" in said
    names = Counter(Path(one["image"]).name for one in printed(command))
    assert names == {"before.png": 2, "slow.png": 1, "moved.png": 1, "torn.png": 1}
    errors = [one for one in printed(command) if "error" in one]
    assert [(Path(one["image"]).name, one["error"]["kind"]) for one in errors] == [
        ("torn.png", "UnreadableImage")
    ]
    assert Counter(row["name"] for row in logged(made)) == names - Counter({"torn.png": 1})
    replaced = [row["decision"] for row in logged(made) if row["name"] == "before.png"]
    assert replaced == ["fail", "fail"]
    # Nothing is left for the next one.
    command = start(iad, made)
    time.sleep(8 * SETTLE_S)
    command.send(signal.SIGINT)
    assert command.wait() == 130
    assert printed(command) == []


@pytest.mark.slow
def test_killed_and_restarted_each_image_is_inspected_once(iad: Commands, made: Path) -> None:
    moments, lines = random.Random(0), Counter[str]()
    waiting = sorted((made / "camera").iterdir())
    names = {path.name for path in waiting}

    def ended(command: Command) -> None:
        lines.update(Path(one["image"]).name for one in printed(command))

    for _ in range(6):
        command = start(iad, made)
        for _ in range(2):
            time.sleep(moments.uniform(0, 1.0))
            path = waiting.pop()
            written_slowly(path, made / "in" / path.name, 3, 0.02)
        time.sleep(moments.uniform(0, 1.5))
        command.send(signal.SIGKILL)
        assert command.wait() == -signal.SIGKILL
        ended(command)
    command = start(iad, made)
    until(lambda: {row["name"] for row in logged(made)} == names)
    time.sleep(4 * SETTLE_S)
    command.send(signal.SIGINT)
    assert command.wait() == 130
    ended(command)
    assert Counter(row["name"] for row in logged(made)) == Counter(names)
    # What is printed cannot be part of a transaction: a kill right after it prints a line again.
    assert set(lines) == names


def test_a_killed_line_is_printed_again_and_logged_once(made: Path) -> None:
    shutil.copy(made / "camera" / "00.png", made / "in")
    for _ in range(2):
        settings = Settings(store=made / "store", encoder="tiny", text_encoder="tiny", threads=1)
        with Application(settings) as app:
            found = watch(app, made / "in", product="plate", settle_s=0.05, say=print)
            assert next(found)[1].image.endswith("00.png")
            found.close()  # type: ignore[attr-defined]
    assert [row["name"] for row in logged(made)] == ["00.png"]


def test_the_oldest_first_and_only_when_settled(tmp_path: Path) -> None:
    done: set[Arrival] = set()
    arrivals = Arrivals(tmp_path, 0.2, done.__contains__)
    for number in (2, 1):
        part(tmp_path / f"{number}.png", number)
        time.sleep(0.02)
    assert arrivals.poll() == []
    with (tmp_path / "1.png").open("ab") as file:
        file.write(b"more")
    time.sleep(0.25)
    assert [one.path.name for one in arrivals.poll()] == ["2.png"]
    time.sleep(0.25)
    ready = arrivals.poll()
    assert [one.path.name for one in ready] == ["2.png", "1.png"]
    done.add(ready[0])
    arrivals.postpone(ready[1])
    assert arrivals.poll() == []
    assert arrivals.waited_s(ready[1]) >= 0.2
    (tmp_path / "1.png").unlink()
    time.sleep(0.25)
    assert arrivals.poll() == []


def test_a_folder_that_is_away_comes_back(made: Path) -> None:
    said: list[str] = []
    settings = Settings(store=made / "store", encoder="tiny", text_encoder="tiny", threads=1)

    def say(text: str) -> None:
        said.append(text)
        (made / "away").rename(made / "in")

    with Application(settings) as app:
        found = watch(app, made / "in", product="plate", settle_s=0.05, say=say)
        shutil.copy(made / "camera" / "00.png", made / "in")
        next(found)
        shutil.copy(made / "camera" / "01.png", made / "in")
        (made / "in").rename(made / "away")
        assert next(found)[1].image.endswith("01.png")
        found.close()  # type: ignore[attr-defined]
        assert len(said) == 1
        with pytest.raises(ConfigError, match="no such folder"):
            next(watch(app, made / "nowhere", say=say))
