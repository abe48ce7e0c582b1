"""Resumable state of a training run: weights, optimiser moments, random generator, step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from anomaly_core.config import TrainingConfig
from anomaly_core.errors import ConfigError, WeightsDamaged
from anomaly_core.files import write_whole

FILE: Final = "resume.safetensors"
DONE: Final = "config.json"


class RunState:
    """Step and optimiser of a run, and the file that stores them. step: steps done in all."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._done = folder / DONE
        self.step = 0
        self._phase = ""
        self._optimiser: torch.optim.Optimizer | None = None
        self._moments: dict[str, torch.Tensor] = {}

    def optimiser(self, phase: str, make: Callable[[], torch.optim.Optimizer]) -> torch.optim.Optimizer:
        """Return the phase's optimiser, made at its first step, with restored moments in a resumed run."""
        if self._optimiser is None or phase != self._phase:
            self._optimiser = make()
            if phase == self._phase and self._moments:
                _restore_moments(self._optimiser, self._moments)
            self._phase, self._moments = phase, {}
        return self._optimiser

    def save(self, parts: Mapping[str, nn.Module], config: TrainingConfig) -> None:
        """Write the file atomically, in place of the last one."""
        tensors = {f"{name}/{key}": t for name, part in parts.items() for key, t in _own(name, part).items()}
        if self._optimiser is not None:
            for i, state in self._optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser/{i}/{key}": value for key, value in state.items()}
        tensors["generator"] = torch.get_rng_state()
        meta = {"step": str(self.step), "phase": self._phase, "config": _text(config)}
        own = {k: t.detach().cpu().clone().contiguous() for k, t in tensors.items()}
        write_whole(self._path, save(own, meta))

    def restore(self, parts: Mapping[str, nn.Module], config: TrainingConfig) -> int:
        """Load a stopped run, if there is one, and return its step.

        Raises:
            ConfigError: the folder holds a finished run, or a stopped one of another config.
            WeightsDamaged: the file cannot be read.
        """
        if self._done.exists() and not self._path.exists():
            raise ConfigError(f"{self._path.parent}: holds a finished checkpoint; give another folder.")
        if not self._path.exists():
            return 0
        try:
            with safe_open(self._path, "pt") as file:
                meta = file.metadata()
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        except (OSError, SafetensorError) as error:
            raise WeightsDamaged(
                f"{self._path}: cannot be read ({error}); remove it to start anew."
            ) from error
        if meta["config"] != _text(config):
            raise ConfigError(
                f"{self._path.parent}: holds a stopped run of another configuration; give another folder, "
                f"or remove {FILE} to start anew."
            )
        for name, part in parts.items():
            own = {k.split("/", 1)[1]: t for k, t in tensors.items() if k.startswith(f"{name}/")}
            part.load_state_dict(own, strict=name != "lora")
        self._moments = {k: t for k, t in tensors.items() if k.startswith("optimiser/")}
        torch.set_rng_state(tensors["generator"])
        self.step, self._phase = int(meta["step"]), meta["phase"]
        return self.step

    def forget(self) -> None:
        """Remove the file: the run is finished."""
        self._path.unlink(missing_ok=True)


def fingerprint(tensors: Iterable[torch.Tensor]) -> str:
    """Return a SHA-256 over the tensors' bytes, in order."""
    digest = hashlib.sha256()
    for tensor in tensors:
        flat = tensor.detach().contiguous().flatten().view(torch.uint8).cpu()
        digest.update(flat.numpy().data)
    return digest.hexdigest()


def _own(name: str, part: nn.Module) -> dict[str, torch.Tensor]:
    """Return a part's tensors; of a language model with LoRA only the LoRA layers."""
    state = part.state_dict()
    return {k: t for k, t in state.items() if "lora_" in k} if name == "lora" else state


def _restore_moments(optimiser: torch.optim.Optimizer, moments: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in moments.items():
        _, index, name = key.split("/")
        state.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _text(config: TrainingConfig) -> str:
    return json.dumps(config.model_dump(mode="json"), sort_keys=True)
