"""The text-aligned decoder against the paper's equation, and a tiny CLIP without training."""

import pytest
import torch
from torch.nn import functional as F

from anomaly_core.decoders.prompts import ABNORMAL_STATES, NORMAL_STATES, compose
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, mean_of_taps, text_vectors
from anomaly_core.encoders.fakes import TinyTextEncoder
from anomaly_core.errors import ConfigError


def test_prompts_are_every_state_in_every_template() -> None:
    assert len(compose(NORMAL_STATES, "screw")) == 14
    assert len(compose(ABNORMAL_STATES, "screw")) == 10
    assert compose(("flawless {}",), "metal_nut") == [
        "a photo of a flawless metal nut.",
        "a photo of the flawless metal nut.",
    ]
    assert compose(("{}",), " ")[0] == "a photo of a object."
    assert compose(("{}",), "{0}")[0] == "a photo of a {0}."


def test_text_vectors_are_normalised_means() -> None:
    encoder = TinyTextEncoder()
    vectors = text_vectors(encoder, "screw")
    reference = encoder.encode_text(compose(ABNORMAL_STATES, "screw")).mean(0)
    assert torch.allclose(vectors[1], reference / reference.norm(), atol=1e-6)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2))


def test_equation_one() -> None:
    torch.manual_seed(0)
    text = F.normalize(torch.randn(2, 6), dim=1)
    decoder = TextAlignedDecoder([4, 5], text)
    taps = [torch.randn(1, 4, 3, 2), torch.randn(1, 5, 6, 4)]
    for tap, linear, found in zip(taps, decoder.linears, decoder(taps), strict=True):
        for row in range(tap.shape[2]):
            for column in range(tap.shape[3]):
                patch = linear(tap[0, :, row, column])
                normal, abnormal = (100 * (patch @ t / patch.norm()).exp().log() for t in text)
                expected = (abnormal - torch.logaddexp(normal, abnormal)).exp()
                assert float(found[0, row, column].detach()) == pytest.approx(
                    float(expected.detach()), abs=1e-4
                )


def test_maps_are_means_over_taps_on_grid_and_image() -> None:
    decoder = TextAlignedDecoder([4, 5], torch.randn(2, 6))
    taps = [torch.randn(2, 4, 6, 8), torch.randn(2, 5, 3, 4)]
    with torch.no_grad():
        assert decoder.patch_map(taps).shape == (2, 6, 8)
        fine = decoder.anomaly_map(taps, (60, 80))
    assert fine.shape == (2, 60, 80)
    assert 0 <= float(fine.min()) <= float(fine.max()) <= 1
    flat = mean_of_taps([torch.full((1, 2, 2), 0.2), torch.full((1, 4, 4), 0.6)], (9, 9))
    assert torch.allclose(flat, torch.full((1, 9, 9), 0.4))


def test_the_papers_shapes() -> None:
    decoder = TextAlignedDecoder([1280] * 4, torch.randn(2, 1024))
    with torch.no_grad():
        assert decoder.anomaly_map([torch.randn(1, 1280, 16, 16)] * 4, (224, 224)).shape == (1, 224, 224)
    assert sum(p.numel() for p in decoder.parameters()) == 4 * (1280 * 1024 + 1024)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="text vectors"):
        TextAlignedDecoder([4], torch.zeros(3, 6))
    with pytest.raises(ValueError, match="expected 1 taps"):
        TextAlignedDecoder([4], torch.ones(2, 6))([torch.zeros(1, 4, 2, 2)] * 2)
