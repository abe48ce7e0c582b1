"""Where threads are kept: a SQLite file beside the store, or PostgreSQL by URL. Each stays bounded."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.base import id as ids
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from agents import state
from agents.settings import Settings
from anomaly_core.errors import ConfigError, ThreadError
from anomaly_core.extras import install
from tools import records

MOST_THREADS: Final = 1000
"""Threads that a SQLite file keeps, those used last."""
LONGEST_NAME: Final = 200
_REMEDY: Final = (
    "name another place with IAD_CONVERSATIONS, or delete the file: its threads are then forgotten"
)


def state_serializer() -> JsonPlusSerializer:
    """Return a serializer that reads back the records of the state and no other class."""
    kinds = {
        value
        for module in (records, state)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, records.Record)
    }
    allowed = [(kind.__module__, kind.__name__) for kind in sorted(kinds, key=lambda kind: kind.__name__)]
    return JsonPlusSerializer(allowed_msgpack_modules=allowed)


class Threads:
    """A checkpointer and what this program needs of it beyond LangGraph's interface.

    saver: for `build_dialogue`. Close it with `close`.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any], connection: Any, locks: Path | None) -> None:
        self.saver = saver
        self._connection = connection
        self._locks = locks

    @classmethod
    def open(cls, settings: Settings) -> Threads:
        """Open the threads of the settings. Raises ThreadError, and ConfigError where an extra is missing."""
        place = conversations_of(settings)
        return cls._postgres(place) if isinstance(place, str) else cls._sqlite(place)

    @classmethod
    def _sqlite(cls, path: Path) -> Threads:
        with _sqlite_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            # The graph's steps may run in another thread than the one that opened it.
            connection = sqlite3.connect(path, check_same_thread=False, timeout=30.0)
            saver = SqliteSaver(connection, serde=state_serializer())
            saver.setup()
            # In WAL mode this loses no committed step to a kill of the process, and waits for no disk.
            connection.execute("PRAGMA synchronous=NORMAL")
        return cls(saver, connection, path.with_name(path.name + ".locks"))

    @classmethod
    def _postgres(cls, url: str) -> Threads:
        try:
            import psycopg
            from langgraph.checkpoint.postgres import PostgresSaver
            from psycopg.rows import dict_row
        except ImportError as error:
            raise ConfigError(
                f"threads in PostgreSQL need the extra `postgres`: {install('postgres')}"
            ) from error
        try:
            connection = psycopg.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row)
            saver = PostgresSaver(connection, serde=state_serializer())
            saver.setup()
        except psycopg.Error as error:
            told = " ".join(str(error).split()) or type(error).__name__
            raise ThreadError(
                f"the threads' PostgreSQL does not answer ({told}): check IAD_CONVERSATIONS"
            ) from error
        return cls(saver, connection, None)

    @contextmanager
    def held(self, thread: str) -> Iterator[None]:
        """Keep a thread to one process while a question of it is answered. Raises ThreadError."""
        check_thread_name(thread)
        key = hashlib.sha256(thread.encode()).hexdigest()[:24]
        told = f"thread {thread} is in use by another process: try again later"
        if self._locks is None:
            number = int(key[:15], 16)
            taken = self._connection.execute("SELECT pg_try_advisory_lock(%s) AS got", (number,)).fetchone()
            if not taken["got"]:
                raise ThreadError(told)
            try:
                self._go_on_from_newest()
                yield
            finally:
                self._connection.execute("SELECT pg_advisory_unlock(%s)", (number,))
            return
        self._locks.mkdir(exist_ok=True)
        lock = FileLock(self._locks / key, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise ThreadError(told) from error
        try:
            self._go_on_from_newest()
            yield
        finally:
            # While it is held, so that who opens it now sees that it is gone; most threads are used once.
            with suppress(OSError):
                (self._locks / key).unlink()
            lock.release()

    def _go_on_from_newest(self) -> None:
        """Give the next checkpoints ids after all that are kept, be the clock set back since.

        The latest checkpoint of a thread is the one with the greatest id, which LangGraph makes of the time.
        """
        if (newest := max(self._newest().values(), default="")) != "":
            kept, made = ids.UUID(hex=newest).time, ids._last_v6_timestamp or 0
            ids._last_v6_timestamp = max(kept, made)  # type: ignore[assignment]

    def prune(self, thread: str) -> None:
        """Drop all but the latest checkpoint of a thread: a question that is answered needs no other.

        SQLite: the threads longest out of use go too, beyond `MOST_THREADS`.
        """
        if not isinstance(self.saver, SqliteSaver):
            self.saver.prune([thread])
            return
        with self.saver.cursor() as cursor:
            newest = "(SELECT MAX(checkpoint_id) FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = '')"
            for table in ("checkpoints", "writes"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id <> {newest}", (thread, thread)
                )
            # An id is greater than all before it, so a thread's greatest says when it was last used.
            cursor.execute(
                "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC "
                "LIMIT -1 OFFSET ?",
                (MOST_THREADS,),
            )
            for (old,) in cursor.fetchall():
                for table in ("checkpoints", "writes"):
                    cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (old,))

    def names(self) -> list[str]:
        """Return the threads, the one used last first."""
        latest = self._newest()
        return sorted(latest, key=lambda name: latest[name], reverse=True)

    def _newest(self) -> dict[str, str]:
        """Return the id of each thread's latest checkpoint."""
        latest: dict[str, str] = {}
        if isinstance(self.saver, SqliteSaver):
            with self.saver.cursor(transaction=False) as cursor:
                cursor.execute("SELECT thread_id, MAX(checkpoint_id) FROM checkpoints GROUP BY thread_id")
                latest = {str(name): str(newest) for name, newest in cursor.fetchall()}
        else:
            for row in self._connection.execute(
                "SELECT thread_id, MAX(checkpoint_id) AS newest FROM checkpoints GROUP BY thread_id"
            ):
                latest[str(row["thread_id"])] = str(row["newest"])
        return latest

    def forget(self, thread: str) -> None:
        """Delete a thread. Raises ThreadError where there is none."""
        if thread not in self.names():
            raise ThreadError(f"there is no thread {thread}: `iad threads list` names them")
        self.saver.delete_thread(thread)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def conversations_of(settings: Settings) -> Path | str:
    """Return the SQLite file or the PostgreSQL URL where the settings keep threads."""
    given = settings.conversations
    if given is None:
        return settings.store.with_name(f"{settings.store.name}-threads.sqlite")
    return given if re.match(r"postgres(ql)?://", given) else Path(given).expanduser()


def check_thread_name(name: str) -> str:
    """Return a thread's name: 1 to 200 printable characters. Raises ThreadError for any other."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ThreadError(f"{name!r} is no thread's name: use 1 to {LONGEST_NAME} printable characters")
    return name


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise ThreadError(f"{path} cannot hold threads ({error}): {_REMEDY}") from error
