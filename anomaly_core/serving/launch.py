"""The command line that starts vLLM for a checkpoint or a model."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anomaly_core.checkpoint import CONFIG, LORA, load_checkpoint
from anomaly_core.errors import ConfigError
from anomaly_core.serving.export import MODEL
from anomaly_core.soft_prompt.adapters import ADAPTER_FILE
from anomaly_core.weights.resolve import resolve

OWN_ENVIRONMENT: Final = Path(".venv-vllm/bin/python")
"""Interpreter of vLLM's own environment, made by `make test-vllm`."""
CPU_CONTEXT: Final = 2048
"""Default context on a CPU, in tokens; its cache is small."""
LORA_NAME: Final = "lora"
"""Name of the checkpoint's adapter on the server."""
_RANKS: Final = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values of the largest rank that vLLM accepts."""
_STRUCTURED: Final = json.dumps(
    {"backend": "xgrammar", "disable_any_whitespace": True}, separators=(",", ":")
)


@dataclass(frozen=True)
class ServerCommand:
    """A command. arguments: all of it. environment: variables in addition to the caller's."""

    arguments: tuple[str, ...]
    environment: dict[str, str]


def vllm_command(
    source: str,
    *,
    python: str,
    name: str | None = None,
    gpu: bool,
    host: str = "127.0.0.1",
    port: int = 8000,
    context: int | None = None,
    more: tuple[str, ...] = (),
) -> ServerCommand:
    """Return the command that serves a model with soft prompts, log-probabilities of chosen tokens and LoRA.

    Args:
        source: a checkpoint's folder, a folder of `iad llm export`, a model's folder, a name of the weight
            cache, or a hub id.
        python: an interpreter that has vLLM; see `python_with_vllm`.
        name: the model's name on the server; its own name if None. An adapter is called "lora".
        gpu: whether vLLM's build is for a GPU; on a CPU it computes in float32.
        host, port: address to listen on. Prompt embeddings are for trusted callers only.
        context: tokens of input and reply together; if None, the model's own on a GPU and 2048 on a CPU.
        more: further arguments for vLLM.

    Raises:
        ConfigError: a checkpoint without a language model. WeightsMissing, WeightsDamaged.
    """
    own_name, model, lora = _parts(source)
    arguments = [python, "-m", "vllm.entrypoints.openai.api_server"]
    arguments += ["--model", str(model), "--served-model-name", name or own_name]
    arguments += ["--enable-prompt-embeds", "--structured-outputs-config", _STRUCTURED]
    arguments += ["--host", host, "--port", str(port)]
    if not gpu:
        arguments += ["--dtype", "float32", "--enforce-eager"]
        context = context or CPU_CONTEXT
    if context is not None:
        arguments += ["--max-model-len", str(context)]
    if lora is not None:
        arguments += ["--enable-lora", "--max-lora-rank", str(_rank(lora))]
        arguments += ["--lora-modules", f"{LORA_NAME}={lora}"]
    environment = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if isinstance(model, Path):
        environment["HF_HUB_OFFLINE"] = "1"
    if not gpu:
        environment["VLLM_CPU_KVCACHE_SPACE"] = "1"
    return ServerCommand((*arguments, *more), environment)


def python_with_vllm() -> str:
    """Return an interpreter that has vLLM: this one, or that of .venv-vllm in the current folder.

    Raises ConfigError where neither has it.
    """
    if importlib.util.find_spec("vllm") is not None:
        return sys.executable
    if OWN_ENVIRONMENT.is_file():
        return str(OWN_ENVIRONMENT.absolute())
    raise ConfigError(
        f"vLLM is neither installed here nor in {OWN_ENVIRONMENT.parents[1]}; see "
        "docs/operations/serving.md, or name "
        "its interpreter with --python."
    )


def _parts(source: str) -> tuple[str, Path | str, Path | None]:
    """Return the base model's name, its folder or hub id, and the adapter's folder or None."""
    folder = Path(source).expanduser()
    if not _is_checkpoint(folder):
        return source, resolve(source), None
    name = load_checkpoint(folder).config.language_model
    if name is None:
        raise ConfigError(f"{source}: trained without a language model; there is nothing to serve.")
    exported, lora = folder / MODEL, folder / LORA
    model = exported.absolute() if exported.is_dir() else resolve(name)
    return name, model, lora.absolute() if (lora / ADAPTER_FILE).is_file() else None


def _is_checkpoint(folder: Path) -> bool:
    """Return whether a folder is a checkpoint; a model's config.json has no schema_version."""
    try:
        return "schema_version" in json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _rank(lora: Path) -> int:
    """Return the smallest rank that vLLM accepts for the adapter."""
    try:
        rank = int(json.loads((lora / ADAPTER_FILE).read_text(encoding="utf-8"))["r"])
        return next(allowed for allowed in _RANKS if allowed >= rank)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise ConfigError(f"{lora / ADAPTER_FILE}: no LoRA adapter of rank {_RANKS[-1]} or less.") from error
