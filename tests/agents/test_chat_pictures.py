"""What a chat model is shown: nothing but text, unless it takes images and the user said so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import HumanMessage
from PIL import Image

from agents.app import Application
from agents.chat_models.pictures import picture_message, question_message
from agents.chat_models.scripted import ScriptedChatModel
from agents.graphs.inspection import build_graph
from agents.settings import Settings
from agents.state import InspectionState
from tools.context import Part


def painted(seed: int, path: Path, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Part, InspectionState]:
    """A part, and the state after its inspection."""
    app = Application(Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny"))
    app.enroll("plate", [painted(seed, tmp_path / f"{seed}.png") for seed in range(4)])
    image = painted(9, tmp_path / "new.png", blot=True)
    given = {"image": str(image), "named_product": "plate"}
    state = build_graph().invoke(given, context=app.context)  # type: ignore[call-overload]
    part = Part(app.tools, str(image), state["opened"].sha256, "plate")
    return part, state  # type: ignore[return-value]


def kinds(message: HumanMessage) -> list[str]:
    return [part["type"] for part in message.content if isinstance(part, dict)]


def test_text_alone_unless_the_profile_says_more(asked: tuple[Part, InspectionState]) -> None:
    message = question_message(ScriptedChatModel([]), *asked, "Where?")
    assert message.content == "Where?"


def test_image_regions_and_nearest_template(asked: tuple[Part, InspectionState]) -> None:
    model = ScriptedChatModel([])
    model.profile = {"image_inputs": True}
    message = question_message(model, *asked, "Where?")
    assert kinds(message) == ["text", "image_url"] * 3 + ["text"]
    captions = [part["text"] for part in message.content if part["type"] == "text"]  # type: ignore[index]
    assert captions == [
        "The inspected image:",
        "Red boxes mark what exceeds the normal range of the product's good parts: 1 at the top right:",
        "The nearest good part:",
        "Where?",
    ]


def test_a_picture_that_is_gone_is_left_out(tmp_path: Path) -> None:
    here = painted(0, tmp_path / "a.png")
    message = picture_message("What is it?", [("Here", here), ("Gone", tmp_path / "b.png")])
    assert kinds(message) == ["text", "image_url", "text"]
    assert message.content[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")  # type: ignore[index]
