"""Manifest of one version of a store: the content of each key."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomaly_core.errors import StoreDamaged, StoreError, StoreTooNew

SCHEMA = 1
_LONGEST_KEY = 512
RESTORE = "restore it from a backup, or move the folder away and enrol again: iad enroll PRODUCT PATH..."


Content = bytes | Callable[[], bytes]
"""Bytes, or a function that returns them."""


def content_of(content: Content) -> bytes:
    """Return the bytes."""
    return content() if callable(content) else content


@dataclass(frozen=True)
class Entry:
    """Content of one key. sha256: in hex. size: in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """One version.

    parent: the previous version, None for the first; parent_sha256: checksum of its manifest, so that CURRENT
    verifies the whole history. created: ISO 8601, UTC.
    """

    version: int
    parent: int | None
    parent_sha256: str | None
    created: str
    message: str
    entries: Mapping[str, Entry]

    def to_bytes(self) -> bytes:
        """Return canonical JSON: equal manifests give equal bytes."""
        record = {
            "schema": SCHEMA,
            "version": self.version,
            "parent": self.parent,
            "parent_sha256": self.parent_sha256,
            "created": self.created,
            "message": self.message,
            "entries": {k: {"sha256": e.sha256, "size": e.size} for k, e in sorted(self.entries.items())},
        }
        return (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes, file: Path) -> Manifest:
        """Parse the result of `to_bytes`. Raises StoreTooNew, StoreDamaged; `file` is for the message."""
        record = parse_object(data, file)
        try:
            entries = {
                check_key(key): Entry(str(entry["sha256"]), int(entry["size"]))
                for key, entry in record["entries"].items()
            }
            if any(not is_sha256(entry.sha256) for entry in entries.values()):
                raise ValueError("an entry's sha256 is not a checksum")
            parent, parent_sha256 = record["parent"], record["parent_sha256"]
            return cls(
                version=int(record["version"]),
                parent=None if parent is None else int(parent),
                parent_sha256=None if parent_sha256 is None else str(parent_sha256),
                created=str(record["created"]),
                message=str(record["message"]),
                entries=entries,
            )
        except (KeyError, TypeError, ValueError, AttributeError, StoreError) as error:
            raise StoreDamaged(f"{file} is not a store's manifest ({error}): {RESTORE}") from error


def parse_object(data: bytes, file: Path) -> dict[str, Any]:
    """Return the JSON object in `data` after a check of its schema. Raises StoreTooNew, StoreDamaged."""
    try:
        record = json.loads(data)
    except ValueError as error:
        raise StoreDamaged(f"{file} is not JSON ({error}): {RESTORE}") from error
    schema = record.get("schema") if isinstance(record, dict) else None
    if not isinstance(schema, int):
        raise StoreDamaged(f"{file} names no schema: {RESTORE}")
    if schema > SCHEMA:
        raise StoreTooNew(
            f"{file} has schema {schema}, this program knows up to {SCHEMA}: "
            "update the program, or name another store with --store DIR"
        )
    return dict(record)


def is_sha256(text: str) -> bool:
    """Return whether `text` is 64 lower-case hexadecimal digits."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def check_key(key: str) -> str:
    """Return `key`, a relative path of 1 to 512 characters. Raises StoreError for any other."""
    parts = key.split("/")
    if not 0 < len(key) <= _LONGEST_KEY or "\\" in key or any(part in ("", ".", "..") for part in parts):
        raise StoreError(f"{key!r} is no key: give a relative path such as 'products/screw/info.json'")
    if any(unicodedata.category(character).startswith("C") for character in key):
        raise StoreError(f"{key!r} is no key: it holds a control character; leave it out")
    return key
