"""Many threads read one store's indexes while a writer enrols, notes, confirms and corrects."""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_core.encoders.fakes import TinyTextEncoder
from knowledge.catalogue.index import DomainIndex
from knowledge.products.corrections import Correction, FeedbackLog, message_of, put_correction
from knowledge.products.examples import Example, ExampleIndex, put_example
from knowledge.products.record import Template
from knowledge.products.templates import TemplateIndex
from knowledge.store.store import Store

READERS, ROUNDS = 8, 5


@pytest.fixture
def eager_switches() -> Iterator[None]:
    """Python changes threads at nearly every step, so that what can go wrong does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def axis(direction: int) -> NDArray[np.float32]:
    return np.eye(24, dtype=np.float32)[direction]


def enroll(index: TemplateIndex, product: str, direction: int) -> None:
    data = [f"{product} {number}".encode() for number in range(3)]
    templates = [Template(hashlib.sha256(d).hexdigest(), "a.png", d, axis(direction)) for d in data]
    index.enroll(product, templates, arrays={"bank": axis(direction)}, meta={}, encoder="tiny")


def correction(number: int) -> Correction:
    return Correction(f"c{number}", f"2026-01-01T00:00:{number:02}", "a.png", "0" * 64, "screw", "good", 0.5,
                      "good")  # fmt: skip


@pytest.mark.usefixtures("eager_switches")
def test_eight_threads_read_while_one_writes(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    made: list[TinyTextEncoder] = []

    def encoder() -> TinyTextEncoder:
        time.sleep(0.05)  # as long as weights take to load: without a lock all readers would load them
        made.append(TinyTextEncoder())
        return made[-1]

    templates, domain = TemplateIndex(store), DomainIndex(store, encoder)
    examples, feedback = ExampleIndex(store), FeedbackLog(store)
    notes = tmp_path / "notes.json"
    notes.write_text('{"screw": {"scratch": "A bright line runs over the head."}}')
    DomainIndex(store, TinyTextEncoder).add([notes])
    enroll(templates, "screw", 0)
    begin, written = threading.Barrier(READERS + 1), threading.Event()

    def write() -> None:
        begin.wait()
        try:
            for number in range(1, ROUNDS + 1):
                enroll(templates, f"part {number}", number)
                enroll(templates, "screw", 0)
                more = tmp_path / f"{number}.md"
                more.write_text(f"# Part {number}\nTurned steel, batch {number}.\n")
                domain.add([more], product=f"part {number}")
                with store.transaction(message_of(correction(number))) as tx:
                    example = Example(f"e{number}", "scratch", "0" * 64, "a.png", (0, 0, 1, 1), "tiny")
                    put_example(tx, "screw", example, axis(number))
                    put_correction(tx, correction(number), b"image", None)
        finally:
            written.set()

    def read() -> int:
        begin.wait()
        rounds, seen = 0, (0, 0, 0, 0)
        while not written.is_set() or not rounds:
            assert templates.find_product(axis(0), encoder="tiny").name == "screw"
            assert [hit.path.read_bytes() for hit in templates.nearest("screw", axis(0), 1)]
            np.testing.assert_array_equal(templates.load("screw")[0]["bank"], axis(0))
            hits = domain.search("a bright line over the head", product="screw")
            assert hits[0].passage.id == "screw/scratch#1"
            assert hits[0].dense
            assert domain.product_of("what does a scratch on the screw look like?").name == "screw"
            near = examples.nearest("screw", axis(1), encoder="tiny")
            assert not near or near[0].example.id == "e1"
            now = (
                store.snapshot().version,
                len(templates.products()),
                len(examples.examples("screw")),
                len(feedback.corrections("screw")),
            )
            assert all(new >= old for new, old in zip(now, seen, strict=True)), "a thread went back in time"
            rounds, seen = rounds + 1, now
        return rounds

    with ThreadPoolExecutor(READERS + 1) as pool:
        writer, readers = pool.submit(write), [pool.submit(read) for _ in range(READERS)]
        assert all(reader.result(timeout=120) > 0 for reader in readers)
        writer.result(timeout=120)
    assert len(made) == 1
    assert len(templates.products()) == 1 + ROUNDS
    assert len(feedback.corrections()) == ROUNDS
