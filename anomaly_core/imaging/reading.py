"""Reading image files as upright RGB pixels, and finding the image files of paths, folders and globs.

A file is read once, then hashed and decoded from those bytes; a partly decoded image is an error. Pillow's
module-wide settings are not changed.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from anomaly_core.errors import NoImages, UnreadableImage
from anomaly_core.imaging.bit_depth import scaled_to_8_bit
from anomaly_core.imaging.quality import Quality, measure_quality

MAX_PIXELS: Final = 200_000_000
"""Default limit. Pillow's own unconditional limit, 178,956,970 pixels, holds as well."""
MAX_BYTES: Final = 1 << 30
MIN_SIDE: Final = 16

EXTENSIONS: Final = frozenset(
    f".{ending}"
    for ending in (
        "png", "apng", "jpg", "jpeg", "jpe", "jfif", "mpo", "bmp", "dib", "tif", "tiff", "webp", "gif",
        "ppm", "pgm", "pbm", "pnm", "jp2", "avif",
    )
)  # fmt: skip
"""Endings, in any case, of the files that folders and globs give."""

# Only formats that decode pixels: Pillow's EPS reader would start another program.
_FORMATS: Final[tuple[str, ...]] = (
    "PNG",
    "JPEG",
    "MPO",
    "BMP",
    "DIB",
    "TIFF",
    "WEBP",
    "GIF",
    "PPM",
    "JPEG2000",
    "AVIF",
)

# Errors of Pillow's readers on malformed bytes. Warning: where the caller turns warnings into errors.
_DECODE_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    Warning,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_ORIENTATION_TAG: Final = 0x0112
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF file."""
_warning_filter_lock = threading.Lock()


@dataclass(frozen=True)
class LoadedImage:
    """One decoded image.

    sha256: of the file's bytes, 64 hex digits. pixels: (H, W, 3) uint8 RGB, upright.
    note: changes made in the conversion to 8-bit RGB, for the user, or None.
    grey_range: value that became 255, of an image of more than 8 bits a sample; None for others.
    """

    path: Path
    sha256: str
    pixels: NDArray[np.uint8]
    note: str | None = None
    grey_range: float | None = None

    @cached_property
    def quality(self) -> Quality:
        """Quality of the pixels, which does not depend on a product."""
        return measure_quality(self.pixels)


def load_image(
    path: str | Path, *, max_pixels: int = MAX_PIXELS, grey_range: float | None = None
) -> LoadedImage:
    """Read, hash and decode one image file.

    The EXIF orientation is applied. Transparency is composited on white. Of several frames
    the first is taken, of several pages the largest. More than 8 bits a sample are scaled by a fixed rule,
    see `scaled_to_8_bit`.

    Args:
        path: the file.
        max_pixels: width x height above which the file is rejected from its header, undecoded.
        grey_range: value that becomes 255 where a sample has more than 8 bits; a rule's if None.

    Raises:
        UnreadableImage: missing, a folder, empty, truncated, not an image, smaller than 16 pixels on a side,
            or too large.
    """
    path = Path(path)
    data = _read(path)
    image = _open_header(path, data, max_pixels)
    try:
        frames = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
        number = image.tell()
        image.load()
        pixels, top, notes = _to_rgb(image, data, grey_range)
    except UnreadableImage as error:
        raise UnreadableImage(f"{_show(path)}: {error}") from None
    except _DECODE_ERRORS as error:
        raise UnreadableImage(
            f"{_show(path)}: truncated or damaged ({_reason(error)}); copy the file again from its source"
        ) from error
    if frames > 1:
        which = (
            f"the first of {frames} frames" if number == 0 else f"page {number + 1} of {frames}, the largest,"
        )
        notes.append(f"only {which} is inspected")
    return LoadedImage(path, hashlib.sha256(data).hexdigest(), pixels, "; ".join(notes) or None, top)


def find_images(paths: Sequence[str | Path]) -> list[Path]:
    """Return the image files of paths, each a file, a folder or a glob.

    An existing path is never a glob. A file is returned whatever its ending, and so is a missing path with an
    image's ending, so that its own error is reported. Folders are searched recursively, in sorted order, for
    `EXTENSIONS`, hidden files left out. The order of the arguments is kept; a file is returned once.

    Raises:
        NoImages: one of the paths gives no file, or there is no path.
    """
    if not paths:
        raise NoImages("no image was named; give at least one image file, folder or glob")
    found: dict[Path, Path] = {}
    for given in paths:
        hits = list(_expand(given))
        if not hits:
            raise NoImages(_nothing_found(given))
        for hit in hits:
            found.setdefault(_absolute(hit), hit)
    return list(found.values())


def _expand(given: str | Path) -> Iterator[Path]:
    """Yield the files of one argument."""
    path = Path(given)
    if not _exists(path) and str(given).startswith("~"):
        path = path.expanduser()
    if _exists(path):
        yield from _walk(path) if path.is_dir() else [path]
    elif _is_glob(str(path)):
        for hit in _glob(path):
            if hit.is_dir() and "**" not in path.parts:
                yield from _walk(hit)
            elif hit.is_file() and may_be_image(hit):
                yield hit
    elif path.suffix.lower() in EXTENSIONS:
        yield path


def _is_glob(text: str) -> bool:
    return any(letter in text for letter in "*?[")


def _glob(pattern: Path) -> list[Path]:
    """Return the matches, sorted, hidden ones left out; "**" does not follow links to folders."""
    plain = list(itertools.takewhile(lambda part: not _is_glob(part), pattern.parts))
    base = Path(*plain)
    try:
        hits = sorted(base.glob(str(Path(*pattern.parts[len(plain) :]))))
    except (ValueError, OSError):  # "**" inside a longer name, or an unreadable folder
        return []
    return [hit for hit in hits if not any(part.startswith(".") for part in hit.parts[len(plain) :])]


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the images under a folder, sorted by name; links to folders are not followed."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise NoImages(f"{_show(folder)}: {_reason(error)}; make the folder readable") from error
    yield from (entry for entry in entries if entry.is_file() and may_be_image(entry))
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
            yield from _walk(entry)


def may_be_image(path: Path) -> bool:
    """Return whether a file's name is an image's, and not hidden."""
    return not path.name.startswith(".") and path.suffix.lower() in EXTENSIONS


def _exists(path: Path) -> bool:
    """Return whether anything is at the path; an invalid name does not exist."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def _absolute(path: Path) -> Path:
    """Return the absolute path without "..", links unresolved: two links to a file are two images."""
    return Path(os.path.normpath(path.absolute()))


def _nothing_found(given: str | Path) -> str:
    path = Path(given).expanduser()
    if _exists(path):
        return f"{_show(path)}: the folder holds no image; put images in it ({', '.join(sorted(EXTENSIONS))})"
    if _is_glob(str(path)):
        return f"{_show(path)}: no image matches; check the pattern, and quote it for the shell"
    return f"{_show(path)}: no such file or folder; check the path"


def _read(path: Path) -> bytes:
    """Return the file's bytes. Raises UnreadableImage."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableImage(f"{_show(path)}: a folder, not an image; name a file inside it")
        if not stat.S_ISREG(mode):  # a pipe or device would block, or never end
            raise UnreadableImage(f"{_show(path)}: not a regular file; copy the image to a file first")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise UnreadableImage(f"{_show(path)}: no such file; check the path") from error
    except PermissionError as error:
        raise UnreadableImage(f"{_show(path)}: no permission to read it; make the file readable") from error
    except (OSError, ValueError) as error:
        raise UnreadableImage(f"{_show(path)}: cannot be read ({_reason(error)}); check the path") from error
    if not data:
        raise UnreadableImage(f"{_show(path)}: the file is empty; copy it again from its source")
    if len(data) > MAX_BYTES:
        raise UnreadableImage(f"{_show(path)}: more than {MAX_BYTES >> 20} MiB; save a smaller file")
    return data


def _open_header(path: Path, data: bytes, max_pixels: int) -> Image.Image:
    """Return the image with its header parsed, its size checked and no pixel decoded."""
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    try:
        # The limit is checked below; Pillow's warning would repeat it on stderr.
        with _warning_filter_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=formats)
            if image.format == "TIFF":
                image.seek(_largest_page(image))
    except Image.DecompressionBombError as error:
        told = _too_large(f"{_stated_pixels(error)} pixels", max_pixels)
        raise UnreadableImage(f"{_show(path)}: {told}") from error
    except _DECODE_ERRORS as error:
        if data.startswith(_TIFF):
            raise UnreadableImage(
                f"{_show(path)}: a TIFF of a kind that isn't read, such as 64-bit floats; save it with 8 "
                "or 16 bits a sample, or as 32-bit floats"
            ) from error
        raise UnreadableImage(
            f"{_show(path)}: not an image in a known format; save it as PNG, JPEG, BMP, TIFF or WebP"
        ) from error
    width, height = image.size
    if width * height > max_pixels:
        raise UnreadableImage(f"{_show(path)}: {_too_large(f'{width} x {height} pixels', max_pixels)}")
    if min(width, height) < MIN_SIDE:
        raise UnreadableImage(
            f"{_show(path)}: {width} x {height} pixels is too small to inspect; "
            f"give an image of at least {MIN_SIDE} px on a side"
        )
    return image


def _largest_page(image: Image.Image) -> int:
    """Return the number of the page with the most pixels, the first of equals; a preview is smaller."""
    areas = []
    for number in range(int(getattr(image, "n_frames", 1))):
        image.seek(number)
        areas.append(image.size[0] * image.size[1])
    return areas.index(max(areas))


def _stated_pixels(error: Image.DecompressionBombError) -> str:
    """Return the number of pixels that Pillow names, which has a limit of its own."""
    found = re.search(r"\d{6,}", str(error))
    return "too many" if found is None else f"{int(found[0]):,}"


def _too_large(what: str, max_pixels: int) -> str:
    return f"too large to decode ({what}; the limit is {max_pixels:,} pixels); crop it or scale it down"


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where it is missing or unreadable."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODE_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _to_rgb(
    image: Image.Image, data: bytes, grey_range: float | None
) -> tuple[NDArray[np.uint8], float | None, list[str]]:
    """Return (H, W, 3) uint8 upright pixels, their `LoadedImage.grey_range`, and notes."""
    notes: list[str] = []
    rotated = _orientation(image) != 1
    scaled = scaled_to_8_bit(image, data, grey_range)
    if scaled is not None:
        deep, orientation = image, _orientation(image)
        notes.append(scaled.note)
        image = Image.fromarray(scaled.pixels)
        image.getexif()[_ORIENTATION_TAG] = orientation
        if deep.mode == "RGBA":
            image.putalpha(deep.getchannel("A"))
    if rotated:
        image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        alpha = layered.getchannel("A").getextrema()
        if alpha == (0, 0):
            # Some cameras write the fourth channel as zeros; nothing of the image would be left.
            notes.append("transparency ignored, since it is 0 everywhere")
            layered.putalpha(255)
        elif alpha != (255, 255):
            notes.append("transparency composited on white")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, layered)
    # A copy: Pillow's own buffer is read-only, which torch.from_numpy warns about.
    top = None if scaled is None else scaled.top
    return np.array(image.convert("RGB"), dtype=np.uint8), top, notes


def _reason(error: BaseException) -> str:
    """Return the first line of an error's message."""
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()
    return text[0] if text else type(error).__name__


def _show(path: Path) -> str:
    """Return the path on one line, newlines and undecodable bytes escaped."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
