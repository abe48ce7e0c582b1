"""What enrolment noticed: images that are no good part's, and files of kinds that it does not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from anomaly_core.imaging.reading import EXTENSIONS
from tools.records import Record

FindingKind = Literal["mask", "duplicate", "size", "light", "blur", "view", "foreign", "defect"]

LINKED_FOLDER: Final = "linked folder"
UNREADABLE_FOLDER: Final = "unreadable folder"
_SAVE_AS: Final = "save them as PNG, JPEG or TIFF"
_DEVELOP: Final = "develop them to TIFF or PNG"
_REMEDIES: Final = {
    **dict.fromkeys((".heic", ".heif", ".hif", ".jxl", ".svg", ".psd", ".exr", ".pdf", ".dcm"), _SAVE_AS),
    **dict.fromkeys((".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"), _DEVELOP),
    **dict.fromkeys((".zip", ".tar", ".gz", ".7z", ".rar"), "unpack them"),
    **dict.fromkeys((".mp4", ".avi", ".mov", ".mkv"), "export frames of different parts"),
    LINKED_FOLDER: "name the folder itself",
    UNREADABLE_FOLDER: "make it readable, and try again",
}
_MASK_ENDINGS: Final = ("_gt", "_mask", "-mask", "_label", "_labels", "_seg")
_MASK_FOLDERS: Final = frozenset({"ground_truth", "groundtruth", "gt", "mask", "masks", "labels"})


class Finding(Record):
    """An image among the candidates that is not, or not only, one more good part."""

    image: str = Field(description="path")
    kind: FindingKind
    reason: str
    left_out: bool = Field(description="whether the product was learned without it")


class UnreadKind(Record):
    """Files of one kind in the given folders that were not read."""

    kind: str = Field(description="ending in lower case, or what it is")
    count: int
    remedy: str = Field(description="what to do, or empty for files that are no images")


def unread_kinds(paths: Sequence[str | Path]) -> list[UnreadKind]:
    """Count the files, and linked or unreadable folders, that enrolment passes over, by kind."""
    counts: Counter[str] = Counter()
    for folder in {Path(path).absolute() for path in paths if Path(path).is_dir()}:
        counts.update(_passed_over(folder))
    found = [UnreadKind(kind=kind, count=counts[kind], remedy=_remedy(kind)) for kind in counts]
    return sorted(found, key=lambda each: (not each.remedy, -each.count, each.kind))


def _passed_over(folder: Path) -> Iterator[str]:
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        folders = [entry for entry in entries if entry.is_dir()]
        links = [entry for entry in folders if entry.is_symlink()]
    except OSError:
        yield UNREADABLE_FOLDER
        return
    yield from (LINKED_FOLDER for _ in links)
    for entry in entries:
        if entry in folders and entry not in links:
            yield from _passed_over(entry)
        elif entry not in folders and entry.suffix.lower() not in EXTENSIONS:
            yield entry.suffix.lower() or "without ending"


def _remedy(kind: str) -> str:
    return _REMEDIES.get(kind, "")


def named_masks(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the images that their names call a mask of another one, with the reason.

    A name such as `X_GT.png` or `X_mask.png` beside `X.png` does, and a folder such as `ground_truth`, where
    there are images outside of it.
    """
    stems = {(path.parent, path.stem.lower()) for path in paths}
    found: dict[Path, str] = {}
    for path in paths:
        stem = path.stem.lower()
        for ending in _MASK_ENDINGS:
            whole = stem.removesuffix(ending)
            if stem != whole and (path.parent, whole) in stems:
                found[path] = f"named as the mask of {whole}"
    inside = [path for path in paths if _MASK_FOLDERS & {part.lower() for part in path.parts[-3:-1]}]
    if len(inside) < len(paths):
        found |= {path: f"in the folder {path.parent.name}, which holds masks" for path in inside}
    return found
