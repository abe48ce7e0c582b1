"""Code outside the packages adds encoders, scorers, language and chat models: documentation by example.

The image encoder and the tool have their examples in test_encoders.py and test_tools.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from langchain_core.language_models import BaseChatModel
from PIL import Image
from plates import part

from agents.app import Application
from agents.chat_models.build import CHAT_MODELS, build_chat_model
from agents.chat_models.scripted import ScriptedChatModel
from agents.settings import Settings
from anomaly_core import AnomalyGPT, DetectorConfig, load_image
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.encoders.registry import TEXT_ENCODERS, load_text_encoder
from anomaly_core.errors import ConfigError
from anomaly_core.language.base import Message
from anomaly_core.language.registry import LANGUAGE_MODELS, load_language_model
from anomaly_core.product import INDEPENDENT_SHARE
from anomaly_core.scoring.scorer import SCORERS, Fit, Score, State


class Brightness:
    """A scorer: how far an image's mean grey level lies from that of the good images."""

    name, fingerprint = "brightness", "brightness 1"

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit | None:
        levels = np.array([image.pixels.mean() for image in images])
        others = (
            [float(np.delete(levels, i).mean()) for i in range(len(levels))] if len(levels) > 1 else levels
        )
        good = [self._score(level, other) for level, other in zip(levels, others, strict=True)]
        return Fit(State(meta={"level": float(levels.mean())}), good)

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score | None:
        return self._score(float(image.pixels.mean()), state.meta["level"])

    def _score(self, level: float, expected: float) -> Score:
        return Score(float(np.log(abs(level - expected) + 1.0)))


@pytest.fixture
def brightness() -> Iterator[None]:
    SCORERS.register("brightness", Brightness)
    yield
    del SCORERS._factories["brightness"]


def test_a_scorer_counts_in_the_verdict_of_every_front_end(brightness: None, tmp_path: Path) -> None:
    good = [part(tmp_path / f"good-{seed}.png", seed) for seed in range(4)]
    dark = part(tmp_path / "dark.png", 9)
    pixels = load_image(dark).pixels // 3
    Image.fromarray(pixels).save(dark)
    scorers = (*DetectorConfig().scorers, "brightness")
    plain = AnomalyGPT.from_pretrained(None, encoder="tiny")
    model = AnomalyGPT.from_pretrained(None, config=DetectorConfig(encoder="tiny", scorers=scorers))
    product = model.fit([load_image(path) for path in good])
    assert "brightness" in product.independent
    found = model.inspect(pixels, product)
    of_map = plain.inspect(pixels, plain.fit([load_image(p) for p in good])).verdict.log_p
    own = product.independent["brightness"].log_p(found.scores["brightness"].log_score)
    shared = (of_map - np.log(1 - INDEPENDENT_SHARE), own - np.log(INDEPENDENT_SHARE))
    assert found.verdict.log_p == pytest.approx(min(shared))
    with pytest.raises(ConfigError, match="brightness 1"):
        plain.inspect(pixels, product)
    settings = Settings(store=tmp_path / "store", encoder="tiny", checkpoint="none", scorers=scorers)
    with Application(settings) as app:
        app.enroll("plate", good)
        record = app.inspect_one(dark, product="plate")
        same = model.inspect(load_image(dark), app.tools.product("plate")).verdict.p_value
    assert record.p_value == pytest.approx(same, rel=1e-3)
    assert record.p_value < 0.5


def test_an_unknown_scorer_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"no-such.*few-shot"):
        AnomalyGPT.from_pretrained(None, config=DetectorConfig(encoder="tiny", scorers=("no-such",)))


class Parrot:
    """A language model that answers every question alike."""

    name, hidden_size = "parrot", 8

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        return [float(value) for value in np.log(np.full(len(choices), 1 / len(choices)))]

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        yield "hello"


class Letters:
    """A text encoder: how often each letter occurs."""

    name, embedding_dim = "letters", 26

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        rows = [[float(text.lower().count(chr(97 + i))) + 0.01 for i in range(26)] for text in texts]
        return torch.nn.functional.normalize(torch.tensor(rows), dim=1)


def test_models_are_loaded_by_their_registered_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LANGUAGE_MODELS._factories, "parrot", lambda device="cpu": Parrot())
    monkeypatch.setitem(TEXT_ENCODERS._factories, "letters", lambda device="cpu": Letters())
    monkeypatch.setitem(CHAT_MODELS._factories, "scripted", lambda: ScriptedChatModel(["Yes."]))
    assert load_language_model("parrot").name == "parrot"
    assert load_text_encoder("letters").encode_text(["abc"]).shape == (1, 26)
    chat = build_chat_model(Settings(llm_url="scripted"))
    assert isinstance(chat, BaseChatModel)
    with pytest.raises(ConfigError, match=r"no-such.*local, embedded.*scripted"):
        build_chat_model(Settings(llm_url="no-such"))


def test_an_installed_package_is_found_by_its_entry_points(tmp_path: Path) -> None:
    """As pip leaves it: a module, and metadata that names its entry point."""
    (tmp_path / "their_scorer.py").write_text(
        "from anomaly_core.scoring.scorer import Fit, State\n"
        "class Silent:\n"
        "    name, fingerprint = 'silent', 'silent 1'\n"
        "    def fit(self, images, earlier): return None\n"
        "    def score(self, image, state, earlier): return None\n"
    )
    info = tmp_path / "their_scorer-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-scorer\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[iad.scorers]\nsilent = their_scorer:Silent\n")
    code = (
        "from anomaly_core import AnomalyGPT, DetectorConfig\n"
        "from anomaly_core.scoring.scorer import SCORERS\n"
        "assert SCORERS.names() == ['silent']\n"
        "config = DetectorConfig(encoder='tiny', scorers=('few-shot', 'silent'))\n"
        "print(AnomalyGPT.from_pretrained(None, config=config).fingerprint)\n"
    )
    root = Path(__file__).parents[1]
    environment = {"PYTHONPATH": f"{tmp_path}:{root}", "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "silent 1" in run.stdout
