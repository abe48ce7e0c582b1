"""Drift: since which part the p-values of a product at a station, or its images, are not what they were.

The p-values of good parts are uniform, and so are those of the parts that did not fail, within the range
that is left to them. As normal quantiles they are standard normal until something changes: light, focus, the
camera's position, or how the parts look. Corrections count: a failed part that a person called good is taken
in by its place among failed ones, another that a person called anomalous is left out.

How images are recorded has no calibration: sharpness, grey level and noise are held against the station's
first ones since then. All images count, since those that fail or cannot be judged tell of it most.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from knowledge.log.cusum import KNOWN, Shift, shifts
from knowledge.log.entry import CALIBRATED, ENROLLED, RECORDING, Recorded, shown_time
from knowledge.log.figures import Filter, corrections
from knowledge.log.names import distinct

OUTERMOST: Final = 0.001
"""A share nearer to 0 or 1 counts as this one, so that one missed defect makes no drift."""
BOUND: Final = 2.0
"""Standard deviations that an image further off counts as, so that a few of an empty belt make no drift."""
SMALLEST: Final = {"sharpness": 0.1, "level": 0.03, "noise": 0.1}
"""Standard deviations that smaller ones are taken for, so that no change is told which does not matter.

Of the sharpness, and of the logarithm of one grey level more for the others: 0.03 of the level is 3 %. A blur
by 1 pixel in 1000 lowers the sharpness by 0.1 to 0.2.
"""
Values = NDArray[np.float64]
Measure = Literal["score", Recorded]
Direction = Literal["higher", "lower"]
_IMAGES: Final[Mapping[tuple[Measure, Direction], tuple[str, str]]] = {
    ("sharpness", "lower"): ("softer", "clean the lens or refocus it"),
    ("sharpness", "higher"): ("sharper", "check whether lens or camera were changed"),
    ("level", "lower"): ("darker", "check the light and the exposure time"),
    ("level", "higher"): ("brighter", "check the light, light from elsewhere, and the exposure time"),
    ("noise", "higher"): ("noisier", "check the camera's gain and exposure time"),
}
"""What images became, and what to do."""
_NAMES: Final[Mapping[Measure, str]] = {"level": "mean grey level"}


@dataclass(frozen=True)
class Drift:
    """A lasting change of the scores, or of the images, of a product at a station.

    station: None of the parts that were logged without one. id: the same as long as it is the same change.
    measure: what changed. direction: of the measure; a higher score is more anomalous. size: of the change in
    standard deviations, of images at most `BOUND`. before, after: mean of the measure among the station's
    first images and since the change, in the unit of `Recording`; None of scores. since, name: time and image
    of the first part after it. found: time of the part that showed it. until: time of the first part that was
    as before, None where it lasts. parts: those since then, of scores those that did not fail.
    """

    id: str
    product: str
    station: str | None
    measure: Measure
    direction: Direction
    size: float
    before: float | None
    after: float | None
    since: str
    name: str
    found: str
    until: str | None
    parts: int

    @property
    def advice(self) -> str:
        """What it means, and what to do about it."""
        means = f"the images got {self.became}"
        if self.measure == "score":
            means = "more good parts fail than stated" if self.direction == "higher" else "defects may pass"
        return f"{means}: {self._remedy}"

    @property
    def became(self) -> str:
        """What the images became, such as "softer"; "" of scores."""
        return _IMAGES.get((self.measure, self.direction), ("", ""))[0]

    @property
    def told(self) -> str:
        """It in words, with advice while it lasts."""
        of = self.product if self.station is None else f"{self.product} at {self.station}"
        period = f"since {shown_time(self.since)}"
        if self.until is not None:
            period = f"from {shown_time(self.since)} to {shown_time(self.until)}"
        if self.before is None or self.after is None:
            told = f"{of} scored {self.direction} by {self.size:.1f} standard deviations {period}"
        else:
            values = f"{_NAMES.get(self.measure, self.measure)} {self.before:.4g}, now {self.after:.4g}"
            told = f"the images of {of} got {self.became} {period} ({values})"
        first = f'the first of {self.parts} parts is "{self.name}"'
        if self.until is not None:
            return f"{told}; {first}"
        return f"{told}; {first}; {self.advice if self.measure == 'score' else self._remedy}"

    @property
    def _remedy(self) -> str:
        check = "check light, focus and position of the camera; where they are as they should be"
        if self.measure != "score":
            check = f"{_IMAGES[self.measure, self.direction][1]}; where it is to stay so"
        return f"{check}, recalibrate with good parts of today: iad calibrate {self.product} PATH..."


def drifts(connection: sqlite3.Connection, wanted: Filter, *, of_images: bool = True) -> list[Drift]:
    """Return the changes since each product was last enrolled or calibrated, the latest first.

    wanted: its product and station; since, until: those that lasted at some time of the period. The rest of a
    filter does not count, since a change is one of all parts. of_images: with those of the images.
    """
    products = distinct(connection, "product") if wanted.product is None else [wanted.product]
    found = [
        one
        for product in products
        for station in _stations(connection, product)
        if wanted.station in (None, station)
        for one in _Stream(connection, product, station).drifts(of_images)
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


def learned_at(connection: sqlite3.Connection, product: str) -> str:
    """Return when a product was last enrolled or calibrated, as a timestamp; "" where the log doesn't say."""
    (found,) = connection.execute(
        "SELECT COALESCE(MAX(at), '') FROM rows WHERE kind = 'change' AND kind <> 'inspection' "
        "AND product = ? AND (note LIKE ? OR note LIKE ?)",
        (product, f"{ENROLLED} %", f"{CALIBRATED} %"),
    ).fetchone()
    return str(found)


@dataclass(frozen=True)
class _Stream:
    """The inspections of a product at a station since it was last enrolled or calibrated."""

    connection: sqlite3.Connection
    product: str
    station: str | None

    def drifts(self, of_images: bool) -> Iterator[Drift]:
        """Yield the changes of the scores, then those of the images where they are wanted."""
        start = learned_at(self.connection, self.product)
        columns = ["number", "p_value", "COALESCE(alpha, 0)", "decision = 'fail'"]
        columns += RECORDING if of_images else ()
        rows = self.connection.execute(
            f"SELECT {', '.join(columns)} FROM rows "
            "WHERE kind = 'inspection' AND product = ? AND station IS ? AND at > ? ORDER BY at, number",
            (self.product, self.station, start),
        ).fetchall()
        table = np.array(rows, np.float64).reshape(-1, len(columns))
        numbers, p_values, alphas, failed, *recorded = table.T
        yield from self._of_scores(numbers, p_values, alphas, failed == 1, start)
        for measure, values in zip(RECORDING, recorded, strict=False):
            known = ~np.isnan(values)
            yield from self._of_images(measure, numbers[known], values[known])

    def _of_scores(
        self, numbers: Values, p_values: Values, alphas: Values, failed: NDArray[np.bool_], start: str
    ) -> Iterator[Drift]:
        good, anomalous = _corrected(self.connection, self.product, start)
        called_good = failed & np.isin(numbers, good)
        # An image that is not comparable with the good ones is to be reviewed whatever its p-value.
        passed = ~failed & (p_values >= alphas) & ~np.isin(numbers, anomalous)
        shares = np.where(failed, p_values / np.maximum(alphas, 1e-9), (p_values - alphas) / (1 - alphas))
        kept = called_good | passed
        for one in shifts(_quantiles(shares[kept])):
            yield self._drift("score", one, numbers[kept])

    def _of_images(self, measure: Recorded, numbers: Values, values: Values) -> Iterator[Drift]:
        first, later = values[:KNOWN], values[KNOWN:]
        for one in image_shifts(measure, values):
            # Softer and darker images have less noise, which is no fault.
            if measure != "noise" or one.size > 0:
                before, after = (float(some.mean()) for some in (first, later[one.first : one.end]))
                yield self._drift(measure, one, numbers[KNOWN:], round(before, 3), round(after, 3))

    def _drift(
        self,
        measure: Measure,
        one: Shift,
        numbers: Values,
        before: float | None = None,
        after: float | None = None,
    ) -> Drift:
        def row(index: int) -> tuple[str, str, str]:
            found: tuple[str, str, str] = self.connection.execute(
                "SELECT at, name, uid FROM rows WHERE number = ?", (int(numbers[index]),)
            ).fetchone()
            return found

        since, name, uid = row(one.first)
        return Drift(
            id=f"drift-{uid}" if measure == "score" else f"drift-{measure}-{uid}",
            product=self.product,
            station=self.station,
            measure=measure,
            direction="higher" if one.size > 0 else "lower",
            size=round(abs(one.size), 2),
            before=before,
            after=after,
            since=since,
            name=name,
            found=row(one.found)[0],
            until=None if one.end is None else row(one.end)[0],
            parts=(len(numbers) if one.end is None else one.end) - one.first,
        )


def image_shifts(measure: Recorded, values: Values) -> list[Shift]:
    """Return the lasting changes of (n,) values of a measure, by their places behind the first `KNOWN`.

    Those count as a calibration does: what is known of the values from the start.
    """
    if len(values) <= KNOWN:
        return []
    scaled = values if measure == "sharpness" else np.log1p(values)
    first = scaled[:KNOWN]
    spread = max(float(first.std(ddof=1)), SMALLEST[measure])
    away = np.clip((scaled[KNOWN:] - first.mean()) / spread, -BOUND, BOUND)
    return shifts(away, SMALLEST[measure] / spread)


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


def _quantiles(shares: Values) -> Values:
    """Return standard normal quantiles of shares in [0, 1], high for low ones."""
    # Imported late: scipy takes a second, and most commands ask for no drift.
    from scipy.special import ndtri

    return np.asarray(-ndtri(np.clip(shares, OUTERMOST, 1 - OUTERMOST)), np.float64)
