"""Loading models before the first request or image, saying what is loaded and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from agents.app import Application

Say = Callable[[str], None]


def warm(app: Application, say: Say, *, dialogue: bool = True) -> None:
    """Load what inspections of the enrolled products need, and what answers need (`dialogue`).

    Raises WeightsError, StoreError, ConfigError.
    """
    for what, load in [*_inspection(app), *(_dialogue(app) if dialogue else ())]:
        start = time.perf_counter()
        load()
        say(f"{what}: {time.perf_counter() - start:.1f} s")
    say("ready")


def _inspection(app: Application) -> Iterator[tuple[str, Callable[[], object]]]:
    tools = app.tools
    yield f"image encoder {app.settings.encoder}", lambda: tools.model
    for summary in app.products() if app.settings.store.is_dir() else []:
        name = summary.name
        yield f"product {name}", lambda name=name: tools.product(name)  # type: ignore[misc]
    yield "language model of the soft prompts", lambda: tools.model.soft_prompt_scorer()
    # Without notes there may be no text encoder on the machine.
    if app.settings.store.is_dir() and tools.domain.passages():
        yield f"text encoder {app.settings.text_encoder}", lambda: tools.text_encoder


def _dialogue(app: Application) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "graphs of inspection and dialogue", lambda: app.conversations
    yield "understanding of questions", _questions


def _questions() -> None:
    from agents.questions.understanding import understand

    understand("Is the part ok?", known=(), pictured=True)
