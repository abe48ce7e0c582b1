"""The store: what was acknowledged stays, what was not leaves no trace."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_core.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, StoreTooNew
from knowledge.store.manifest import check_key
from knowledge.store.store import Store

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from knowledge.store.store import Store
store = Store.open(Path(sys.argv[1]), create=True)
name, count = sys.argv[2], int(sys.argv[3])
for i in range(count):
    with store.transaction(f"{name} {i}") as tx:
        tx.put(f"{name}/{i}", f"{name} {i} ".encode() * 2000)
        tx.put("last", f"{name} {i}".encode())
    print(tx.version, name, i, flush=True)
"""


def start_writer(root: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def put(store: Store, **values: bytes) -> int:
    with store.transaction("put") as tx:
        for key, data in values.items():
            tx.put(key, data)
    return tx.version


def test_what_is_put_is_read_back_by_another_opening(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    assert store.snapshot().version == 0
    assert put(store, a=b"1", b=b"2") == 1
    snapshot = Store.open(tmp_path / "store").snapshot()
    assert snapshot.keys() == ["a", "b"]
    assert snapshot.read("a") == b"1"
    assert snapshot.path("b").read_bytes() == b"2"
    with pytest.raises(KeyError):
        snapshot.read("c")


def test_a_snapshot_does_not_change_under_its_reader(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    put(store, a=b"old")
    before = store.snapshot()
    with store.transaction("change") as tx:
        tx.put("a", b"new")
        tx.put("b", b"more")
        assert tx.read("a") == b"new"
        tx.delete("b")
        assert tx.keys() == ["a"]
        with pytest.raises(KeyError):
            tx.read("b")
        with pytest.raises(KeyError):
            tx.delete("b")
    assert before.read("a") == b"old"
    assert store.snapshot().read("a") == b"new"


def test_an_exception_leaves_the_old_version(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    put(store, a=b"1")
    with pytest.raises(RuntimeError), store.transaction("fails") as tx:
        tx.put("a", b"2")
        raise RuntimeError("stop")
    assert store.snapshot().version == 1
    assert store.snapshot().read("a") == b"1"
    assert put(store) == 1, "a transaction without changes makes no version"


def test_opening_says_what_is_wrong_and_the_mend(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match=r"nowhere.*iad enroll PRODUCT PATH"):
        Store.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"x")
    for create in (False, True):
        with pytest.raises(StoreError, match=r"photos.*--store DIR"):
            Store.open(tmp_path / "photos", create=create)
    with pytest.raises(StoreError, match=r"a.png is a file"):
        Store.open(tmp_path / "photos" / "a.png", create=True)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path, create=True)
    current = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**current, "schema": 99}))
    with pytest.raises(StoreTooNew, match=r"CURRENT has schema 99.*update the program"):
        Store.open(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": 1}', b'{"schema": "1"}'])
@pytest.mark.parametrize("name", ["CURRENT", "manifests/1.json"])
def test_a_damaged_version_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    put(Store.open(tmp_path, create=True), a=b"1")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(StoreDamaged, match=f"{name}.*backup"):
        Store.open(tmp_path)


def test_a_lost_current_is_damage_not_an_empty_store(tmp_path: Path) -> None:
    put(Store.open(tmp_path, create=True), a=b"1")
    (tmp_path / "CURRENT").unlink()
    with pytest.raises(StoreDamaged, match=r"CURRENT is missing"):
        Store.open(tmp_path, create=True)


def test_damaged_content_names_key_file_and_mend_and_putting_it_again_mends(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    put(store, a=b"content")
    path = store.snapshot().path("a")
    time.sleep(0.01)
    path.write_bytes(b"contenT")
    for read in (store.snapshot().read, store.snapshot().path):
        with pytest.raises(StoreDamaged) as caught:
            read("a")
        assert str(path) in str(caught.value)
        assert "key a" in str(caught.value)
        assert "iad enroll" in str(caught.value)
    path.unlink()
    with pytest.raises(StoreDamaged, match="is missing"):
        store.snapshot().read("a")
    path.write_bytes(b"contenT")
    put(store, a=b"content", b=b"")
    assert store.snapshot().read("a") == b"content"
    assert store.snapshot().path("a").read_bytes() == b"content"


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "../a", "a/../b", "a/./b", "a//b", "a\nb", "a\x00", "a\\b", "x" * 513]
)
def test_keys_that_leave_the_store_are_refused(tmp_path: Path, key: str) -> None:
    store = Store.open(tmp_path, create=True)
    with pytest.raises(StoreError, match="is no key"), store.transaction("bad key") as tx:
        tx.put(key, b"")
    assert store.snapshot().version == 0


@given(st.text())
def test_a_key_is_either_refused_or_kept_as_it_is(key: str) -> None:
    try:
        assert check_key(key) == key
    except StoreError:
        return
    assert not key.startswith("/")
    assert ".." not in key.split("/")


def test_a_second_writer_waits_then_is_told(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    impatient = Store.open(tmp_path, lock_timeout_s=0.1)
    with store.transaction("long"):
        outcome: list[Exception] = []

        def write() -> None:
            try:
                put(impatient, a=b"1")
            except StoreBusy as error:
                outcome.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert "lock" in str(outcome[0])
        assert Store.open(tmp_path).snapshot().version == 0, "a reader needs no lock"
    assert put(impatient, a=b"1") == 1


def test_history_names_every_version_and_refuses_a_changed_one(tmp_path: Path) -> None:
    store = Store.open(tmp_path, create=True)
    put(store, a=b"1")
    put(store, a=b"2", b=b"3")
    assert [old.version for old in store.history()] == [2, 1, 0]
    assert [old.manifest.message for old in store.history()] == ["put", "put", "begin"]
    assert store.history()[1].read("a") == b"1"
    old = tmp_path / "manifests" / "1.json"
    old.write_text(old.read_text().replace('"a"', '"z"'))
    with pytest.raises(StoreDamaged, match=r"1\.json does not match"):
        store.history()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_any_sync_leaves_the_last_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    sync = os.fsync
    left = 1000

    def failing(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(code, os.strerror(code))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    twin = Store.open(tmp_path / "twin", create=True)
    put(twin, a=b"1")
    left = 1000
    put(twin, a=b"2", b=b"3")
    needed = 1000 - left
    assert needed > 5
    # The very last sync comes after the new version is in force, so it is left out.
    for allowed in range(needed - 1):
        left = 1000
        root = tmp_path / str(allowed)
        store = Store.open(root, create=True)
        put(store, a=b"1")
        left = allowed
        with pytest.raises(StoreError, match="--store DIR"):
            put(store, a=b"2", b=b"3")
        left = 1000
        again = Store.open(root)
        assert again.snapshot().version == 1
        assert again.snapshot().read("a") == b"1"
        assert again.snapshot().keys() == ["a"]
        assert list((root / "scratch").iterdir()) == []


def test_files_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        put(Store.open(tmp_path / "s", create=True), a=b"1")
    finally:
        os.umask(old)
    for path in (tmp_path / "s").rglob("*"):
        if path.is_file() and path.name != "lock":
            assert path.stat().st_mode & 0o777 == 0o640, path


@pytest.mark.slow
def test_a_kill_at_any_moment_keeps_every_acknowledged_version(tmp_path: Path) -> None:
    chance = random.Random(0)
    for round_ in range(25):
        root = tmp_path / str(round_)
        writer = start_writer(root, "w", 10_000)
        assert writer.stdout is not None
        first = writer.stdout.readline() if round_ else ""
        # Round 0 kills during start; the others while writing.
        time.sleep(chance.uniform(0.0, 0.12))
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate()
        acknowledged = [
            line.split() for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")
        ]
        store = Store.open(root, create=True)
        versions = {old.version: old for old in store.history()}
        for version, name, i in acknowledged:
            assert f"{name}/{i}" in versions[int(version)].manifest.entries
        snapshot = store.snapshot()
        assert snapshot.version - len(acknowledged) in (0, 1), "at most the one not yet acknowledged"
        for key in snapshot.keys(""):
            snapshot.read(key)
        assert put(store, after=b"x") == snapshot.version + 1
        assert list((root / "scratch").iterdir()) == []


def test_two_processes_writing_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [start_writer(tmp_path / "s", name, 15) for name in ("one", "two")]
    lines = [line.split() for writer in writers for line in writer.communicate(timeout=60)[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(int(version) for version, _, _ in lines) == list(range(1, 31))
    snapshot = Store.open(tmp_path / "s").snapshot()
    for _, name, i in lines:
        assert snapshot.read(f"{name}/{i}") == f"{name} {i} ".encode() * 2000
