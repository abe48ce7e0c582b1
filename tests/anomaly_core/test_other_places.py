"""One image compared with its own mirrored views: nothing may find its own place again."""

import numpy as np
import pytest
import torch

from anomaly_core.decoders.memory_bank import MemoryBank
from anomaly_core.imaging.augment import flips, undo_flip


def compared(shown: list[torch.Tensor], view: int, limit: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The bank's patches, and (h * w, n) which of them each patch is not compared with."""
    bank = MemoryBank.of_other_places(shown, view, limit)
    apart = bank._excluded
    assert apart is not None
    return bank.patches, apart


def grids(height: int, width: int) -> list[torch.Tensor]:
    """Patches whose first channel tells their place in the first view."""
    numbers = np.arange(height * width, dtype=np.float32).reshape(height, width, 1)
    return [torch.from_numpy(view) for view in flips(numbers)]


@pytest.mark.parametrize("view", [0, 1, 2, 3])
def test_a_patch_is_compared_with_no_view_of_its_own_place_or_the_next(view: int) -> None:
    shown = grids(5, 7)
    patches, left_out = compared(shown, view, limit=10_000)
    places = patches[:, 0].long()
    for patch, row in zip(shown[view].flatten().long(), left_out, strict=True):
        rows_apart = (places // 7 - patch // 7).abs()
        columns_apart = (places % 7 - patch % 7).abs()
        assert torch.equal(row, (rows_apart <= 1) & (columns_apart <= 1))
    # Nine places in each of four views, four in a corner.
    assert int(left_out.sum(dim=1).max()) == 36
    assert int(left_out.sum(dim=1).min()) == 16


def test_a_grid_without_another_place_is_compared_with_all() -> None:
    _, left_out = compared(grids(2, 2), 0, limit=100)
    assert not left_out.any()


def test_the_bank_stays_within_its_limit() -> None:
    patches, left_out = compared(grids(40, 40), 1, limit=1000)
    assert len(patches) <= 1000
    assert left_out.shape == (1600, len(patches))


def test_every_view_is_laid_back_on_the_first() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    for number, view in enumerate(flips(values)):
        assert (undo_flip(torch.from_numpy(view), number).numpy() == values).all()
    assert len({view.tobytes() for view in flips(values)}) == 4
