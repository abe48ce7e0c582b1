"""Real vLLM servers on loopback and models to serve; run by `make test-vllm` in vLLM's own environment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig

from anomaly_core.config import LoraSettings
from anomaly_core.errors import LanguageModelError
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.serving.launch import vllm_command
from anomaly_core.soft_prompt.adapters import add_lora, save_lora
from anomaly_core.weights.resolve import cached

# Read by vLLM when it is imported, for the engines that tests make in this process.
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
}
START_S = 600.0
"""A server has taken 40 to 140 seconds to start on two cores."""


@dataclass
class RunningServer:
    """A vLLM server: its address, and the process that leads its group."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it at once, its workers as well: they outlive a server that is killed alone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


def wait_until_up(server: RunningServer, log: Path) -> None:
    probing = ModelServer(server.url, timeout_s=2.0)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                probing.get("/models")
                return
            except LanguageModelError as error:
                if server.process.poll() is not None or time.monotonic() > deadline:
                    tail = log.read_text(errors="replace")[-3000:]
                    raise RuntimeError(f"vLLM did not start ({error}):\n{tail}") from error
                time.sleep(0.5)
                probing.caller.circuit.answered()
    finally:
        probing.close()


@contextmanager
def running(model: Path, *more: str, port: int) -> Iterator[RunningServer]:
    """Serve a model's folder with the command of `iad llm serve`, until the end of the block."""
    command = vllm_command(str(model), python=sys.executable, name="m", gpu=False, port=port, more=more)
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen(
            command.arguments,
            env={**os.environ, **command.environment, "VLLM_ENABLE_V1_MULTIPROCESSING": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        server = RunningServer(f"http://127.0.0.1:{port}/v1", process)
        try:
            began = time.monotonic()
            wait_until_up(server, Path(log.name))
            print(f"\nvLLM started in {time.monotonic() - began:.0f} s")
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            server.kill()


@pytest.fixture(scope="session")
def start_server() -> Callable[..., object]:
    """`running`, for tests that stop and start a server themselves."""
    return running


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that finds a port that nobody listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


def random_lora(lm: TransformersLanguageModel, folder: Path) -> Path:
    """Write an adapter that changes what the model says."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        adapted = add_lora(lm, LoraSettings(r=8, alpha=16))
        for name, parameter in adapted.model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.05)
    save_lora(adapted, folder)
    return folder


def save(lm: TransformersLanguageModel, folder: Path) -> Path:
    """Write model and tokenizer as a folder that vLLM loads."""
    lm.model.save_pretrained(folder)
    lm.builder.tokenizer.save_pretrained(folder)
    return folder


def small_model() -> TransformersLanguageModel:
    """A random two-layer Llama over bytes; vLLM's attention on a processor needs heads 32 wide or more."""
    config = LlamaConfig(
        vocab_size=259,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=2,
    )
    return tiny_language_model(config=config)


@pytest.fixture
def local_tiny() -> TransformersLanguageModel:
    """The tiny model, here."""
    return small_model()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model's folder."""
    return save(small_model(), tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the tiny model."""
    return random_lora(small_model(), tmp_path_factory.mktemp("tiny-lora"))


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The embedded model's folder."""
    folder = cached("smollm2")
    if folder is None:
        pytest.skip("smollm2 is not in the weight cache; get it with `iad weights pull smollm2`")
    return folder


@pytest.fixture(scope="session")
def smollm2_lora(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the embedded model."""
    return random_lora(TransformersLanguageModel.load(smollm2), tmp_path_factory.mktemp("smollm2-lora"))


@pytest.fixture(scope="session")
def server(smollm2: Path, smollm2_lora: Path, free_port: Callable[[], int]) -> Iterator[RunningServer]:
    """The embedded model with an adapter called "lora"."""
    more = ("--enable-lora", "--max-lora-rank", "8", "--lora-modules", f"lora={smollm2_lora}")
    with running(smollm2, *more, port=free_port()) as started:
        yield started
