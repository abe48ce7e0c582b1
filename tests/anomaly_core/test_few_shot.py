"""The memory bank against brute force, and what its thinning may drop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from anomaly_core.config import FewShotConfig
from anomaly_core.decoders.memory_bank import FIRST_RADIUS, MemoryBank, anomaly_grid, image_score
from anomaly_core.decoders.patches import as_array, patch_grid
from anomaly_core.encoders.base import Features
from anomaly_core.errors import ConfigError


def unit_rows(*shape: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def features(seed: int = 0) -> Features:
    generator = torch.Generator().manual_seed(seed)
    taps = (torch.randn(5, 8, 12, generator=generator), torch.randn(7, 4, 6, generator=generator))
    return Features(taps, unit_rows(9), (64, 96))


def test_distances_equal_brute_force() -> None:
    bank, grid = MemoryBank(unit_rows(40, 6)), unit_rows(3, 5, 6, seed=1)
    found = bank.distances(grid)
    for row in range(3):
        for column in range(5):
            nearest = max(float(grid[row, column] @ patch) for patch in bank.patches)
            assert float(found[row, column]) == pytest.approx(1 - nearest, abs=1e-6)


def test_an_image_in_the_bank_is_at_distance_zero() -> None:
    grid = unit_rows(6, 7, 10)
    distances = MemoryBank.of([grid, unit_rows(4, 4, 10, seed=3)], limit=1000).distances(grid)
    assert distances.shape == (6, 7)
    assert float(distances.max()) < 1e-5
    assert float(distances.min()) >= 0.0


def test_distances_reach_two_for_opposite_patches() -> None:
    grid = unit_rows(1, 1, 4)
    assert float(MemoryBank(-grid.reshape(1, 4)).distances(grid)) == pytest.approx(2.0, abs=1e-6)


def test_a_bank_within_its_limit_keeps_every_patch() -> None:
    grids = [unit_rows(2, 3, 4), unit_rows(5, 4, seed=1)]
    bank = MemoryBank.of(grids, limit=11)
    assert torch.equal(bank.patches, torch.cat([grids[0].reshape(-1, 4), grids[1]]))


@pytest.mark.parametrize("limit", [64, 100, 300])
@pytest.mark.parametrize("seed", [0, 1])
def test_thinning_keeps_at_most_the_limit_and_only_patches_it_was_given(limit: int, seed: int) -> None:
    patches = unit_rows(1500, 3, seed=seed)
    kept = MemoryBank.of([patches], limit).patches
    assert 1 <= len(kept) <= limit
    assert bool((kept[:, None, :] == patches[None]).all(dim=2).any(dim=1).all())


def test_every_dropped_patch_has_a_kept_one_within_the_first_radius() -> None:
    # Thirty clusters, each much narrower than the radius: one pass suffices, so the radius never grows.
    centres = unit_rows(30, 32)
    jitter = 0.001 * torch.randn(50, 30, 32, generator=torch.Generator().manual_seed(1))
    patches = F.normalize(centres + jitter, dim=-1)
    bank = MemoryBank.of([patches], limit=64)
    assert len(bank.patches) == 30
    assert float(bank.distances(patches).max()) <= FIRST_RADIUS


def test_thinning_covers_nearly_as_well_as_greedy_k_centre() -> None:
    # Greedy farthest-first is within twice the best radius (Gonzalez 1985), doubling within eight times.
    patches, limit = unit_rows(1200, 3, seed=5), 64
    angle = torch.arccos((patches @ patches[:1].T).clamp(-1, 1))[:, 0]
    for _ in range(limit - 1):
        farthest = int(angle.argmax())
        angle = torch.minimum(angle, torch.arccos((patches @ patches[farthest]).clamp(-1, 1)))
    distances = MemoryBank.of([patches], limit).distances(patches[:, None])
    assert float(torch.arccos(1 - distances).max()) <= 8 * float(angle.max())


def test_rare_structure_outlives_plain_background() -> None:
    background = F.normalize(torch.tensor([1.0, 0, 0, 0]) + 0.01 * unit_rows(5000, 4), dim=-1)
    rare = torch.tensor([[0.0, 0, 0, 1.0]])
    bank = MemoryBank.of([background[:3000], rare, background[3000:]], limit=64)
    assert float(bank.distances(rare[None])) < 1e-6


def test_the_map_is_distances_less_a_share_of_their_median() -> None:
    bank, grid = MemoryBank(unit_rows(20, 5)), unit_rows(4, 4, 5, seed=2)
    distances = bank.distances(grid)
    reference = np.maximum(distances.numpy() - 0.3 * np.sort(distances.numpy().ravel())[7], 0)
    np.testing.assert_allclose(
        anomaly_grid(bank, grid, FewShotConfig(median_share=0.3)).numpy(), reference, atol=1e-6
    )


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.1, 5), (1.0, 50)])
def test_the_score_is_the_mean_of_the_highest_share(share: float, count: int) -> None:
    values = torch.rand(5, 10, generator=torch.Generator().manual_seed(0))
    expected = np.sort(values.numpy().ravel())[-count:].mean()
    assert image_score(values, FewShotConfig(top_share=share)) == pytest.approx(float(expected), rel=1e-5)


def test_a_tap_of_weight_zero_is_not_compared() -> None:
    given = features()
    expected = F.normalize(given.taps[1], dim=0).permute(1, 2, 0)
    torch.testing.assert_close(
        patch_grid(given, FewShotConfig(tap_weights=(0, 1), neighbourhood=1)), expected
    )


def test_the_cosine_is_the_weighted_mean_of_the_taps_cosines() -> None:
    a, b = features(0), features(1)
    config = FewShotConfig(tap_weights=(1.0, 3.0))
    joined = (patch_grid(a, config) * patch_grid(b, config)).sum(dim=-1)
    cosines = []
    for left, right in zip(a.taps, b.taps, strict=True):
        units = [F.adaptive_avg_pool2d(F.normalize(tap[None], dim=1), (4, 6)) for tap in (left, right)]
        cosines.append(F.cosine_similarity(*units, dim=1)[0])
    torch.testing.assert_close(joined, 0.25 * cosines[0] + 0.75 * cosines[1], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("neighbourhood", [1, 3, 5])
def test_patches_are_of_unit_length_on_the_deepest_grid(neighbourhood: int) -> None:
    grid = patch_grid(features(), FewShotConfig(tap_weights=(1, 1), neighbourhood=neighbourhood))
    assert grid.shape == (4, 6, 12)
    torch.testing.assert_close(grid.norm(dim=-1), torch.ones(4, 6))


@pytest.mark.parametrize("weights", [(1.0,), (1.0, 1.0, 1.0), (0.0, 0.0), (-1.0, 2.0)])
def test_weights_that_do_not_fit_the_taps_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="2 taps"):
        patch_grid(features(), FewShotConfig(tap_weights=weights))


def test_as_array_keeps_values_as_float32() -> None:
    array = as_array(torch.tensor([[0.5, 1.5]]))
    assert array.dtype == np.float32
    assert array.tolist() == [[0.5, 1.5]]
