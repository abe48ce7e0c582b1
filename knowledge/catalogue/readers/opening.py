"""The bytes and the text of a file of notes, with the errors that name file and remedy."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from anomaly_core.errors import KnowledgeError

MOST_BYTES: Final = 64 * 2**20
"""Largest file that is read."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises KnowledgeError where it cannot be read, is empty, or too large."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise KnowledgeError(
                f"{path}: {size >> 20} MB, more than the {MOST_BYTES >> 20} MB that are read; give the part "
                "that holds the catalogue"
            )
        data = path.read_bytes()
    except OSError as error:
        raise KnowledgeError(f"{path}: {error.strerror}; give a file that can be read") from error
    if not data:
        raise KnowledgeError(f"{path}: is empty; give a file with text")
    return data


def read_text(path: Path) -> str:
    """Return a file's text, UTF-8 or marked UTF-16. Raises KnowledgeError, naming the line."""
    data = read_bytes(path)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        # As a text file is opened: the line ends of any system become one.
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise KnowledgeError(f"{path}, line {line}: not UTF-8; save it as UTF-8") from error


def read_table_text(path: Path) -> str:
    """Return the text of a table, also in cp1252, in which spreadsheet programs of the West export.

    Raises KnowledgeError.
    """
    data = read_bytes(path)
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return read_text(path)
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise KnowledgeError(f"{path}: neither UTF-8 nor cp1252; save it as UTF-8") from error
    return read_text(path)
