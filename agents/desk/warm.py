"""Loading all models before the first request, saying what is loaded and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from agents.app import Application

Say = Callable[[str], None]


def warm(app: Application, say: Say) -> None:
    """Load what the enrolled products need. Raises WeightsError, StoreError, ConfigError."""
    for what, load in _steps(app):
        start = time.perf_counter()
        load()
        say(f"{what}: {time.perf_counter() - start:.1f} s")
    say("ready")


def _steps(app: Application) -> Iterator[tuple[str, Callable[[], object]]]:
    tools = app.tools
    yield f"image encoder {app.settings.encoder}", lambda: tools.model
    for summary in app.products() if app.settings.store.is_dir() else []:
        name = summary.name
        yield f"product {name}", lambda name=name: tools.product(name)  # type: ignore[misc]
    yield "language model of the soft prompts", lambda: tools.model.soft_prompt_scorer()
    # Without notes there may be no text encoder on the machine.
    if app.settings.store.is_dir() and tools.domain.passages():
        yield f"text encoder {app.settings.text_encoder}", lambda: tools.text_encoder
    yield "graphs of inspection and dialogue", lambda: app.conversations
    yield "understanding of questions", _questions


def _questions() -> None:
    from agents.questions.understanding import understand

    understand("Is the part ok?", known=(), pictured=True)
