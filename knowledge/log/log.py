"""The log: appending in one transaction, verification of the chain, and a connection to read figures with."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anomaly_core.errors import ConfigError, StoreDamaged
from knowledge.log.database import log_errors, open_for_reading, open_for_writing
from knowledge.log.entry import COLUMNS, GENESIS, Entry, chained

T = TypeVar("T")
_INSERT = (
    f"INSERT INTO rows (number, {', '.join(COLUMNS)}, previous, hash) "
    f"VALUES ({', '.join('?' * (len(COLUMNS) + 3))}) ON CONFLICT (uid) DO NOTHING"
)


@dataclass(frozen=True)
class Checked:
    """A whole log. hash: of its last row; who noted it elsewhere can tell that no earlier row has changed."""

    rows: int
    hash: str


class InspectionLog:
    """The log in one file, which is made at the first row. Thread-safe; several processes may append."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._writing: sqlite3.Connection | None = None

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append entries in one transaction, on disk when this returns; return their rows' numbers.

        An entry whose uid is in the log is not written again. Raises StoreError, StoreTooNew, StoreDamaged,
        StoreBusy; then none of them is written.
        """
        with self._lock:
            if self._writing is None:
                self._writing = open_for_writing(self.path)
            connection = self._writing
            with log_errors(self.path):
                connection.execute("BEGIN IMMEDIATE")
                try:
                    numbers = _appended(connection, entries)
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        return numbers

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a query finds in one state of the log. Raises as `append` does."""
        with self._lock:
            connection = open_for_reading(self.path) if self._writing is None else self._writing
            try:
                with log_errors(self.path):
                    connection.execute("BEGIN")
                    try:
                        return query(connection)
                    finally:
                        connection.execute("ROLLBACK")
            finally:
                if connection is not self._writing:
                    connection.close()

    def verify(self) -> Checked:
        """Check every row's hash and the chain. Raises StoreDamaged, naming the first wrong row."""
        return self.read(self._verified)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._writing is not None:
                self._writing.close()
                self._writing = None

    def _verified(self, connection: sqlite3.Connection) -> Checked:
        count, last = connection.execute("SELECT count, hash FROM head").fetchone()
        expected, previous = 0, GENESIS
        rows = connection.execute(
            f"SELECT number, previous, hash, {', '.join(COLUMNS)} FROM rows ORDER BY number"
        )
        for number, before, own, *values in rows:
            expected += 1
            if number != expected:
                raise self._damaged(expected, "is missing")
            if before != previous:
                raise self._damaged(number, "does not follow the row before it")
            if own != chained(before, number, values):
                raise self._damaged(number, "was changed after it was written")
            previous = own
        if expected < count:
            raise self._damaged(expected + 1, "is missing")
        if previous != last or expected > count:
            raise self._damaged(expected, "was not written by this program")
        return Checked(expected, previous)

    def _damaged(self, number: int, what: str) -> StoreDamaged:
        return StoreDamaged(f"{self.path}: row {number} {what}: compare the log with a backup")


def require_log(log: InspectionLog | None) -> InspectionLog:
    """Return the log. Raises ConfigError where none is kept."""
    if log is None:
        raise ConfigError("no log is kept: unset IAD_LOG, or the setting log, to keep one")
    return log


def _appended(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[int]:
    count, previous = connection.execute("SELECT count, hash FROM head").fetchone()
    numbers = []
    for entry in entries:
        values = entry.values()
        own = chained(previous, count + 1, values)
        if connection.execute(_INSERT, (count + 1, *values, previous, own)).rowcount:
            count, previous = count + 1, own
            numbers.append(count)
        else:
            known = connection.execute("SELECT number FROM rows WHERE uid = ?", (entry.uid,)).fetchone()
            numbers.append(known[0])
    connection.execute("UPDATE head SET count = ?, hash = ?", (count, previous))
    return numbers
