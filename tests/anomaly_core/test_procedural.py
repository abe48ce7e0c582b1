"""Drawn products: one design each, photographs that differ."""

import numpy as np
import pytest

from anomaly_core.simulation.procedural import KINDS, ProceduralProduct, procedural_products


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_photographs_of_one_design_differ_less_than_designs(kind: str) -> None:
    product = ProceduralProduct(kind, seed=1)
    first, again, second = (product.image(i, 64) for i in (0, 0, 1))
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    assert first.std() > 3, "an even picture would teach nothing"
    others = [ProceduralProduct(kind, seed=s).image(0, 64).mean((0, 1)) for s in range(2, 8)]
    within = np.abs(first.mean((0, 1)) - second.mean((0, 1))).max()
    assert max(np.abs(first.mean((0, 1)) - other).max() for other in others) > within


def test_products_take_the_kinds_in_turn_and_seeds_do_not_meet() -> None:
    products = procedural_products(20, seed=3)
    assert {p.kind for p in products} == set(KINDS)
    assert len({(p.kind, p.seed) for p in products + procedural_products(20, seed=4)}) == 40
