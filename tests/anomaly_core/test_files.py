"""Files are written whole or not at all, and a disk that refuses is told with the remedy."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from anomaly_core.errors import ConfigError, StoreError
from anomaly_core.files import disk_errors, make_folder, replace_file, write_whole
from anomaly_core.names import name_key, plain_name


def test_bytes_and_text_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.json"
    write_whole(path, b"old")
    write_whole(path, "größer")
    assert path.read_text(encoding="utf-8") == "größer"
    assert [child.name for child in path.parent.iterdir()] == ["a.json"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, "new", synced=True)
    assert path.read_text() == "old"
    assert [child.name for child in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "No space left on device: free some space"),
        (errno.EDQUOT, "quota exceeded: free some space"),
        (errno.EROFS, "Read-only file system: give yourself the right"),
        (errno.EACCES, "Permission denied: give yourself the right"),
        (errno.EIO, "check the path and the disk"),
    ],
)
def test_a_disk_error_names_the_file_the_reason_and_the_remedy(code: int, reason: str) -> None:
    with (
        pytest.raises(StoreError, match=reason) as caught,
        disk_errors(Path("some.file"), error=StoreError, elsewhere="name a store with --store DIR"),
    ):
        raise OSError(code, os.strerror(code))
    assert "some.file" in str(caught.value)
    assert "name a store with --store DIR" in str(caught.value)


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    for write in (make_folder, lambda folder: write_whole(folder / "a.csv", b"")):
        with pytest.raises(
            ConfigError, match=r"results.*: .*: check the path and the disk, or name a writable place"
        ):
            write(tmp_path / "results")


def test_all_spellings_of_a_name_are_one() -> None:
    assert plain_name("metal_nut__ top") == "metal nut top"
    assert {name_key(name) for name in ("metal_nut", "Metal Nut", "METAL-NUT", "metalnut")} == {"metalnut"}
