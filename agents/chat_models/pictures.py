"""A question with the pictures it is about, for a chat model that takes images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from agents.state import InspectionState
from tools.context import Part
from tools.report.pictures import picture_from_file
from tools.visual_prompt import show_regions


def question_message(model: BaseChatModel, part: Part, state: InspectionState, text: str) -> HumanMessage:
    """Return the text alone, or after the image, its regions drawn on it and the nearest good part.

    Pictures go only to a model whose profile says that it takes them (setting `llm_images`).
    """
    if not (model.profile or {}).get("image_inputs"):
        return HumanMessage(text)
    with TemporaryDirectory(prefix="iad-chat-") as folder:
        shown, caption = show_regions(part, Path(folder))
        pictures = [("The inspected image", state["image"]), (caption.rstrip("."), shown)]
        pictures += [("The nearest good part", one.path) for one in state["templates"][:1]]
        return picture_message(text, [(caption, Path(path)) for caption, path in pictures])


def picture_message(text: str, pictures: Sequence[tuple[str, Path]]) -> HumanMessage:
    """Return a message of captioned pictures and a text.

    pictures: (caption, file). Each is sent as a JPEG of 900 pixels at most; one that is gone is left out.
    """
    parts: list[str | dict[str, Any]] = []
    for caption, path in pictures:
        picture = picture_from_file(path)
        if picture is not None:
            parts.append({"type": "text", "text": f"{caption}:"})
            parts.append({"type": "image_url", "image_url": {"url": picture.url}})
    parts.append({"type": "text", "text": text})
    return HumanMessage(content=parts)
