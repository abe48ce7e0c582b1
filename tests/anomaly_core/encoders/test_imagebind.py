"""ImageBind's trunks against a plain reference of the published form, on tiny widths of its shape."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import pre_tokenizers
from torch import nn

from anomaly_core.encoders.base import ImageEncoder, TextEncoder, encode_one
from anomaly_core.encoders.registry import load_image_encoder, load_text_encoder
from anomaly_core.errors import ConfigError, WeightsDamaged, WeightsMissing

HEADS, WIDTH, TEXT_WIDTH, OUT, GRID, PATCH, LENGTH, LAYERS = 16, 32, 48, 24, 4, 14, 20, 4
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
WORDS = [*ALPHABET, *(letter + "</w>" for letter in ALPHABET), "<|startoftext|>", "<|endoftext|>"]
MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
STD = np.array([0.26862954, 0.26130258, 0.27577711])


def attention(x: torch.Tensor, layer: nn.MultiheadAttention, mask: torch.Tensor) -> torch.Tensor:
    """softmax(q k^T / sqrt(d) + mask) v for x of (B, T, width)."""
    q, k, v = (x @ layer.in_proj_weight.T + layer.in_proj_bias).unflatten(-1, (3, HEADS, -1)).movedim(2, 0)
    weights = (torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(q.shape[-1]) + mask).softmax(-1)
    return layer.out_proj(torch.einsum("bhij,bjhd->bihd", weights, v).flatten(2))


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.norm_1, self.norm_2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = x + attention(self.norm_1(x), self.attn, mask)
        return x + self.mlp["fc2"](nn.functional.gelu(self.mlp["fc1"](self.norm_2(x))))


def container(**parts: Any) -> nn.Module:
    """A module that only names its parts."""
    module = nn.Module()
    for name, part in parts.items():
        setattr(module, name, part)
    return module


class Reference(nn.Module):
    """Image and text trunk, written plainly, whose state dict has the published layout."""

    def __init__(self, layers: int = LAYERS) -> None:
        super().__init__()
        stem = nn.Sequential(
            nn.Identity(), nn.Conv3d(3, WIDTH, (2, PATCH, PATCH), (2, PATCH, PATCH), bias=False)
        )
        places = container(pos_embed=nn.Parameter(torch.empty(1, GRID * GRID + 1, WIDTH)))
        vision = container(
            cls_token=nn.Parameter(torch.empty(1, 1, WIDTH)),
            rgbt_stem=container(proj=stem),
            pos_embedding_helper=places,
        )
        text = container(
            pos_embed=nn.Parameter(torch.empty(1, LENGTH, TEXT_WIDTH)),
            token_embedding=nn.Embedding(len(WORDS), TEXT_WIDTH),
        )
        text.register_buffer("mask", torch.full((LENGTH, LENGTH), -math.inf).triu(1))
        self.modality_preprocessors = nn.ModuleDict({"vision": vision, "text": text})
        self.modality_trunks = nn.ModuleDict(
            {
                "vision": container(
                    pre_transformer_layer=nn.Sequential(nn.LayerNorm(WIDTH, 1e-6)),
                    blocks=nn.Sequential(*(Block(WIDTH) for _ in range(layers))),
                ),
                "text": container(blocks=nn.Sequential(*(Block(TEXT_WIDTH) for _ in range(layers)))),
                "audio": container(blocks=nn.Sequential(Block(WIDTH))),
            }
        )
        projection = nn.Linear(TEXT_WIDTH, OUT, bias=False)
        self.modality_heads = nn.ModuleDict(
            {
                "vision": nn.Sequential(
                    nn.LayerNorm(WIDTH, 1e-6), nn.Identity(), nn.Linear(WIDTH, OUT, bias=False)
                ),
                "text": container(proj=nn.Sequential(nn.LayerNorm(TEXT_WIDTH, 1e-6), projection)),
            }
        )
        scale = container(log_logit_scale=nn.Parameter(torch.empty(())))
        self.modality_postprocessors = nn.ModuleDict({"text": nn.Sequential(nn.Identity(), scale)})
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)

    @torch.no_grad()
    def image(self, pixels: np.ndarray) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Patch tokens after each block, (T, width), and the embedding, (OUT,)."""
        start, trunk = self.modality_preprocessors["vision"], self.modality_trunks["vision"]
        batch = torch.from_numpy(((pixels / 255 - MEAN) / STD).astype(np.float32)).permute(2, 0, 1)[None]
        frames = torch.stack([batch, batch], dim=2)  # (1, 3, 2, H, W)
        patches = start.rgbt_stem.proj(frames).flatten(2).mT
        x = torch.cat([start.cls_token, patches], dim=1) + start.pos_embedding_helper.pos_embed
        x = trunk.pre_transformer_layer(x)
        taps = []
        for block in trunk.blocks:
            x = block(x, torch.zeros(()))
            taps.append(x[0, 1:])
        norm, _, projection = self.modality_heads["vision"]
        return taps, projection(norm(x)[0, 0])

    @torch.no_grad()
    def text(self, ids: list[int]) -> torch.Tensor:
        """The embedding, (OUT,), of ids padded with zeros; the end token is the highest."""
        start = self.modality_preprocessors["text"]
        tokens = torch.tensor([ids + [0] * (LENGTH - len(ids))])
        x = start.token_embedding(tokens) + start.pos_embed
        for block in self.modality_trunks["text"].blocks:
            x = block(x, start.mask)
        return self.modality_heads["text"].proj(x)[0, int(tokens.argmax())]


def save_clip_tokenizer(folder: Path, words: list[str] = WORDS) -> None:
    vocabulary = {word: number for number, word in enumerate(words)}
    transformers.CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


@pytest.fixture(scope="module")
def file(reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("imagebind") / "imagebind_huge.pth"
    torch.save(reference.state_dict(), path)
    save_clip_tokenizer(path.parent)
    return path


def pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_the_references_attention_is_torchs(reference: Reference) -> None:
    x = torch.randn(2, 7, TEXT_WIDTH, generator=torch.Generator().manual_seed(1))
    layer, mask = reference.modality_trunks["text"].blocks[0].attn, torch.full((7, 7), -math.inf).triu(1)
    expected = layer(x, x, x, attn_mask=mask, need_weights=False)[0]
    assert torch.allclose(attention(x, layer, mask), expected, atol=1e-5)


def test_the_image_trunk_is_the_references(reference: Reference, file: Path) -> None:
    image = pixels(GRID * PATCH, GRID * PATCH)
    features = encode_one(load_image_encoder(str(file), taps=(1, 3, 4)), image)
    taps, embedding = reference.image(image)
    for tap, layer in zip(features.taps, (1, 3, 4), strict=True):
        assert torch.allclose(tap, taps[layer - 1].T.reshape(WIDTH, GRID, GRID), atol=1e-4)
    assert torch.allclose(features.embedding, embedding / embedding.norm(), atol=1e-5)


def test_the_text_trunk_is_the_references(reference: Reference, file: Path) -> None:
    encoder = load_text_encoder(str(file))
    texts = ["a flawless Screw", "with a scratch", "x" * 50]
    found = encoder.encode_text(texts)
    first, last = WORDS.index("<|startoftext|>"), WORDS.index("<|endoftext|>")
    for text, vector in zip(texts, found, strict=True):
        letters = [[*word[:-1], word[-1] + "</w>"] for word in text.lower().split()]
        ids = [WORDS.index(letter) for letter in itertools.chain(*letters)][: LENGTH - 2]
        expected = reference.text([first, *ids, last])
        assert torch.allclose(vector, expected / expected.norm(), atol=1e-5)


def test_the_contract(file: Path) -> None:
    encoder, text = load_image_encoder(str(file)), load_text_encoder(str(file))
    assert isinstance(encoder, ImageEncoder) and isinstance(text, TextEncoder)
    assert encoder.stride == PATCH and encoder.channels == (WIDTH,) * 4
    assert encoder.embedding_dim == text.embedding_dim == OUT
    image = pixels(3 * PATCH, 5 * PATCH)
    features = encode_one(encoder, image)
    assert [tap.shape for tap in features.taps] == [(WIDTH, 3, 5)] * 4
    assert features.input_size == (3 * PATCH, 5 * PATCH)
    again = load_image_encoder(str(file))
    assert again.name == encoder.name and encoder.name.startswith("imagebind_huge.pth:h1+2+3+4:")
    assert all(torch.equal(a, b) for a, b in zip(encode_one(again, image).taps, features.taps, strict=True))
    assert text.encode_text([]).shape == (0, OUT)
    with pytest.raises(ValueError, match="multiples"):
        encode_one(encoder, pixels(15, 14))


def test_the_default_taps_of_32_layers_are_the_papers(tmp_path: Path) -> None:
    torch.save(Reference(layers=32).state_dict(), tmp_path / "deep.pth")
    assert ":h8+16+24+32:" in load_image_encoder(str(tmp_path / "deep.pth")).name
    with pytest.raises(ConfigError, match="from 1 to 32"):
        load_image_encoder(str(tmp_path / "deep.pth"), taps=(0, 7))


def test_half_precision_and_the_old_form_of_a_file(reference: Reference, file: Path, tmp_path: Path) -> None:
    image = pixels(56, 56)
    state = {name: tensor.half() for name, tensor in reference.state_dict().items()}
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    found = encode_one(load_image_encoder(str(tmp_path / "old.pth")), image)
    assert torch.allclose(
        found.embedding, encode_one(load_image_encoder(str(file)), image).embedding, atol=0.02
    )


def drop(key: str) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda state: state.pop(key)


def put(key: str, *shape: int) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda state: state.update({key: torch.zeros(shape)})


BLOCKS = "modality_trunks.vision.blocks"
STEM = "modality_preprocessors.vision.rgbt_stem.proj.1.weight"
PLACES = "modality_preprocessors.vision.pos_embedding_helper.pos_embed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("modality_preprocessors.vision.cls_token"), r"vision\.cls_token is missing"),
        (drop(f"{BLOCKS}.2.mlp.fc1.bias"), r"blocks\.2\.mlp\.fc1\.bias is missing"),
        (put(f"{BLOCKS}.9.norm_1.bias", WIDTH), r"blocks\.4\.norm_1\.weight is missing"),
        (put(f"{BLOCKS}.3.attn.bias_k", 1, 1, WIDTH), r"blocks\.3\.attn\.bias_k is not expected"),
        (put(STEM, WIDTH, 3, PATCH, PATCH), r"rgbt_stem\.proj\.1\.weight has shape \(32, 3, 14, 14\)"),
        (put(f"{BLOCKS}.0.attn.in_proj_weight", 95, WIDTH), r"blocks\.0\.attn\.in_proj_weight has shape"),
        (put(f"{BLOCKS}.1.norm_2.weight", WIDTH + 1), r"blocks\.1\.norm_2\.weight has shape \(33,\)"),
        (put(PLACES, 1, 12, WIDTH), "11 positions are no square grid"),
    ],
)
def test_wrong_keys_and_shapes_are_named(
    reference: Reference, tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], message: str
) -> None:
    state = reference.state_dict()
    change(state)
    torch.save(state, tmp_path / "wrong.pth")
    with pytest.raises(WeightsDamaged, match=rf"wrong\.pth: .*{message}"):
        load_image_encoder(str(tmp_path / "wrong.pth"))


def test_files_that_hold_no_weights(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "file.pth"
    whole = file.read_bytes()
    for content in (b"", b"no torch file", whole[: len(whole) // 2], whole[:-40]):
        path.write_bytes(content)
        with pytest.raises(WeightsDamaged, match=r"file\.pth: no readable torch file"):
            load_image_encoder(str(path))
    for state, message in (
        ([1, 2], "no state dict"),
        ({"model": {}}, "no state dict"),
        ({}, "is missing"),
        (nn.Linear(1, 1), "no readable"),  # a pickled class could run code: it is never made
    ):
        torch.save(state, path)
        with pytest.raises(WeightsDamaged, match=message):
            load_image_encoder(str(path))


def test_the_text_trunk_needs_clips_tokenizer(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "imagebind_huge.pth"
    path.symlink_to(file)
    with pytest.raises(WeightsMissing, match=r"no tokenizer beside imagebind_huge\.pth; save the tokenizer"):
        load_text_encoder(str(path))
    save_clip_tokenizer(tmp_path, ["one more", *WORDS])
    with pytest.raises(ConfigError, match=r"end token is 514, imagebind_huge\.pth expects 513"):
        load_text_encoder(str(path))
