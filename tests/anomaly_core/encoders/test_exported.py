"""Image encoders by ONNX Runtime and OpenVINO: the same taps at every size, the same verdicts."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import numpy as np
import openvino
import pytest
import torch
import transformers
from safetensors.torch import save_file

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.checkpoint import load_shipped
from anomaly_core.config import DEFAULT_ENCODER, DetectorConfig, Runtime
from anomaly_core.encoders.base import GraphEncoder
from anomaly_core.encoders.dinov2 import DinoV2Encoder
from anomaly_core.encoders.efficientnet import EfficientNetEncoder, EfficientNetLite0
from anomaly_core.encoders.exported import ExportedEncoder, export
from anomaly_core.encoders.fakes import TinyEncoder
from anomaly_core.encoders.registry import SEPARATOR, load_image_encoder
from anomaly_core.errors import ConfigError, WeightsDamaged
from anomaly_core.imaging.reading import load_image
from anomaly_core.weights.resolve import cached

RUNTIMES = [name for name in get_args(Runtime) if name != "torch"]
IN_FLOAT32 = ["onnx", "openvino"]
SIZES = [(1, 1), (1, 3), (4, 4), (3, 5), (7, 2)]
"""Of the patch grid; 4 x 4 is the small DINOv2's own."""
GOOD, NEW = 8, 12
AGREE: dict[Runtime, float] = {"onnx": 1e-3, "openvino": 1e-3, "openvino-bf16": 0.1}
"""How far a p-value's log odds may move: bfloat16 keeps eight bits of each number, and moved
them by less than .1 where this test ran with it."""


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def has_bfloat16() -> bool:
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weight cache."""
    monkeypatch.setenv("IAD_CACHE", str(tmp_path))
    return tmp_path


def small(name: str, folder: Path) -> GraphEncoder:
    """An encoder with random weights."""
    torch.manual_seed(0)
    if name == "tiny":
        return TinyEncoder()
    if name == "efficientnet-lite0":
        save_file(EfficientNetLite0().state_dict(), folder / "model.safetensors")
        return EfficientNetEncoder(folder)
    config = transformers.Dinov2Config(
        hidden_size=32, num_attention_heads=4, num_hidden_layers=4, image_size=56, patch_size=14, mlp_ratio=2
    )
    transformers.Dinov2Model(config).save_pretrained(folder)
    return DinoV2Encoder(folder, (1, 3))


@pytest.mark.parametrize("runtime", IN_FLOAT32)
@pytest.mark.parametrize("name", ["tiny", "efficientnet-lite0", "dinov2"])
def test_taps_are_torch_s_at_every_size(name: str, runtime: Runtime, cache: Path) -> None:
    encoder = small(name, cache)
    exported = ExportedEncoder(encoder, runtime)
    assert exported.name == encoder.name
    assert (exported.stride, exported.channels, exported.embedding_dim) == (
        (encoder.stride, encoder.channels, encoder.embedding_dim)
    )
    random = np.random.default_rng(0)
    for number, (rows, columns) in enumerate(SIZES):
        shape = (1 + number % 3, rows * encoder.stride, columns * encoder.stride, 3)
        batch = random.integers(0, 256, shape, np.uint8)
        for one, other in zip(exported.encode(batch), encoder.encode(batch), strict=True):
            assert one.input_size == other.input_size
            torch.testing.assert_close(one.embedding, other.embedding, atol=1e-5, rtol=0)
            for mine, theirs in zip(one.taps, other.taps, strict=True):
                torch.testing.assert_close(mine, theirs, atol=1e-5 * float(theirs.abs().max()), rtol=0)


@pytest.mark.parametrize(("name", "apart"), [("dinov2", 0.02), ("efficientnet-lite0", 1e-5)])
def test_in_bfloat16_a_transformer_is_close_and_convolutions_stay_in_float32(
    name: str, apart: float, cache: Path
) -> None:
    if not has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    encoder = small(name, cache)
    batch = np.random.default_rng(0).integers(
        0, 256, (2, 4 * encoder.stride, 4 * encoder.stride, 3), np.uint8
    )
    (one, _), (other, _) = ExportedEncoder(encoder, "openvino-bf16").encode(batch), encoder.encode(batch)
    far = [float((mine - tap).norm() / tap.norm()) for mine, tap in zip(one.taps, other.taps, strict=True)]
    assert 0 < max(far) < apart


@pytest.mark.parametrize("runtime", IN_FLOAT32)
def test_threads_encode_at_the_same_time(runtime: Runtime, cache: Path) -> None:
    encoder = load_image_encoder("tiny", runtime=runtime)
    batches = np.random.default_rng(0).integers(0, 256, (40, 1, 64, 64, 3), np.uint8)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.encode, batches))
    for batch, (features,) in zip(batches, together, strict=True):
        assert torch.equal(features.taps[0], encoder.encode(batch)[0].taps[0])


def test_the_graph_is_written_once_and_again_for_other_weights(cache: Path) -> None:
    first = export(TinyEncoder())
    written = first.stat().st_mtime_ns
    assert export(TinyEncoder()) == first
    assert first.stat().st_mtime_ns == written
    assert export(TinyEncoder(seed=1)) != first
    assert sorted(path.suffix for path in (cache / "graphs").iterdir()) == [".onnx", ".onnx"]


@pytest.mark.parametrize("runtime", IN_FLOAT32)
def test_a_damaged_graph_is_named(runtime: Runtime, cache: Path) -> None:
    path = export(TinyEncoder())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsDamaged, match="delete it"):
        load_image_encoder("tiny", runtime=runtime)


def test_what_cannot_be_computed_is_refused_with_its_remedy(cache: Path) -> None:
    with pytest.raises(ConfigError, match="set device to cpu, or runtime to torch"):
        load_image_encoder("tiny", device="cuda", runtime="onnx")
    if not has_bfloat16():
        with pytest.raises(ConfigError, match="set runtime to openvino"):
            load_image_encoder("tiny", runtime="openvino-bf16")
    config = transformers.Dinov2WithRegistersConfig(
        hidden_size=32, num_attention_heads=4, num_hidden_layers=1
    )
    transformers.Dinov2WithRegistersModel(config).save_pretrained(cache / "registers")
    with pytest.raises(ConfigError, match="no graph to export: set runtime to torch"):
        load_image_encoder(str(cache / "registers"), runtime="onnx")


@pytest.mark.weights
@pytest.mark.slow
def test_a_product_of_torch_is_judged_the_same() -> None:
    needed = ("elpv", *DEFAULT_ENCODER.split(SEPARATOR))
    if any(cached(name) is None for name in needed):
        pytest.skip(f"needs `iad weights pull {' '.join(needed)}`")
    folder = cached("elpv")
    assert folder is not None
    images = [load_image(path) for path in sorted(folder.rglob("*.png"))[: GOOD + NEW]]

    def model(runtime: Runtime) -> AnomalyGPT:
        encoder = load_image_encoder(DEFAULT_ENCODER, runtime=runtime)
        return AnomalyGPT(encoder, DetectorConfig(), load_shipped(DEFAULT_ENCODER))

    reference = model("torch")
    product = reference.fit(images[:GOOD])
    expected = [reference.inspect(image, product).verdict for image in images[GOOD:]]
    for runtime in RUNTIMES if has_bfloat16() else IN_FLOAT32:
        other = model(runtime)
        for image, verdict in zip(images[GOOD:], expected, strict=True):
            found = other.inspect(image, product).verdict
            assert abs(log_odds(found.p_value) - log_odds(verdict.p_value)) <= AGREE[runtime], runtime
            assert found.decision == verdict.decision or "review" in (found.decision, verdict.decision)
