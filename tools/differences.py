"""Whether shares of the log differ by more than chance makes them differ: Fisher's exact test."""

from __future__ import annotations

from collections.abc import Sequence

from tools.history_record import HistoryRecord


def chance_of(found: HistoryRecord, *, of_several: bool) -> float | None:
    """Return how likely chance makes two groups or halves differ as much; None where there are none.

    of_several: the groups may be more than two.
    """
    pairs = [(one.number, one.counts.all) for one in found.groups]
    return by_chance(pairs or [(one.failed, one.all) for one in found.halves], of_several=of_several)


def by_chance(pairs: Sequence[tuple[int, int]], *, of_several: bool = False) -> float | None:
    """Return the same of two shares, or of several, each a number of a count.

    Of more than two, Fisher's exact test is sampled: 9,999 tables of the same sums, always the same ones.
    """
    if len(pairs) < 2 or (len(pairs) > 2 and not of_several) or not all(count for _, count in pairs):
        return None
    # Imported late: scipy takes a second, and few questions compare.
    import numpy as np
    from scipy.stats import MonteCarloMethod, fisher_exact

    table = [[number, count - number] for number, count in pairs]
    if len(pairs) == 2:
        return float(fisher_exact(table).pvalue)
    if len({number for number, _ in pairs}) == 1 and not (pairs[0][0] and any(n < c for n, c in pairs)):
        return 1.0
    sampled = MonteCarloMethod(n_resamples=9_999, rng=np.random.default_rng(0))
    return float(fisher_exact(table, method=sampled).pvalue)
