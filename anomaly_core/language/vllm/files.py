"""Local files of a served model: tokenizer, configuration and token embeddings, or all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from anomaly_core.errors import WeightsMissing
from anomaly_core.weights.resolve import resolve

TABLES: Final = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight")
"""Suffixes of the names of token embeddings, by model family."""
_INDEX: Final = "model.safetensors.index.json"
_SMALL: Final = ("*.json", "*.jinja", "*.model", "tokenizer*")


def fetch_text_files(model: str | Path) -> Path:
    """Return the model's folder; for a hub model, tokenizer, configuration and one shard are fetched.

    Raises WeightsMissing, WeightsDamaged.
    """
    found = resolve(model)
    if isinstance(found, Path):
        return found
    small = _snapshot(found, _SMALL)
    return _snapshot(found, (*_SMALL, embedding_shard(small)))


def fetch_whole(model: str | Path) -> Path:
    """Return the model's folder; for a hub model, everything that vLLM loads is fetched.

    Raises WeightsMissing, WeightsDamaged.
    """
    found = resolve(model)
    return found if isinstance(found, Path) else _snapshot(found, (*_SMALL, "*.safetensors"))


def embedding_shard(folder: Path) -> str:
    """Return the name of the file that holds the token embeddings."""
    index = folder / _INDEX
    if not index.is_file():
        return "model.safetensors"
    names: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    return next((file for name, file in names.items() if name.endswith(TABLES)), "model.safetensors")


def _snapshot(hub_id: str, patterns: tuple[str, ...]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(snapshot_download(hub_id, allow_patterns=list(patterns)))
    except (HfHubHTTPError, OSError) as error:  # a missing local entry is a FileNotFoundError too
        raise WeightsMissing(
            f"{hub_id}: cannot be fetched from the hub ({str(error).splitlines()[0]}); give a local folder."
        ) from error
