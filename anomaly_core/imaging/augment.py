"""Other views of one image: mirrored, turned, at another exposure; and one image compared with itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.decoders.memory_bank import MemoryBank

PERTURBATIONS: Final = (0.94, 1.06)
_AXES: Final = ((), (0, 1), (1,), (0,))
"""Axes that are reversed in each of `symmetries`; each is its own inverse."""


def symmetries(rendered: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the (H, W, ...) input, half a turn of it, and the mirror images of both."""
    half_turned = rendered[::-1, ::-1]
    both = [rendered, half_turned, rendered[:, ::-1], half_turned[:, ::-1]]
    return [np.ascontiguousarray(view) for view in both]


def unturned(values: torch.Tensor, number: int) -> torch.Tensor:
    """Return (h, w) values over the view of this number in `symmetries`, laid back on the first."""
    return values.flip(_AXES[number])


def among_themselves(grids: Sequence[torch.Tensor], view: int, limit: int) -> tuple[MemoryBank, torch.Tensor]:
    """Return a bank of one image's `symmetries`, and what of it one of them is not compared with.

    grids: (h, w, C) patches of each view. view: the number of the one that is compared. A view finds
    itself in every other, a new image has no such twin: what shows a patch's own place, or one next to it, is
    left out, (h * w, n) bool; where that is all there is, nothing is. The bank has evenly spaced patches,
    `limit` at most.
    """
    height, width, _ = grids[0].shape
    places = np.moveaxis(np.indices((height, width), dtype=np.int16), 0, -1)
    shown = [each.reshape(-1, 2) for each in symmetries(places)]
    step = -(-len(grids) * height * width // limit)
    others = np.concatenate(shown)[::step]
    own = np.ones((height * width, len(others)), dtype=np.bool_)
    for axis in (0, 1):
        own &= np.abs(shown[view][:, None, axis] - others[None, :, axis]) <= 1
    own[own.all(axis=1)] = False
    patches = torch.cat([grid.flatten(0, 1) for grid in grids])[::step]
    return MemoryBank(patches), torch.from_numpy(own)


def perturbations(rendered: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the input at slightly other exposure and shifted by a few pixels."""
    brighter = [np.clip(rendered * gain, 0, 255).astype(np.uint8) for gain in PERTURBATIONS]
    shifted = np.roll(rendered, (5, 5), axis=(0, 1))
    return [*brighter, shifted]
