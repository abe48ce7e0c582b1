"""What the result of an inspection depends on besides the image."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from agents.app import Application
from anomaly_core.anomalygpt import CALIBRATION_VERSION
from knowledge.products.corrections import PREFIX

SETTINGS: Final = frozenset(
    {
        *("encoder", "input_size", "alpha", "review", "scorers", "checkpoint"),
        *("prompt_llm", "prompt_llm_model", "text_encoder", "max_pixels"),
    }
)


def conditions_of(app: Application, product: str | None, out: Path | None) -> dict[str, Any]:
    """Return, as JSON values, what two runs must have in common for their results to be the same.

    store: a hash of its products, examples and notes; a correction from which nothing was learned changes no
    result. Raises StoreError.
    """
    manifest = app.tools.store.snapshot().manifest
    kept = [f"{key} {one.sha256}" for key, one in manifest.entries.items() if not key.startswith(PREFIX)]
    return {
        "version": f"{version('iad-agent')}, calibration {CALIBRATION_VERSION}",
        "store": hashlib.sha256("\n".join(sorted(kept)).encode()).hexdigest(),
        "product": product,
        "out": None if out is None else str(out.absolute()),
        **app.settings.model_dump(mode="json", include=set(SETTINGS)),
    }
