"""A batch: each image is inspected once, however often the run is interrupted and begun again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from agents.app import Application
from agents.batch.conditions import conditions_of
from agents.batch.results import Line, ResultsFile
from agents.inspecting import Found, ImageInspector
from anomaly_core.errors import UnreadableImage
from anomaly_core.imaging.reading import load_image
from tools.records import FailureRecord


def inspect_into(
    file: Path,
    app: Application,
    images: Sequence[Path],
    *,
    product: str | None = None,
    out: Path | None = None,
    by: ImageInspector | None = None,
    say: Callable[[str], None],
) -> Iterator[tuple[Found, bool]]:
    """Write each image's result to a file, in order; yield it, and whether the file held it before.

    A result holds as long as the file of the image has the same content, and the conditions are the same;
    see `conditions_of`. An error holds as long as the image cannot be read for the same reason. The log
    holds each result once. say: hears of what is taken over. The others: see `Application.inspect`. Raises
    ConfigError where the file cannot be written.
    """
    app.tools.require_store()
    max_pixels = app.tools.images.max_pixels

    def holds(line: Line, path: Path) -> bool:
        return _holds(line.record, path, max_pixels)

    with ResultsFile(file, conditions_of(app, product, out)) as results:
        if results.moved is not None:
            other = ", ".join(results.changed)
            say(f"the results in {file} were made with another {other}: they are in {results.moved} now")
        kept = 0
        for line in results.in_step(images, holds):
            kept += 1
            yield line.record, True
        rest = images[kept:]
        if rest or results.is_interrupted:
            results.set_rest_aside(images[:kept])
        if kept:
            say(f"{kept} of {len(images)} images are in {file} already")

        def known(path: Path) -> Line | None:
            line = results.earlier(path)
            return line if line is not None and holds(line, path) else None

        if rest:
            inspector = by or app.inspector
            found = inspector.inspect_unknown(rest, known, product=product, out=out, run=results.run)
            for one in found:
                yield results.add(one), isinstance(one, Line)
        results.finish()


def _holds(record: Found, path: Path, max_pixels: int) -> bool:
    """Return whether inspecting the file would give this record again, as far as reading it tells."""
    if isinstance(record, FailureRecord):
        try:
            load_image(path, max_pixels=max_pixels)
        except UnreadableImage as error:
            return record == FailureRecord.of(path, error)
        return False
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == record.sha256
    except OSError:
        return False
