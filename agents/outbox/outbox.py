"""The outbox: messages in a SQLite file, each kept for each of its receivers until that has taken it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anomaly_core.errors import StoreError
from anomaly_core.files import make_folder

_WAIT_S: Final = 30.0
# A delivered message keeps its id, so that it is not sent again, and loses its body.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, receiver TEXT NOT NULL, body TEXT,
    refusals INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, UNIQUE (id, receiver)
);
CREATE INDEX IF NOT EXISTS undelivered ON messages (receiver, number) WHERE body IS NOT NULL;
"""


@dataclass(frozen=True)
class Message:
    """A message for one receiver. body: JSON. refusals: how often it was refused."""

    number: int
    id: str
    body: str
    refusals: int


class Outbox:
    """The messages of one file. Thread-safe. Raises StoreError where the file cannot be used."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        make_folder(file.parent)
        with self._using():
            self._connection = sqlite3.connect(
                file, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def put(self, id_: str, body: str, receivers: Sequence[str]) -> None:
        """Add a message for each receiver, on disk when this returns; one whose id it had is left out.

        After a kill in between, put it again.
        """
        rows = [(id_, receiver, body) for receiver in receivers]
        with self._using():
            self._connection.executemany(
                "INSERT OR IGNORE INTO messages (id, receiver, body) VALUES (?, ?, ?)", rows
            )

    def next(self, receiver: str, now: float) -> Message | None:
        """Return a receiver's oldest message that is due. now: seconds since the epoch."""
        with self._using():
            row = self._connection.execute(
                "SELECT number, id, body, refusals FROM messages "
                "WHERE receiver = ? AND body IS NOT NULL AND due <= ? ORDER BY number LIMIT 1",
                (receiver, now),
            ).fetchone()
        return None if row is None else Message(*row)

    def delivered(self, message: Message) -> None:
        """Note that its receiver has taken a message."""
        with self._using():
            self._connection.execute("UPDATE messages SET body = NULL WHERE number = ?", (message.number,))

    def postpone(self, message: Message, due: float) -> None:
        """Keep a message that was refused until a time, in seconds since the epoch."""
        with self._using():
            self._connection.execute(
                "UPDATE messages SET refusals = refusals + 1, due = ? WHERE number = ?", (due, message.number)
            )

    def waiting(self, receiver: str) -> int:
        """Return how many messages a receiver has not taken."""
        with self._using():
            (count,) = self._connection.execute(
                "SELECT COUNT(*) FROM messages WHERE receiver = ? AND body IS NOT NULL", (receiver,)
            ).fetchone()
        return int(count)

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise StoreError(
                    f"{self._file}, which keeps what is to be sent, cannot be used ({error}): check the disk "
                    "and your right to it, or remove it; then what waits in it is not sent"
                ) from error
