"""Drift: since which part the p-values of a product at a station are no longer what they were.

The p-values of good parts are uniform, and so are those of the parts that did not fail, within the range
that is left to them. As normal quantiles they are standard normal until something changes: light, focus, the
camera's position, or how the parts look. Corrections count: a failed part that a person called good is taken
in by its place among failed ones, another that a person called anomalous is left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from knowledge.log.cusum import Shift, shifts
from knowledge.log.entry import CALIBRATED, ENROLLED, shown_time
from knowledge.log.figures import Filter, corrections
from knowledge.log.names import distinct

OUTERMOST: Final = 0.001
"""A share nearer to 0 or 1 counts as this one, so that one missed defect makes no drift."""


@dataclass(frozen=True)
class Drift:
    """A lasting change of the scores of a product at a station.

    station: None of the parts that were logged without one. id: the same as long as it is the same change.
    direction: of the scores; higher is more anomalous. size: of the change in standard deviations. since,
    name: time and image of the first part after it. found: time of the part that showed it. until: time of
    the first part that was as before, None where it lasts. parts: those since then that did not fail.
    """

    id: str
    product: str
    station: str | None
    direction: Literal["higher", "lower"]
    size: float
    since: str
    name: str
    found: str
    until: str | None
    parts: int

    @property
    def advice(self) -> str:
        """What to do about it."""
        risk = "more good parts fail than stated" if self.direction == "higher" else "defects may pass"
        return (
            f"{risk}: check light, focus and position of the camera; where they are as they should be, "
            f"recalibrate with good parts of today: iad calibrate {self.product} PATH..."
        )

    @property
    def told(self) -> str:
        """It in words, with advice while it lasts."""
        of = self.product if self.station is None else f"{self.product} at {self.station}"
        period = f"since {shown_time(self.since)}"
        if self.until is not None:
            period = f"from {shown_time(self.since)} to {shown_time(self.until)}"
        told = f"{of} scored {self.direction} by {self.size:.1f} standard deviations {period}"
        first = f'the first of {self.parts} parts is "{self.name}"'
        return f"{told}; {first}{'' if self.until is not None else f'; {self.advice}'}"


def drifts(connection: sqlite3.Connection, wanted: Filter) -> list[Drift]:
    """Return the changes since each product was last enrolled or calibrated, the latest first.

    wanted: its product and station; since, until: those that lasted at some time of the period. The rest of a
    filter does not count, since a change is one of all parts.
    """
    products = distinct(connection, "product") if wanted.product is None else [wanted.product]
    found = [
        one
        for product in products
        for station in _stations(connection, product)
        if wanted.station in (None, station)
        for one in _of_stream(connection, product, station)
        if (wanted.since is None or one.until is None or one.until >= wanted.since)
        and (wanted.until is None or one.since < wanted.until)
    ]
    return sorted(found, key=lambda one: one.since, reverse=True)


def _stations(connection: sqlite3.Connection, product: str) -> Iterator[str | None]:
    """Yield the stations of a product, by steps through the index."""
    of_product = "SELECT MIN(station) FROM rows WHERE kind = 'inspection' AND product = ?"
    unnamed = "SELECT 1 FROM rows WHERE kind = 'inspection' AND product = ? AND station IS NULL LIMIT 1"
    if connection.execute(unnamed, (product,)).fetchone():
        yield None
    (last,) = connection.execute(of_product, (product,)).fetchone()
    while last is not None:
        yield str(last)
        (last,) = connection.execute(f"{of_product} AND station > ?", (product, last)).fetchone()


def _of_stream(connection: sqlite3.Connection, product: str, station: str | None) -> Iterator[Drift]:
    (start,) = connection.execute(
        "SELECT COALESCE(MAX(at), '') FROM rows WHERE kind = 'change' AND kind <> 'inspection' "
        "AND product = ? AND (note LIKE ? OR note LIKE ?)",
        (product, f"{ENROLLED} %", f"{CALIBRATED} %"),
    ).fetchone()
    rows = connection.execute(
        "SELECT number, p_value, COALESCE(alpha, 0), decision = 'fail' FROM rows "
        "WHERE kind = 'inspection' AND product = ? AND station IS ? AND at > ? ORDER BY at, number",
        (product, station, start),
    ).fetchall()
    table = np.array(rows, np.float64).reshape(-1, 4)
    good, anomalous = _corrected(connection, product, start)
    numbers, p_values, alphas, failed = table.T
    called_good = (failed == 1) & np.isin(numbers, good)
    # An image that is not comparable with the good ones is to be reviewed whatever its p-value.
    passed = (failed == 0) & (p_values >= alphas) & ~np.isin(numbers, anomalous)
    shares = np.where(failed == 1, p_values / np.maximum(alphas, 1e-9), (p_values - alphas) / (1 - alphas))
    kept = called_good | passed
    numbers = numbers[kept].astype(np.int64)
    for one in shifts(_quantiles(shares[kept])):
        yield _drift(connection, product, station, one, numbers)


def _corrected(connection: sqlite3.Connection, product: str, start: str) -> tuple[list[int], list[int]]:
    """Return the numbers of the inspections whose images people called good, and anomalous."""
    said: dict[str, str] = {}
    for one in corrections(connection, Filter(product=product)):  # the latest first
        said.setdefault(one["sha256"], one["verdict"])
    found: dict[str, list[int]] = {"good": [], "anomalous": []}
    for sha256, verdict in said.items():
        of_image = "SELECT number FROM rows WHERE kind = 'inspection' AND sha256 = ? AND at > ?"
        found[verdict] += [number for (number,) in connection.execute(of_image, (sha256, start))]
    return found["good"], found["anomalous"]


def _quantiles(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standard normal quantiles of shares in [0, 1], high for low ones."""
    from scipy.special import ndtri  # see `cusum`

    return np.asarray(-ndtri(np.clip(shares, OUTERMOST, 1 - OUTERMOST)), np.float64)


def _drift(
    connection: sqlite3.Connection,
    product: str,
    station: str | None,
    one: Shift,
    numbers: NDArray[np.int64],
) -> Drift:
    def row(index: int) -> tuple[str, str, str]:
        found: tuple[str, str, str] = connection.execute(
            "SELECT at, name, uid FROM rows WHERE number = ?", (int(numbers[index]),)
        ).fetchone()
        return found

    since, name, uid = row(one.first)
    return Drift(
        id=f"drift-{uid}",
        product=product,
        station=station,
        direction="higher" if one.size > 0 else "lower",
        size=round(abs(one.size), 2),
        since=since,
        name=name,
        found=row(one.found)[0],
        until=None if one.end is None else row(one.end)[0],
        parts=(len(numbers) if one.end is None else one.end) - one.first,
    )
