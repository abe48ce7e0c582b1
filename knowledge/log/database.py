"""The log's SQLite file: its schema, its opening, and SQLite's errors as StoreErrors with a remedy."""

from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from anomaly_core.errors import StoreBusy, StoreDamaged, StoreError, StoreTooNew
from anomaly_core.files import disk_errors
from knowledge.log.entry import COLUMNS, GENESIS, RECORDING

FORMAT: Final = 4
"""Version of the schema, in the file's user_version."""
APPLICATION: Final = 0x6961646C
"""The file's application_id: "iadl"."""
WAIT_S: Final = 30.0
"""How long a writer waits for another process's transaction."""

CACHE_KIB: Final = 16 * 1024
"""Memory for pages, so that a large batch does not write each index page many times.

Twice as much wrote no less in 40,000 rows, one a transaction, and was most of what a batch's memory grew by.
"""

_TYPES: Final = {"p_value": "REAL NOT NULL", "alpha": "REAL", "review": "REAL", "uid": "TEXT NOT NULL UNIQUE"}
_OPTIONAL: Final = frozenset({"decision", "type", "lot", "station", "operator", "correction", "verdict"})
_COLUMNS: Final = ", ".join(
    f"{name} {_TYPES.get(name, 'TEXT' if name in _OPTIONAL else 'TEXT NOT NULL')}"
    for name in COLUMNS
    if name not in RECORDING
)
# What a log of the first version lacks. `repeated`: which images were inspected more than once, so that
# counting each part once does not group all rows.
_SECOND: Final = """
CREATE TABLE repeated (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO repeated SELECT sha256 FROM rows WHERE kind = 'inspection' GROUP BY sha256 HAVING COUNT(*) > 1;
CREATE TRIGGER note_repeated AFTER INSERT ON rows
WHEN NEW.kind = 'inspection' AND NEW.sha256 NOT IN (SELECT sha256 FROM repeated) AND EXISTS
(SELECT 1 FROM rows WHERE sha256 = NEW.sha256 AND kind = 'inspection' AND number < NEW.number)
BEGIN INSERT INTO repeated VALUES (NEW.sha256); END;
"""
# What a log of the second version lacks: images, stations and operators are asked for by name.
_THIRD: Final = """
CREATE INDEX by_name ON rows (name COLLATE NOCASE) WHERE kind = 'inspection';
CREATE INDEX by_station ON rows (station, at, decision, product, type, lot) WHERE kind = 'inspection';
CREATE INDEX by_operator ON rows (operator, at, decision, product, type, lot) WHERE kind = 'inspection';
"""
# What a log of the third version lacks: how the images were recorded. `by_level`: what drift reads; it holds
# `kind` too, since SQLite before 3.41 looks into the rows for it.
_FOURTH: Final = f"""
{"".join(f"ALTER TABLE rows ADD COLUMN {name} REAL;" for name in RECORDING)}
DROP INDEX IF EXISTS by_level;
CREATE INDEX by_level ON rows
(product, station, at, number, p_value, alpha, decision, {", ".join(RECORDING)}, kind)
WHERE kind = 'inspection';
PRAGMA user_version = {FORMAT};
"""
_LATER: Final = (_SECOND, _THIRD, _FOURTH)
# The hash covers each row, the triggers stop an honest mistake, and `head` finds rows cut off at the end.
# The indexes hold all that a figure needs, so that none reads the wide rows.
SCHEMA: Final = f"""
CREATE TABLE rows (number INTEGER PRIMARY KEY, {_COLUMNS}, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash TEXT NOT NULL);
INSERT INTO head VALUES (1, 0, '{GENESIS}');
CREATE TRIGGER no_update BEFORE UPDATE ON rows BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON rows BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE INDEX by_time ON rows (at, decision, product, type, lot) WHERE kind = 'inspection';
CREATE INDEX by_product ON rows (product, at, decision, type, lot) WHERE kind = 'inspection';
CREATE INDEX by_lot ON rows (lot, at, decision, product, type) WHERE kind = 'inspection';
CREATE INDEX by_type ON rows (type, decision, at, product, lot) WHERE kind = 'inspection';
CREATE INDEX by_p_value ON rows (p_value, at, decision, product, type, lot) WHERE kind = 'inspection';
CREATE INDEX by_image ON rows (sha256, at);
CREATE INDEX by_correction ON rows (at) WHERE kind <> 'inspection';
{"".join(_LATER)}
PRAGMA application_id = {APPLICATION};
"""

_ERRNO: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
_disk_errors: Final = partial(
    disk_errors, error=StoreError, elsewhere="name another file for the log with IAD_LOG"
)


@contextmanager
def log_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the disk's errors into StoreErrors that name the file and the remedy."""
    with _disk_errors(path):
        try:
            yield
        except sqlite3.Error as error:
            # The low byte is the error, the rest a detail of it.
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_BUSY:
                raise StoreBusy(f"{path} is being written by another process: try again later") from error
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise StoreDamaged(
                    f"{path} is no log, or a damaged one ({error}): restore it from a backup, or name "
                    "another file for the log with IAD_LOG"
                ) from error
            raise OSError(_ERRNO.get(code, errno.EIO), str(error)) from error


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or make a log. Raises StoreError, StoreTooNew, StoreDamaged, StoreBusy."""
    with log_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connected(str(path))
        try:
            if _is_new(connection, path):
                _make(connection, SCHEMA)
            _upgrade(connection)
            # A row that was acknowledged also survives a loss of power.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a log to read; an empty one where there is none yet. Raises as `open_for_writing` does."""
    with log_errors(path):
        if not path.exists():
            connection = _connected(":memory:")
            connection.executescript(SCHEMA)
            return connection
        address = f"file:{quote(str(path.absolute()))}"
        connection = _connected(f"{address}?mode=rw")
        try:
            try:
                _is_new(connection, path)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                    raise
                # On a medium that cannot be written, nobody else writes either.
                connection.close()
                connection = _connected(f"{address}?immutable=1")
                _is_new(connection, path)
            _upgrade(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _connected(address: str) -> sqlite3.Connection:
    # Servers read and write from several threads; a lock keeps them apart.
    connection = sqlite3.connect(
        address,
        uri=address.startswith("file:"),
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    # Figures are also read where the disk is full.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _make(connection: sqlite3.Connection, schema: str) -> None:
    """Make the schema, or what an earlier version lacks of it, unless another process was quicker."""
    deadline = time.monotonic() + WAIT_S
    # SQLite does not wait by itself where two processes change the journal at once.
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE;{schema}COMMIT;")
            return
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if _version(connection) == FORMAT:
                return
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _upgrade(connection: sqlite3.Connection) -> None:
    """Bring a log of an earlier version to this one; its rows stay as they are."""
    version = _version(connection)
    if 0 < version < FORMAT:
        _make(connection, "".join(_LATER[version - 1 :]))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether a file is empty. Raises StoreTooNew, and StoreDamaged for a file of something else."""
    version = _version(connection)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if application == APPLICATION and version > FORMAT:
        raise StoreTooNew(
            f"{path} was written by a newer version of this program (log format {version}, this one reads "
            f"{FORMAT}): update it, or name another file for the log with IAD_LOG"
        )
    if tables and application != APPLICATION:
        raise StoreDamaged(
            f"{path} is a database of something else: name another file for the log with IAD_LOG"
        )
    return not tables
