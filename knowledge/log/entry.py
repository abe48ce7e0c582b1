"""One row of the log, and the hash that chains it to the row before."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

Kind = Literal["inspection", "correction", "undo", "change"]
Status = Literal["confirmed", "likely", "unknown"]
GENESIS: Final = "0" * 64
"""What stands for the hash of the row before the first."""
ENROLLED: Final = "enrolled from"
CALIBRATED: Final = "calibrated with"
"""How the note of a change begins after which a product's p-values are of another calibration."""


@dataclass(frozen=True)
class NamedType:
    """A defect type. status: confirmed by a person, likely, or unknown. score: probability, in [0, 1]."""

    name: str
    status: Status
    score: float | None = None


@dataclass(frozen=True)
class Region:
    """An anomalous area. area_px, length_px, width_px: pixels of the original; null where not measured.

    length_mm, width_mm: by the product's scale at that time; null without one.
    """

    cell: str
    bbox: tuple[int, int, int, int]
    area_px: int
    length_px: float | None = None
    width_px: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None


@dataclass(frozen=True)
class Recording:
    """How an image was recorded; see `anomaly_core.imaging.quality.Quality`.

    sharpness: log of the energy of fine over that of coarse detail. level: mean grey level, in [0, 255].
    noise: standard deviation of the encoder input's, in grey levels.
    """

    sharpness: float
    level: float
    noise: float


@dataclass(frozen=True)
class Entry:
    """An inspection, a person's correction of one, the undoing of a correction, or a change of a product.

    at: see `timestamp`. path: of the image, empty where it came without a file. decision, alpha, review: of
    an inspection. p_value: 1 of a change, whose note says what it was. correction: id of the correction.
    verdict: a person's. note: a person's, or why the image of an inspection isn't comparable with the good
    ones. recording: of an inspection, None where it was not measured. uid: a second entry of the same uid is
    not written, so that a step repeated after a kill logs nothing twice.
    """

    kind: Kind
    name: str
    sha256: str
    product: str
    p_value: float
    path: str = ""
    decision: Literal["pass", "review", "fail"] | None = None
    alpha: float | None = None
    review: float | None = None
    types: tuple[NamedType, ...] = ()
    regions: tuple[Region, ...] = ()
    lot: str | None = None
    station: str | None = None
    operator: str | None = None
    correction: str | None = None
    verdict: Literal["good", "anomalous"] | None = None
    note: str = ""
    recording: Recording | None = None
    at: str = field(default_factory=lambda: timestamp(datetime.now(UTC)))
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def values(self) -> tuple[Any, ...]:
        """Return the row's values in the order of `COLUMNS`, texts without what SQLite cannot hold."""
        recorded: dict[str, Any] = (
            dict.fromkeys(RECORDING) if self.recording is None else vars(self.recording)
        )
        held = {
            **vars(self),
            **recorded,
            "type": self.types[0].name if self.types else None,
            "types": _json([asdict(one) for one in self.types]),
            "regions": _json([asdict(one) for one in self.regions]),
        }
        return tuple(_storable(held[key]) for key in COLUMNS)


Recorded = Literal["sharpness", "level", "noise"]
RECORDING: Final[tuple[Recorded, ...]] = ("sharpness", "level", "noise")
"""Columns of a recording, the last of `COLUMNS`; null in rows of earlier versions."""
COLUMNS: Final = (
    *("uid", "kind", "at", "path", "name", "sha256", "product", "decision", "p_value", "alpha", "review"),
    *("type", "types", "regions", "lot", "station", "operator", "correction", "verdict", "note"),
    *RECORDING,
)
"""Columns that a row's hash covers, in its order."""


def timestamp(time: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC with milliseconds, which sorts as text."""
    return f"{time.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z"


def shown_time(text: str, *, seconds: bool = False) -> str:
    """Return a timestamp in local time as people read it, to the minute or the second."""
    return time_of(text).astimezone().strftime(f"%Y-%m-%d %H:%M{':%S' if seconds else ''}")


def time_of(text: str) -> datetime:
    """Return the aware time of a `timestamp`."""
    return datetime.fromisoformat(text)


def chained(previous: str, number: int, values: Sequence[Any]) -> str:
    """Return a row's SHA-256 as hex digits: of the row before's, its number and its values.

    A row without a recording is hashed as before there were any.
    """
    recorded = any(value is not None for value in values[-len(RECORDING) :])
    held = values if recorded else values[: -len(RECORDING)]
    return hashlib.sha256(f"{previous}\n{_json([number, *held])}".encode()).hexdigest()


_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def _storable(value: Any) -> Any:
    # A file name's bytes need not be UTF-8.
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode()
    return value
