"""Loading of transformers' models, with all weights checked and errors mapped to IadErrors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase
from transformers.utils import logging
from transformers.utils.hub import cached_file

from anomaly_core.errors import WeightsDamaged, WeightsMissing


def load_config(source: Path | str) -> Any:
    """Return the model's configuration. Raises WeightsMissing."""
    try:
        return AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise WeightsMissing(_unavailable(source, error)) from error


def load_model(
    model_class: type[Any],
    source: Path | str,
    config: Any = None,
    weights: dict[str, torch.Tensor] | None = None,
) -> Any:
    """Return a float32 model with every weight found.

    weights: by the model's own names, in place of the source's files.

    Raises:
        WeightsMissing: no such model, or the hub does not answer.
        WeightsDamaged: unreadable files, or missing weights (transformers would initialise them at random).
    """
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    # transformers shows its bar even where stderr is not a terminal.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # Errors only: loading one tower would warn of the other tower's weights.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        extra = {} if config is None else {"config": config}
        if weights is not None:
            extra["state_dict"] = weights
        model, info = model_class.from_pretrained(
            source if weights is None else None, dtype=torch.float32, output_loading_info=True, **extra
        )
    except OSError as error:
        raise WeightsMissing(_unavailable(source, error)) from error
    except (SafetensorError, RuntimeError) as error:
        raise WeightsDamaged(
            f"{source}: the weights cannot be read ({_first_line(error)}); fetch the model again"
        ) from error
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
    missing = sorted(info["missing_keys"])
    if missing:
        raise WeightsDamaged(
            f"{source}: {len(missing)} weights are missing, {missing[0]} among them; fetch the model again"
        )
    return model


def load_tokenizer(source: Path | str) -> PreTrainedTokenizerBase:
    """Return the tokenizer. Raises WeightsMissing."""
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise WeightsMissing(_unavailable(source, error)) from error
    return tokenizer


def load_json(source: Path | str, name: str) -> dict[str, Any]:
    """Return a JSON file of the model, or {} where it has none. Raises WeightsDamaged."""
    path = cached_file(
        source,
        name,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    if path is None:
        return {}
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsDamaged(f"{path}: not JSON; fetch the model again") from error
    return content if isinstance(content, dict) else {}


def _unavailable(source: Path | str, error: Exception) -> str:
    return f"{source}: cannot be loaded ({_first_line(error)}); check the name, the folder or the network"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
