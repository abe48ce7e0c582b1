"""Every encoder family behind the Protocols: tiny random models from configs, and the real weights."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.encoders.base import Features, ImageEncoder, TextEncoder, encode_one, share_space
from anomaly_core.encoders.dinov2 import DinoV2Encoder
from anomaly_core.encoders.efficientnet import EfficientNetEncoder, EfficientNetLite0, SameConv2d
from anomaly_core.encoders.registry import IMAGE_ENCODERS, load_image_encoder, load_text_encoder
from anomaly_core.encoders.vision import TransformersVisionEncoder
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsError, WeightsMissing
from anomaly_core.weights.resolve import cached

SMALL = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 4, "intermediate_size": 64}
SQUARE = {"image_size": 56, "patch_size": 14}
TEXT = {**SMALL, "vocab_size": 20, "max_position_embeddings": 8}


def tiny_model(family: str) -> Any:
    """A random model of a few thousand weights."""
    torch.manual_seed(0)
    vision = {**SMALL, **SQUARE}
    if family == "dinov2":
        return transformers.Dinov2Model(transformers.Dinov2Config(**vision, mlp_ratio=2))
    if family == "dinov2_with_registers":
        config = transformers.Dinov2WithRegistersConfig(**vision, mlp_ratio=2, num_register_tokens=3)
        return transformers.Dinov2WithRegistersModel(config)
    if family == "dinov3_vit":
        config = transformers.DINOv3ViTConfig(**vision, num_register_tokens=4)
        return transformers.DINOv3ViTModel(config)
    if family == "clip":
        text = {**TEXT, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
        return transformers.CLIPModel(
            transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
        )
    return transformers.SiglipModel(
        transformers.SiglipConfig(text_config={**TEXT, "projection_size": 32}, vision_config=vision)
    )


def save_tokenizer(folder: Path) -> None:
    words = ["<pad>", "<bos>", "<eos>", "<unk>", "a", "photo", "of", "damaged", "flawless", "screw"]
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", eos_token="<eos>"
    ).save_pretrained(folder)


FAMILIES = ["dinov2", "dinov2_with_registers", "dinov3_vit", "clip", "siglip"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small lose time to threads that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for family in FAMILIES:
        made[family] = tmp_path_factory.mktemp(family)
        tiny_model(family).save_pretrained(made[family])
        save_tokenizer(made[family])
    made["efficientnet-lite0"] = tmp_path_factory.mktemp("lite0")
    torch.manual_seed(0)
    save_file(EfficientNetLite0().state_dict(), made["efficientnet-lite0"] / "model.safetensors")
    (made["efficientnet-lite0"] / "config.json").write_text('{"model_type": "efficientnet-lite0"}')
    return made


@pytest.fixture(scope="module")
def load(folders: dict[str, Path]) -> Callable[..., ImageEncoder]:
    return lambda name, **options: load_image_encoder(str(folders.get(name, name)), **options)


def pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("name", [*FAMILIES, "efficientnet-lite0", "tiny"])
def test_the_contract(load: Callable[..., ImageEncoder], name: str) -> None:
    encoder = load(name)
    assert isinstance(encoder, ImageEncoder)
    for rows, columns in ((4, 4), (3, 5), (7, 2)):
        image = pixels(rows * encoder.stride, columns * encoder.stride)
        features = encode_one(encoder, image)
        assert features.input_size == image.shape[:2]
        assert tuple(tap.shape[0] for tap in features.taps) == encoder.channels
        assert features.taps[-1].shape[1:] == (rows, columns)
        assert all(tap.dtype == torch.float32 and torch.isfinite(tap).all() for tap in features.taps)
        assert features.embedding.shape == (encoder.embedding_dim,)
        assert torch.linalg.norm(features.embedding).item() == pytest.approx(1, abs=1e-5)
        again = encode_one(encoder, image)
        assert all(torch.equal(a, b) for a, b in zip(features.taps, again.taps, strict=True))
        other = encode_one(encoder, pixels(*image.shape[:2], seed=1))
        assert not torch.equal(features.taps[0], other.taps[0])


@pytest.mark.parametrize("name", [*FAMILIES, "efficientnet-lite0", "tiny"])
def test_a_batch_gives_what_single_images_give(load: Callable[..., ImageEncoder], name: str) -> None:
    encoder = load(name)
    side = 4 * encoder.stride
    images = np.stack([pixels(side, side, seed) for seed in range(3)])
    for image, features in zip(images, encoder.encode(images), strict=True):
        single = encode_one(encoder, image)
        assert features.input_size == (side, side)
        assert torch.allclose(features.embedding, single.embedding, atol=1e-5)
        for tap, other in zip(features.taps, single.taps, strict=True):
            assert torch.allclose(tap, other, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 5), (7, 2)])
def test_dinov2_in_plain_torch_is_the_library_s(folders: dict[str, Path], rows: int, columns: int) -> None:
    library = TransformersVisionEncoder.load(folders["dinov2"], (1, 2))
    plain = DinoV2Encoder(folders["dinov2"], (1, 2))
    assert (plain.stride, plain.channels) == (library.stride, library.channels)
    images = np.stack([pixels(rows * plain.stride, columns * plain.stride, seed) for seed in range(2)])
    for one, other in zip(plain.encode(images), library.encode(images), strict=True):
        torch.testing.assert_close(one.embedding, other.embedding)
        for mine, theirs in zip(one.taps, other.taps, strict=True):
            torch.testing.assert_close(mine, theirs)


def test_dinov2_s_damaged_folders_are_named(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"config\.json"):
        DinoV2Encoder(tmp_path)
    with pytest.raises(ConfigError, match="rising"):
        DinoV2Encoder(folders["dinov2"], (2, 1))
    shutil.copytree(folders["dinov2"], tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WeightsDamaged, match="cut"):
        DinoV2Encoder(tmp_path / "cut")


def test_an_encoder_of_another_package_is_one_line() -> None:
    """Registered by name, it enrols and inspects like our own: this is the documentation's example."""

    class MeanColour:
        name, stride, channels, embedding_dim = "mean-colour", 8, (3,), 3

        def encode(self, batch: np.ndarray) -> list[Features]:
            values = torch.from_numpy(batch.astype(np.float32) / 255).permute(0, 3, 1, 2)
            taps = torch.nn.functional.avg_pool2d(values, self.stride)
            means = torch.nn.functional.normalize(values.mean(dim=(2, 3)), dim=1)
            return [Features((t,), m, batch.shape[1:3]) for t, m in zip(taps, means, strict=True)]

    IMAGE_ENCODERS.register("mean-colour", lambda taps=None, device="cpu": MeanColour())
    model = AnomalyGPT.from_pretrained(None, encoder="mean-colour")
    product = model.fit([np.full((64, 64, 3), (200, 200, shade), np.uint8) for shade in (96, 100, 104)])
    marked = np.full((64, 64, 3), (200, 200, 100), np.uint8)
    assert not model.inspect(marked, product).verdict.anomalous
    marked[40:56, 40:56] = (20, 200, 200)
    found = model.inspect(marked, product)
    assert found.verdict.decision == "fail"
    assert found.regions[0].cell == "bottom right"


@pytest.mark.parametrize("name", [*FAMILIES, "efficientnet-lite0", "tiny"])
def test_wrong_input_raises(load: Callable[..., ImageEncoder], name: str) -> None:
    encoder = load(name)
    side = 4 * encoder.stride
    for wrong in (
        pixels(side + 1, side),
        pixels(side, side).astype(np.float32),
        pixels(side, side)[..., 0],
        np.zeros((side, side, 4), np.uint8),
        np.zeros((0, side, 3), np.uint8),
    ):
        with pytest.raises(ValueError, match=r"expected|multiples"):
            encode_one(encoder, wrong)


def test_views_and_read_only_arrays_are_taken(load: Callable[..., ImageEncoder]) -> None:
    image = pixels(64, 64)
    image.flags.writeable = False
    features = encode_one(load("tiny"), image[::-1, ::-1])
    assert torch.equal(features.taps[0], encode_one(load("tiny"), image[::-1, ::-1].copy()).taps[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_patch_stays_in_its_place(load: Callable[..., ImageEncoder], family: str) -> None:
    # Oracle for the reshape: the shallowest tap changes most where the image was changed.
    encoder = load(family, taps=(1,))
    plain = np.full((4 * 14, 6 * 14, 3), 128, np.uint8)
    marked = plain.copy()
    marked[14:28, 56:70] = pixels(14, 14)
    change = (encode_one(encoder, marked).taps[0] - encode_one(encoder, plain).taps[0]).norm(dim=0)
    assert divmod(int(change.argmax()), 6) == (1, 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_taps_and_projection_are_the_models_own(
    load: Callable[..., ImageEncoder], folders: dict[str, Path], family: str
) -> None:
    model = tiny_model(family).eval()
    encoder = load(family)
    image = pixels(56, 56)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (encoder._mean, encoder._std))
    batch = ((torch.from_numpy(image).permute(2, 0, 1) - mean) / std)[None]
    with torch.inference_mode():
        vision = model.vision_model if family in ("clip", "siglip") else model
        output = vision(batch, output_hidden_states=True)
        features = encode_one(encoder, image)
        tokens = output.hidden_states[2][0, -16:].T.reshape(32, 4, 4)
        assert torch.allclose(features.taps[1], tokens, atol=1e-5)
        if family == "clip":
            expected = model.visual_projection(output.pooler_output)[0]
        elif family == "siglip":
            expected = output.pooler_output[0]
        else:
            expected = output.hidden_states[4][0, -16:].mean(0)
    assert torch.allclose(features.embedding, expected / expected.norm(), atol=1e-5)


def test_names_tell_taps_and_weights_apart(
    load: Callable[..., ImageEncoder], folders: dict[str, Path], tmp_path: Path
) -> None:
    source = folders["dinov2"]
    assert load("dinov2").name == load("dinov2").name
    assert load("dinov2").name != load("dinov2", taps=(1, 2)).name
    state = load_file(source / "model.safetensors")
    state["layernorm.bias"] += 1
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text((source / "config.json").read_text())
    assert load_image_encoder(str(tmp_path)).name.split(":")[-1] != load("dinov2").name.split(":")[-1]


def test_the_models_own_colours_and_taps_win(folders: dict[str, Path], tmp_path: Path) -> None:
    config = json.loads((folders["dinov2"] / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "iad_taps": [2, 3]}))
    (tmp_path / "model.safetensors").write_bytes((folders["dinov2"] / "model.safetensors").read_bytes())
    colours = {"image_mean": [0.1, 0.2, 0.3], "image_std": [1, 1, 1]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(colours))
    encoder: Any = load_image_encoder(str(tmp_path))
    assert encoder._mean == pytest.approx([25.5, 51, 76.5]) and ":h2+3:" in encoder.name


@pytest.mark.parametrize("taps", [(), (0,), (5,), (2, 1), (1, 1)])
def test_impossible_taps(load: Callable[..., ImageEncoder], taps: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="taps"):
        load("dinov2", taps=taps)


@pytest.mark.parametrize("taps", [(), (-1,), (16,), (4, 2)])
def test_impossible_block_taps(folders: dict[str, Path], taps: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="taps"):
        EfficientNetEncoder(folders["efficientnet-lite0"], taps)


def test_missing_weights_are_no_random_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    state = load_file(folders["dinov2"] / "model.safetensors")
    state.pop("layernorm.bias")
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_text((folders["dinov2"] / "config.json").read_text())
    with pytest.raises(WeightsDamaged, match=r"1 weights are missing, layernorm\.bias"):
        load_image_encoder(str(tmp_path))


@pytest.mark.parametrize("name", ["dinov2", "efficientnet-lite0"])
def test_cut_off_weights(folders: dict[str, Path], tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text((folders[name] / "config.json").read_text())
    with pytest.raises(WeightsMissing):
        load_image_encoder(str(tmp_path))
    data = (folders[name] / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(WeightsError):
        load_image_encoder(str(tmp_path))


def test_folders_that_hold_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"config\.json"):
        load_image_encoder(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ConfigError, match="gpt2"):
        load_image_encoder(str(tmp_path))
    with pytest.raises(ConfigError, match="gpt2"):
        load_text_encoder(str(tmp_path))


@pytest.mark.parametrize(("size", "kernel", "stride", "before"), [(8, 3, 2, 0), (7, 3, 2, 1), (8, 5, 2, 1)])
def test_same_padding_is_tensorflows(size: int, kernel: int, stride: int, before: int) -> None:
    conv = SameConv2d(1, 1, kernel, stride, bias=False)
    conv.weight.data.zero_()
    conv.weight.data[0, 0, before, before] = 1  # picks the pixel under the window's first real sample
    image = torch.arange(size * size, dtype=torch.float32).view(1, 1, size, size)
    assert torch.equal(conv(image), image[..., ::stride, ::stride])


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_text_towers(folders: dict[str, Path], family: str) -> None:
    encoder = load_text_encoder(str(folders[family]))
    assert isinstance(encoder, TextEncoder)
    vectors = encoder.encode_text(["a photo of a damaged screw", "a screw", "a " * 50])
    assert vectors.shape == (3, encoder.embedding_dim) and vectors.dtype == torch.float32
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-5)
    assert share_space(load_image_encoder(str(folders[family])), encoder)
    other = next(each for each in folders if each != family)
    assert not share_space(load_image_encoder(str(folders[other])), encoder)
    # Neither order nor neighbours change a text's vector.
    assert torch.allclose(encoder.encode_text(["a screw"])[0], vectors[1], atol=1e-5)
    assert encoder.encode_text([]).shape == (0, encoder.embedding_dim)


def test_tiny_text_encoder_finds_shared_words() -> None:
    encoder = load_text_encoder("tiny")
    assert isinstance(encoder, TextEncoder)
    one, two, three = encoder.encode_text(["a scratch on the head", "scratch, on the Head", "thread bent"])
    assert one @ two > 0.8 > 0.4 > abs(one @ three)
    assert torch.isfinite(encoder.encode_text([""])).all()
    assert encoder.encode_text([]).shape == (0, 64)


def need(name: str) -> None:
    if cached(name) is None:
        pytest.skip(f"needs `iad weights pull {name}`")


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "channels"), [("efficientnet-lite0", (40, 112)), ("dinov2-small", (384, 384))]
)
def test_real_image_encoders(name: str, channels: tuple[int, ...]) -> None:
    need(name)
    encoder = load_image_encoder(name)
    assert encoder.channels == channels
    assert encoder.name.startswith(f"{name}:")
    flat = encode_one(encoder, np.full((112, 224, 3), 127, np.uint8))
    noise = encode_one(encoder, pixels(112, 224))
    assert torch.isfinite(noise.taps[-1]).all()
    assert float(flat.embedding @ noise.embedding) < 0.9


@pytest.mark.weights
def test_real_sentence_encoder() -> None:
    need("minilm")
    encoder = load_text_encoder("minilm")
    assert isinstance(encoder, TextEncoder) and encoder.embedding_dim == 384
    texts = ["a scratch on the metal", "scratched metal surface", "the cat sleeps"]
    near, far = (encoder.encode_text(texts) @ encoder.encode_text(texts).T)[0, 1:]
    assert near > 0.7 and far < 0.2
    # Padding beside longer texts changes nothing.
    beside = encoder.encode_text([texts[2], " ".join(texts * 20)])[0]
    assert torch.allclose(beside, encoder.encode_text([texts[2]])[0], atol=1e-5)
