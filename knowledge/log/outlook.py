"""The forecast from the log: what the next parts of a product will bring, if they are as the last ones.

An enrolment forecasts from simulated defects and a handful of good images (`tools.enrollment.outlook`); after
the first day the log knows better how parts score here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from anomaly_core.evaluation.metrics import wilson_interval
from knowledge.log.drift import learned_at
from knowledge.log.figures import Filter, Parts

LAST: Final = 500
"""Parts that it rests on at most, the latest."""
LEAST: Final = 30
"""Fewer parts say too little."""
CLEAR: Final = 3.0
"""Standard deviations by which more parts than the half have a p-value above one half, for it to be told."""


@dataclass(frozen=True)
class Outlook:
    """What the last parts of a product say of the next.

    failed, review: of the `parts`, as measured. good_share: of them, that the p-values above one half
    account for, in [0, 1]: those of good parts are uniform (Storey, 2002). too_usual: whether more lie there
    than even only good parts would have: the calibration takes good parts for more unusual than they are.
    called_good, false_alarms: parts that people called good, and those of them that had failed; called_bad,
    escapes: that they called anomalous, and those that had passed. alpha: rate of the last part.
    """

    product: str
    parts: int
    failed: int
    review: int
    good_share: float
    too_usual: bool
    called_good: int
    false_alarms: int
    called_bad: int
    escapes: int
    alpha: float

    @property
    def told(self) -> list[str]:
        """It in sentences, the last one on what to do where there is something."""
        fail, review = (_of_a_hundred(count, self.parts) for count in (self.failed, self.review))
        told = [f"Of 100 parts like the last {self.parts}, {fail} fail and {review} go to review."]
        share = f"{self.good_share:.0%} of them" if self.good_share < 1 else "all of them"
        told.append(f"By the spread of their p-values about {share} are good.")
        if self.called_good:
            told.append(f"People called {self.called_good} good; {self.false_alarms} of these had failed.")
        if self.called_bad:
            told.append(f"People called {self.called_bad} defective; {self.escapes} of these had passed.")
        if self.too_usual:
            told.append(
                f"Good parts look more usual than the calibration expects, so fewer than {self.alpha:.0%} of "
                f"them fail, and faint defects pass: calibrate with good parts of these days, iad calibrate "
                f"{self.product} PATH..."
            )
        return told


def outlook(connection: sqlite3.Connection, product: str) -> Outlook | None:
    """Return what the parts since a product was last enrolled or calibrated say; None for too few."""
    parts = Parts(connection, Filter(product=product, since=learned_at(connection, product)))
    rows = [row for row in parts.rows("latest", LAST) if row["p_value"] is not None]
    if len(rows) < LEAST:
        return None
    usual, count = sum(row["p_value"] > 0.5 for row in rows), len(rows)
    said = [(row["said"], row["decision"]) for row in rows]
    return Outlook(
        product=product,
        parts=count,
        failed=sum(row["decision"] == "fail" for row in rows),
        review=sum(row["decision"] == "review" for row in rows),
        good_share=min(1.0, 2 * usual / count),
        too_usual=usual - count / 2 > CLEAR * (count / 4) ** 0.5,
        called_good=sum(word == "good" for word, _ in said),
        false_alarms=said.count(("good", "fail")),
        called_bad=sum(word == "anomalous" for word, _ in said),
        escapes=said.count(("anomalous", "pass")),
        alpha=rows[0]["alpha"],
    )


def _of_a_hundred(count: int, parts: int) -> str:
    low, high = (round(100 * bound) for bound in wilson_interval(count, parts))
    return f"{round(100 * count / parts)} ({low} to {high})"
