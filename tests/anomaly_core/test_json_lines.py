"""JSON Lines: what cannot be JSON, and files that end in half a line."""

from __future__ import annotations

import io
import json
import math

import pytest

from anomaly_core.json_lines import cut_half_line, json_line, whole_lines


def test_a_value_is_one_line_of_ascii() -> None:
    line = json_line({"p": math.nan, "all": (math.inf, 0.5), "name": "Größe\n\udc80"})
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line) == {"p": None, "all": [None, 0.5], "name": "Größe\n\udc80"}


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 200_000])
@pytest.mark.parametrize("half", [b"", b"x", b"x" * 70_000])
def test_half_a_line_is_cut_off(length: int, half: bytes) -> None:
    whole = b"a" * length + b"\n" if length else b""
    file = io.BytesIO(whole + half)
    assert [line for _, line in whole_lines(file)] == [whole] * bool(length)
    cut_half_line(file)
    assert file.getvalue() == whole


def test_lines_have_their_offsets() -> None:
    file = io.BytesIO(b"one\n\ntwo\nhalf")
    file.seek(4)
    assert list(whole_lines(file)) == [(4, b"\n"), (5, b"two\n")]
