"""Types by text alignment, with two towers whose common space is known by heart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from anomaly_core.encoders.base import Features, share_space
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from tools.classify.aligned import aligned_fits
from tools.classify.scores import UNKNOWN, weigh

COLOURS = ("red", "green", "blue")


class Eye:
    """An image encoder that sees the mean colour, less the part's grey."""

    name, stride, channels, embedding_dim = "colours:h1:00", 16, (3,), 3

    def encode(self, batch: np.ndarray) -> list[Features]:
        _, height, width, _ = batch.shape
        assert height % self.stride == 0
        means = torch.from_numpy(batch.astype(np.float32)).mean(dim=(1, 2)) - 100
        return [Features((m[:, None, None],), F.normalize(m, dim=0), (height, width)) for m in means]


class Words:
    """A text encoder in the same space: a colour's name points along its colour."""

    name, embedding_dim = "colours:text:00", 3

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        rows = [[float(colour in text) + 0.1 for colour in COLOURS] for text in texts]
        return F.normalize(torch.tensor(rows), dim=1)


def blotted(colour: int) -> np.ndarray:
    pixels = np.full((400, 500, 3), 100, np.uint8)
    pixels[300:340, 100:160, colour] = 250
    return pixels


@pytest.mark.parametrize("colour", [0, 1, 2])
def test_the_type_whose_name_fits_the_close_up_is_named(colour: int) -> None:
    types = ["red_stain", "green_stain", "blue_stain"]
    fits = aligned_fits(Eye(), Words(), blotted(colour), (100, 300, 160, 340), "plate", types)
    assert list(fits) == types
    assert max(fits, key=fits.__getitem__) == types[colour]
    # Notes that fit all alike decide nothing: the name does.
    record = weigh({}, dict.fromkeys(types, 0.0), aligned=fits)
    assert record.name == types[colour]


def test_names_that_fit_no_better_than_any_defect_leave_it_unknown() -> None:
    types = ["scratch", "dent"]
    fits = aligned_fits(Eye(), Words(), blotted(1), (100, 300, 160, 340), "plate", types)
    assert fits == pytest.approx(dict.fromkeys(types, 0.0), abs=1e-6)
    assert weigh({}, dict.fromkeys(types, 0.0), aligned=fits).name == UNKNOWN


def test_a_confirmed_example_outweighs_a_name() -> None:
    near, notes = {"scratch": [0.97]}, {"scratch": 0.0, "dent": 0.0}
    assert weigh(near, notes, aligned={"scratch": -0.01, "dent": 0.01}).name == "scratch"


def test_encoders_without_a_common_space_say_nothing() -> None:
    assert not share_space(TinyEncoder(), TinyTextEncoder())
    assert not share_space(Eye(), TinyTextEncoder())
    pixels = blotted(0)
    assert aligned_fits(TinyEncoder(), TinyTextEncoder(), pixels, (0, 0, 9, 9), "plate", ["stain"]) == {}
    assert aligned_fits(Eye(), Words(), pixels, (0, 0, 9, 9), "plate", []) == {}


def test_a_region_at_the_edge_of_a_small_image_is_seen_whole() -> None:
    fits = aligned_fits(Eye(), Words(), blotted(2)[300:340, 100:160], (0, 0, 60, 40), "plate", ["blue mark"])
    assert fits["blue mark"] > 0.1
