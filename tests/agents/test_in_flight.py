"""Calls in flight: order, limit, errors, and the same records as one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.app import Application
from agents.in_flight import in_flight
from agents.settings import Settings
from tools.records import FailureRecord


def test_order_is_kept() -> None:
    def call(number: int) -> int:
        time.sleep(0.02 * (number % 3 == 0))
        return number * number

    assert list(in_flight(call, range(12), 4)) == [n * n for n in range(12)]


def test_as_many_as_allowed_and_no_more() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    list(in_flight(call, range(20), 5))
    assert most == 5


def test_arguments_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def arguments() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_flight(abs, arguments(), 3)
    assert [next(results), next(results)] == [0, 1]
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 5


def test_an_error_comes_in_its_turn() -> None:
    def call(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    results = in_flight(call, range(6), 3)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_records_are_those_of_one_at_a_time(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for folder, count in (("good", 4), ("new", 10)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            pixels = draw.integers(100, 120, (64, 64, 3)).astype(np.uint8)
            if folder == "new" and number % 2:
                pixels[20:40, 20:40] = 250
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    (tmp_path / "new" / "5.png").write_bytes(b"no image")
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny")
    app = Application(settings)
    app.enroll("part", sorted((tmp_path / "good").iterdir()))
    paths = sorted((tmp_path / "new").iterdir())
    alone = list(app.inspect(paths, product="part"))
    several = Application(settings.model_copy(update={"in_flight": 8}))
    together = list(several.inspect(paths, product="part"))
    assert [type(record) for record in together] == [type(record) for record in alone]
    assert sum(isinstance(record, FailureRecord) for record in together) == 1
    drop = {"timings_ms"}
    assert [r.model_dump(exclude=drop) for r in together] == [r.model_dump(exclude=drop) for r in alone]
