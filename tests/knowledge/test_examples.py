"""Confirmed examples: kept apart from the enrolment, found by likeness, in whole transactions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anomaly_core.errors import ConfigError, StoreDamaged
from knowledge.products.examples import Example, ExampleIndex, put_example
from knowledge.store.store import Store


def example(id_: str, defect: str = "scratch", encoder: str = "tiny") -> Example:
    return Example(id_, defect, "0" * 64, f"{id_}.png", (1, 2, 3, 4), encoder)


def vector(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def add(store: Store, one: Example, features: np.ndarray) -> None:
    with store.transaction("example") as tx:
        put_example(tx, "nut", one, features)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", create=True)


def test_the_nearest_comes_first(store: Store) -> None:
    index = ExampleIndex(store)
    assert index.nearest("nut", vector(1, 0), encoder="tiny") == []
    add(store, example("a"), vector(2, 0))
    add(store, example("b", "dent"), vector(0, 3))
    hits = index.nearest("nut", vector(0.1, 1), encoder="tiny")
    assert [hit.example.id for hit in hits] == ["b", "a"]
    assert hits[0].similarity == pytest.approx(0.995, abs=1e-3)
    assert index.nearest("bolt", vector(1, 0), encoder="tiny") == []


def test_how_far_types_are_apart(store: Store) -> None:
    index = ExampleIndex(store)
    assert index.cross_type_similarities("nut", encoder="tiny") == []
    for id_, defect, features in (("a", "scratch", (1, 0)), ("b", "scratch", (1, 1)), ("c", "dent", (0, 1))):
        add(store, example(id_, defect), vector(*features))
    similarities = index.cross_type_similarities("nut", encoder="tiny")
    assert sorted(similarities) == pytest.approx([0, 0.7071], abs=1e-3)


def test_another_process_reads_them(store: Store) -> None:
    add(store, example("a"), vector(1, 0))
    other = ExampleIndex(Store.open(store.root))
    assert other.examples("nut") == [example("a")]
    assert other.nearest("nut", vector(1, 0), encoder="tiny")[0].similarity == pytest.approx(1)


def test_encoders_are_kept_apart(store: Store) -> None:
    index = ExampleIndex(store)
    add(store, example("a"), vector(1, 0))
    add(store, example("b", encoder="large"), vector(1, 0, 0))
    assert [hit.example.id for hit in index.nearest("nut", vector(1, 0), encoder="tiny")] == ["a"]
    assert [hit.example.id for hit in index.nearest("nut", vector(1, 0, 0), encoder="large")] == ["b"]
    assert {each.id for each in index.examples("nut")} == {"a", "b"}


def test_the_same_id_gives_way(store: Store) -> None:
    index = ExampleIndex(store)
    add(store, example("a"), vector(1, 0))
    add(store, example("a", "dent"), vector(0, 1))
    assert [each.defect for each in index.examples("nut")] == ["dent"]


def test_a_transaction_that_fails_keeps_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="halt"), store.transaction("two") as tx:
        put_example(tx, "nut", example("a"), vector(1, 0))
        raise RuntimeError("halt")
    assert ExampleIndex(store).examples("nut") == []


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_that_is_none_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ConfigError, match="no defect type"):
        add(store, example("a", name), vector(1, 0))


def test_features_of_another_length_are_a_mistake(store: Store) -> None:
    index = ExampleIndex(store)
    add(store, example("a"), vector(1, 0))
    with pytest.raises(ValueError, match="length 3"):
        add(store, example("b"), vector(1, 0, 0))
    with pytest.raises(ValueError, match="shape"):
        index.nearest("nut", vector(1, 0, 0), encoder="tiny")


def test_damage_is_told(store: Store) -> None:
    add(store, example("a"), vector(1, 0))
    (key,) = [key for key in store.snapshot().keys("examples/") if key.endswith(".json")]
    with store.transaction("damage") as tx:
        tx.put(key, b"{}")
    with pytest.raises(StoreDamaged, match="confirm the examples again"):
        ExampleIndex(store).examples("nut")
