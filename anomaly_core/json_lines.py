"""JSON Lines: a value as one line, and the whole lines of a file whose writer was killed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

_BLOCK: Final = 1 << 16


def json_line(value: object) -> str:
    """Return a JSON value as a line with its end, in ASCII, which any encoding carries; NaN becomes null."""
    return json.dumps(_finite(value), allow_nan=False) + "\n"


def whole_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file from its position on, with their offsets; a half last one is left out."""
    offset = file.tell()
    for line in file:
        if line.endswith(b"\n"):
            yield offset, line
        offset += len(line)


def cut_half_line(file: BinaryIO) -> None:
    """Truncate a file after its last whole line."""
    end = file.seek(0, 2)
    while end:
        start = max(0, end - _BLOCK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    file.truncate(end)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
