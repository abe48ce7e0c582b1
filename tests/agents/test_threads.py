"""Where threads are kept: SQLite beside the store, or PostgreSQL by URL; damage is named with its mend."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.base import id as ids
from langgraph.graph import END, START, StateGraph

from agents.graphs.checkpointers import (
    MOST_THREADS,
    Threads,
    check_thread_name,
    conversations_of,
    state_serializer,
)
from agents.settings import Settings
from agents.state import Turn
from anomaly_core.errors import ConfigError, ThreadError


class Counted(TypedDict, total=False):
    turn: int
    turns: Annotated[list[Turn], lambda left, right: [*left, *right][-2:]]


def graph(threads: Threads) -> Any:
    def step(state: Counted) -> dict[str, Any]:
        turn = state.get("turn", 0) + 1
        kept = Turn(number=turn, image=1, question="?", kind="count", region=None, answer="!")
        return {"turn": turn, "turns": [kept]}

    built = StateGraph(Counted)
    built.add_node("step", step)
    built.add_edge(START, "step")
    built.add_edge("step", END)
    return built.compile(checkpointer=threads.saver)


def checkpoints(threads: Threads, name: str) -> int:
    return len(list(threads.saver.list({"configurable": {"thread_id": name}})))


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL of this test's own."""
    pytest.importorskip("langgraph.checkpoint.postgres", reason="extra postgres is not installed")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no PostgreSQL server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="iad-postgres-"))
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        quiet["user"] = "nobody"
        shutil.chown(folder, "nobody")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    data = folder / "data"
    try:
        subprocess.run(["initdb", "-D", data, "-U", "iad", "-A", "trust"], **quiet)
        subprocess.run(["pg_ctl", "-D", data, "-w", "-o", options, "start"], **quiet)
    except (subprocess.CalledProcessError, PermissionError):
        shutil.rmtree(folder)
        pytest.skip("PostgreSQL does not start here")
    yield f"postgresql://iad@/postgres?host={folder}"
    subprocess.run(["pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def threads(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Threads]:
    url = request.getfixturevalue("postgres") if request.param == "postgres" else None
    opened = Threads.open(Settings(store=tmp_path / "store", conversations=url))
    for name in opened.names():
        opened.forget(name)
    yield opened
    opened.close()


def test_a_thread_goes_on_is_pruned_and_forgotten(threads: Threads) -> None:
    built = graph(threads)
    for name in ("a", "b", "a"):
        built.invoke({}, {"configurable": {"thread_id": name}})
        threads.prune(name)
    assert checkpoints(threads, "a") == 1
    state = built.get_state({"configurable": {"thread_id": "a"}})
    assert state.values["turn"] == 2
    assert [turn.number for turn in state.values["turns"]] == [1, 2]
    assert threads.names() == ["a", "b"]
    threads.forget("a")
    assert threads.names() == ["b"]
    with pytest.raises(ThreadError, match="iad threads list"):
        threads.forget("a")


def test_a_thread_is_held_by_one(threads: Threads, tmp_path: Path) -> None:
    other = Threads(threads.saver, threads._connection, threads._locks)
    if threads._locks is None:
        pytest.skip("PostgreSQL's advisory locks are a session's, and this test has one session")
    with threads.held("a"), other.held("b"), pytest.raises(ThreadError, match="in use"), other.held("a"):
        pass
    with other.held("a"):
        pass


def test_locks_leave_no_files(tmp_path: Path) -> None:
    threads = Threads.open(Settings(store=tmp_path / "store"))
    for number in range(3):
        with threads.held(f"T{number}"):
            assert len(list((tmp_path / "store-threads.sqlite.locks").iterdir())) == 1
    assert not list((tmp_path / "store-threads.sqlite.locks").iterdir())
    threads.close()


def test_the_threads_longest_out_of_use_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_THREADS >= 100
    monkeypatch.setattr("agents.graphs.checkpointers.MOST_THREADS", 3)
    threads = Threads.open(Settings(store=tmp_path / "store"))
    built = graph(threads)
    for name in ("a", "b", "c", "a", "d"):
        built.invoke({}, {"configurable": {"thread_id": name}})
        threads.prune(name)
    assert threads.names() == ["d", "a", "c"]
    threads.close()


def test_the_file_lies_beside_the_store(tmp_path: Path) -> None:
    assert conversations_of(Settings(store=tmp_path / "store")) == tmp_path / "store-threads.sqlite"
    assert conversations_of(Settings(conversations=str(tmp_path / "t.db"))) == tmp_path / "t.db"
    assert conversations_of(Settings(conversations="postgres://h/d")) == "postgres://h/d"


def test_a_file_that_is_no_database_is_named_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "store-threads.sqlite"
    path.write_bytes(b"this is a text " * 99)
    with pytest.raises(ThreadError, match=r"store-threads\.sqlite.*IAD_CONVERSATIONS"):
        Threads.open(Settings(store=tmp_path / "store"))


def test_postgres_that_is_not_there_is_an_error_with_a_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(conversations="postgresql://nobody@/none?host=%2Fnowhere")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match="iad-agent"):
            Threads.open(settings)
    else:
        with pytest.raises(ThreadError, match="IAD_CONVERSATIONS"):
            Threads.open(settings)
        monkeypatch.setitem(__import__("sys").modules, "langgraph.checkpoint.postgres", None)
        with pytest.raises(ConfigError, match=r"iad-agent\[postgres\]"):
            Threads.open(settings)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ThreadError):
        check_thread_name(name)


def test_only_records_of_the_state_are_read_back() -> None:
    serializer = state_serializer()
    turn = Turn(number=1, image=1, question="?", kind="count", region=None, answer="!")
    assert serializer.loads_typed(serializer.dumps_typed(turn)) == turn
    foreign = serializer.dumps_typed(Path("secret"))
    other = serializer.dumps_typed(Settings())
    assert serializer.loads_typed(foreign) == Path("secret")  # langgraph's own list of harmless types
    assert not isinstance(serializer.loads_typed(other), Settings)


def test_a_clock_that_is_set_back_loses_no_turn(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    built, config = graph(threads), {"configurable": {"thread_id": "line"}}
    now = time.time_ns()
    for back in (0, 3600, 7200):
        monkeypatch.setattr(time, "time_ns", lambda back=back: now - back * 10**9)
        monkeypatch.setattr(ids, "_last_v6_timestamp", None)  # as in a process of its own
        with threads.held("line"):
            built.invoke({}, config)
            threads.prune("line")
    assert built.get_state(config).values["turn"] == 3
