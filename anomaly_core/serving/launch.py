"""The command that starts vLLM for a checkpoint or a model: a plain list, so that it can be shown and run."""

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
"""Where `make test-vllm` puts vLLM; its dependencies and this project's cannot always be had together."""
CPU_CONTEXT: Final = 2048
"""Tokens a dialogue may have on a processor, whose cache is small."""
LORA_NAME: Final = "lora"
"""What the server calls the checkpoint's adapter."""
_RANKS: Final = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The values that vLLM accepts as the largest rank."""
_STRUCTURED: Final = json.dumps(
    {"backend": "xgrammar", "disable_any_whitespace": True}, separators=(",", ":")
)


@dataclass(frozen=True)
class ServerCommand:
    """arguments: the whole command. environment: what is set on top of the caller's own."""

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
    """Return the command that serves a model with soft prompts, scores of chosen tokens and LoRA.

    Args:
        source: a checkpoint's folder, one that `iad llm export` wrote, a model's folder, a name of the weight
            cache, or a hub id.
        python: an interpreter that has vLLM; see `python_with_vllm`.
        name: what the server calls the model; its own name if None. An adapter is called "lora".
        gpu: whether vLLM's build is for a GPU; on a processor it computes in float32.
        host, port: where it listens. Prompt embeddings are for trusted callers only.
        context: tokens of input and reply together; the model's own on a GPU and 2048 on a processor if None.
        more: arguments that are passed on as they are.

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
        f"vLLM is neither installed here nor in {OWN_ENVIRONMENT.parents[1]}; see docs/operations/serving.md, or name "
        "its interpreter with --python."
    )


def _parts(source: str) -> tuple[str, Path | str, Path | None]:
    """The base model's name, its folder or hub id, and the adapter's folder where there is one."""
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
    """A model's folder has a config.json as well; only a checkpoint's has a schema of ours."""
    try:
        return "schema_version" in json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def _rank(lora: Path) -> int:
    """The smallest rank vLLM accepts that holds the adapter's."""
    try:
        rank = int(json.loads((lora / ADAPTER_FILE).read_text(encoding="utf-8"))["r"])
        return next(allowed for allowed in _RANKS if allowed >= rank)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise ConfigError(f"{lora / ADAPTER_FILE}: no LoRA adapter of rank {_RANKS[-1]} or less.") from error
