"""Exact search: FAISS agrees with a matrix product, and its bytes give the same index back."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_core.errors import StoreDamaged
from knowledge.vectors import VectorIndex, unit_rows

ROWS = unit_rows(np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32))
QUERY = unit_rows(np.arange(1, 7, dtype=np.float32))[0]


@pytest.mark.parametrize("stored", [False, True])
def test_the_best_rows_come_first_with_their_cosines(stored: bool) -> None:
    index = VectorIndex(ROWS)
    if stored:
        index = VectorIndex.from_bytes(index.to_bytes(), key="a/index.faiss", count=40, remedy="enrol again")
    cosines = ROWS @ QUERY
    similarities, rows = index.search(QUERY, 5)
    assert rows.tolist() == np.argsort(-cosines)[:5].tolist()
    np.testing.assert_allclose(similarities, cosines[rows], atol=1e-6)
    np.testing.assert_array_equal(index.rows, ROWS)
    assert len(index) == 40
    assert len(index.search(QUERY, 99)[1]) == 40


def test_a_search_may_be_held_to_some_rows() -> None:
    among = np.array([3, 8, 21], dtype=np.int64)
    _, rows = VectorIndex(ROWS).search(QUERY, 99, among=among)
    assert rows.tolist() == among[np.argsort(-(ROWS[among] @ QUERY))].tolist()


def test_damaged_bytes_name_the_key_and_the_remedy() -> None:
    data = VectorIndex(ROWS).to_bytes()
    for bad, count in ((b"", 40), (b"{}", 40), (data[:-4], 40), (data, 39)):
        with pytest.raises(StoreDamaged, match=r"a/index\.faiss .*: enrol again"):
            VectorIndex.from_bytes(bad, key="a/index.faiss", count=count, remedy="enrol again")


def test_a_query_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"shape \(5,\), the index holds \(6,\)"):
        VectorIndex(ROWS).search(QUERY[:5], 1)


def test_a_very_large_index_has_lists_and_finds_nearly_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(50, 24))
    rows = unit_rows((centres[rng.integers(50, size=3000)] + 0.3 * rng.normal(size=(3000, 24))).astype("f4"))
    exact = VectorIndex(rows)
    monkeypatch.setattr("knowledge.vectors.EXACT_BYTES", 1000)
    made = VectorIndex(rows)
    kept = VectorIndex.from_bytes(made.to_bytes(), key="k", count=3000, remedy="enrol again")
    np.testing.assert_array_equal(kept.rows, rows)
    queries = unit_rows((centres[rng.integers(50, size=40)] + 0.3 * rng.normal(size=(40, 24))).astype("f4"))
    for index in (made, kept):
        same = [index.search(q, 1)[1][0] == exact.search(q, 1)[1][0] for q in queries]
        assert np.mean(same) >= 0.99
        some = np.arange(5, dtype=np.int64)
        found, numbers = index.search(rows[3], 9, among=some)
        assert len(found) == len(numbers) <= 5
        assert numbers[0] == 3
        # Fewer than all are found, and none that is no row.
        assert min(index.search(rows[0], 3000)[1]) >= 0
