"""The results file of a batch: JSON Lines in the order of the images, continued after a kill.

    FILE           a line an image; after a run, first the images that were given, in their order
    FILE.run       name and conditions of the run that writes it
    FILE.earlier   while a run goes on: earlier lines that it may take over
    FILE.1, .2     lines of runs under other conditions

Each line is in one of them at any moment.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from agents.in_flight import in_flight
from agents.inspecting import AHEAD, Found
from anomaly_core.errors import ConfigError
from anomaly_core.files import disk_errors, replace_file
from anomaly_core.json_lines import cut_half_line, json_line, whole_lines
from tools.records import FailureRecord, InspectionRecord

_errors: Final = partial(disk_errors, elsewhere="name another file with --resume")


@dataclass(frozen=True)
class Line:
    """A line of an earlier run. data: its bytes, with the end of the line."""

    data: bytes
    record: Found

    @classmethod
    def of(cls, data: bytes) -> Line | None:
        """Return a line's record; None where it is none."""
        try:
            held = json.loads(data)
            kind = FailureRecord if "error" in held else InspectionRecord
            return cls(data, kind.model_validate(held))
        except (ValueError, TypeError, ValidationError):
            return None


class ResultsFile:
    """A results file that this process alone writes. Raises ConfigError where it cannot be written.

    conditions: under which results hold, as JSON values; lines of other ones are moved to FILE.1.

    run: the run's name, the same when it goes on after a kill. changed: names of the conditions that were
    other ones. moved: where the lines of those are now, or None.
    """

    def __init__(self, path: Path, conditions: Mapping[str, Any]) -> None:
        self.path = path
        self.run = uuid.uuid4().hex
        self.changed: list[str] = []
        self.moved: Path | None = None
        self._earlier_path = path.with_name(f"{path.name}.earlier")
        self._run_path = path.with_name(f"{path.name}.run")
        self._index: dict[str, tuple[int, int]] = {}
        self._earlier: BinaryIO | None = None
        self._end = 0
        with ExitStack() as opened, _errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            self._file = opened.enter_context(path.open("a+b"))
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(
                    f"{path} is being written by another run: wait for its end, or name another file"
                ) from error
            cut_half_line(self._file)
            self._begin(conditions, is_new=is_new)
            opened.pop_all()

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._earlier is not None:
            self._earlier.close()
        self._file.close()

    def in_step(self, images: Sequence[Path], holds: Callable[[Line, Path], bool]) -> Iterator[Line]:
        """Yield the lines that are of the images, in their order, and hold; the first other one ends them.

        holds: called in threads.
        """

        def check(pair: tuple[Path, tuple[int, bytes]]) -> Line | None:
            path, (_, data) = pair
            line = Line.of(data)
            return line if line is not None and line.record.image == str(path) and holds(line, path) else None

        with _errors(self.path), self.path.open("rb") as file:
            pairs = zip(images, whole_lines(file), strict=False)
            with closing(in_flight(check, pairs, AHEAD)) as checked:
                for line in itertools.takewhile(lambda one: one is not None, checked):
                    assert line is not None
                    self._end += len(line.data)
                    yield line

    def set_rest_aside(self, done: Iterable[Path]) -> None:
        """Move what follows the lines in step to FILE.earlier. done: the images of those lines."""
        with _errors(self.path):
            self._move_rest()
            if not self._earlier_path.exists():
                return
            self._earlier = self._earlier_path.open("rb")
            for offset, data in whole_lines(self._earlier):
                line = Line.of(data)
                if line is not None:
                    self._index[line.record.image] = (offset, len(data))
        for path in done:
            self._index.pop(str(path), None)

    def earlier(self, path: Path) -> Line | None:
        """Return the earlier line of an image of this run, once. Thread-safe."""
        place = self._index.pop(str(path), None)
        if place is None or self._earlier is None:
            return None
        offset, length = place
        return Line.of(os.pread(self._earlier.fileno(), length, offset))

    def add(self, found: Found | Line) -> Found:
        """Write the next line; return its record. It survives a kill, not a loss of power."""
        data = found.data if isinstance(found, Line) else json_line(found.model_dump(mode="json")).encode()
        with _errors(self.path):
            self._file.write(data)
            self._file.flush()
        return found.record if isinstance(found, Line) else found

    def finish(self) -> None:
        """Write the earlier lines of images that this run was not given after its own."""
        if self._earlier is None:
            return
        with _errors(self.path):
            for offset, length in sorted(self._index.values()):
                self._file.write(os.pread(self._earlier.fileno(), length, offset))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._earlier_path.unlink()

    @property
    def is_interrupted(self) -> bool:
        """Whether an earlier run was killed while lines were set aside."""
        return self._earlier_path.exists()

    def _begin(self, conditions: Mapping[str, Any], *, is_new: bool) -> None:
        """Go on with the run of the same conditions, or begin one."""
        held: dict[str, Any] = {}
        if self._run_path.exists():
            try:
                held = json.loads(self._run_path.read_bytes())
            except ValueError:  # cut off by a loss of power
                held = {}
        before = held.get("conditions", {})
        if before == conditions and not is_new:
            self.run = held["run"]
            return
        # First the lines, then their conditions: a kill in between must not leave them under the new ones.
        self._move_rest()
        if self._earlier_path.exists():
            names = (self.path.with_name(f"{self.path.name}.{n}") for n in itertools.count(1))
            self.moved = next(name for name in names if not name.exists())
            self.changed = sorted(key for key in conditions if before.get(key) != conditions[key])
            self._earlier_path.rename(self.moved)
        replace_file(self._run_path, json_line({"run": self.run, "conditions": conditions}), synced=True)

    def _move_rest(self) -> None:
        """Append what follows the lines in step to FILE.earlier, and cut it off here."""
        if self._file.seek(0, os.SEEK_END) == self._end:
            return
        with self._earlier_path.open("a+b") as earlier:
            cut_half_line(earlier)
            self._file.seek(self._end)
            shutil.copyfileobj(self._file, earlier)
            earlier.flush()
            os.fsync(earlier.fileno())
        self._file.truncate(self._end)
