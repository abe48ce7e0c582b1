"""The tools' functions by name, over an image in hand: what a node, a plan or a chat model calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.config import DetectorConfig
from anomaly_core.encoders.fakes import TinyEncoder, TinyTextEncoder
from tools.classify.classify import classify
from tools.compare import compare
from tools.context import Context, Part
from tools.describe import describe
from tools.detect import detect, find_product, language_answer, open_image
from tools.layout import check_layout, count_components
from tools.localize import draw, locate
from tools.retrieve import expected_defects, nearest_templates, search_notes
from tools.zoom import zoom

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "ask_language_model": language_answer,
    "detect_anomaly": detect,
    "locate_anomalies": locate,
    "draw_anomaly": draw,
    "describe_region": describe,
    "zoom_region": zoom,
    "compare_images": compare,
    "count_components": count_components,
    "check_layout": check_layout,
    "classify_defect": classify,
    "retrieve_templates": nearest_templates,
    "retrieve_knowledge": search_notes,
    "list_defects": expected_defects,
}


def tiny_context(store: Path, *, max_pixels: int = 4_000_000, **config: Any) -> Context:
    """Tools over the tiny encoders, without a language model."""
    model = AnomalyGPT(TinyEncoder(), DetectorConfig(encoder="tiny", **config))
    return Context(store=store, model=lambda: model, text_encoder=TinyTextEncoder, max_pixels=max_pixels)


class Toolbox:
    """Calls a function by its name."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def call(
        self, name: str, *, image: str, sha256: str = "", product: str | None = None, **arguments: Any
    ) -> Any:
        if name == "open_image":
            return open_image(self.context, image)
        if name == "find_product":
            return find_product(self.context, open_image(self.context, image), product)
        if "out" in arguments:
            arguments["out"] = Path(arguments["out"])
        return FUNCTIONS[name](Part(self.context, image, sha256, product or ""), **arguments)
