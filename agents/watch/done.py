"""Which images of watched folders are done, in a SQLite file that survives restarts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agents.watch.arrivals import Arrival
from anomaly_core.errors import StoreError
from anomaly_core.files import make_folder

_WAIT_S: Final = 30.0
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS done "
    "(path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL) WITHOUT ROWID"
)


class Done:
    """The images that are done, as they were seen last. Raises StoreError where the file cannot be used."""

    def __init__(self, file: Path) -> None:
        self._file = file
        make_folder(file.parent)
        with self._errors():
            self._connection = sqlite3.connect(file, timeout=_WAIT_S, isolation_level=None)
            self._connection.execute(_SCHEMA)
            rows = self._connection.execute("SELECT path, size, mtime_ns FROM done").fetchall()
        # In memory, since each poll asks for every file.
        self._seen = {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def __enter__(self) -> Done:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __contains__(self, arrival: Arrival) -> bool:
        return self._seen.get(_key(arrival)) == (arrival.size, arrival.mtime_ns)

    def add(self, arrival: Arrival) -> None:
        """Note that an image is done; on disk when this returns."""
        values = (_key(arrival), arrival.size, arrival.mtime_ns)
        with self._errors():
            self._connection.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", values)
        self._seen[values[0]] = values[1:]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"{self._file}, which notes what is done, cannot be used ({error}): check the disk and your "
                "right to it, or remove it; then all images of the folder are inspected again"
            ) from error


def _key(arrival: Arrival) -> bytes:
    # Bytes, since a file's name need not be UTF-8.
    return bytes(arrival.path.absolute())
