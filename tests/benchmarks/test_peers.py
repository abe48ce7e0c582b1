"""Peers: their threshold comes from the shots alone, and work in other processes gives what it gives here."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from harness import apart
from peers import figures, thresholded
from sets import Pixels


def gray(*values: int) -> list[Pixels]:
    return [np.full((2, 2, 3), value, np.uint8) for value in values]


def nearest(shots: Sequence[Pixels], seed: int) -> Callable[[Pixels], float]:
    """Return the distance in grey value to the nearest shot."""
    return lambda pixels: min(abs(float(pixels.mean()) - float(shot.mean())) for shot in shots)


def test_the_largest_score_of_a_shot_left_out_is_the_threshold() -> None:
    judge = thresholded(nearest, least=1)(gray(10, 20, 50), 0)
    assert judge is not None
    (near,), (far,) = gray(80), gray(81)
    assert judge(near) == (30.0, False)
    assert judge(far) == (31.0, True)


def test_a_method_without_a_shot_to_spare_scores_and_does_not_decide() -> None:
    judge = thresholded(nearest, least=2)(gray(10, 20), 0)
    assert judge is not None
    (image,) = gray(25)
    assert judge(image) == (5.0, None)
    assert thresholded(nearest, least=2)(gray(10), 0) is None


def test_without_a_threshold_only_the_ranking_has_figures() -> None:
    labels = [False, False, True, True]
    decided = figures([0.1, 0.6, 0.5, 0.9], [False, True, False, True], labels)
    assert decided["balanced_accuracy"] == decided["false_alarm_rate"] == decided["miss_rate"] == 0.5
    assert decided["image_auroc"] == pytest.approx(0.75)
    assert set(figures([0.1, 0.6, 0.5, 0.9], [None] * 4, labels)) == {"image_auroc", "best_balanced_accuracy"}


@pytest.mark.parametrize(("workers", "fresh"), [(1, True), (2, False)])
def test_results_of_processes_come_in_the_order_of_the_jobs(workers: int, fresh: bool) -> None:
    assert list(apart(operator.add, [(1, 2), (3, 4), (5, 6)], workers, fresh=fresh)) == [3, 7, 11]
