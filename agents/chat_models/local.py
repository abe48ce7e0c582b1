"""The local chat model: Qwen2.5-Coder-1.5B-Instruct on llama.cpp, behind the same HTTP as any other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from anomaly_core.errors import ConfigError, WeightsMissing
from anomaly_core.extras import install
from anomaly_core.weights.pinned import PINNED
from anomaly_core.weights.resolve import cached

WEIGHTS: Final = "qwen2.5-coder-1.5b"
CONTEXT: Final = 8192
"""Tokens that one dialogue and its reply may have."""


@dataclass(frozen=True)
class LocalServer:
    """A running server of this process. url: its OpenAI-compatible address on the loopback interface."""

    url: str
    model: str
    # Held so that it runs as long as it is in use.
    process: Any


@lru_cache(maxsize=1)
def start_local_server(*, threads: int | None = None) -> LocalServer:
    """Load the weights and serve them on a free loopback port, once a process.

    threads: of the computation; the library's own choice if None.
    Raises WeightsMissing before `iad weights pull`, ConfigError without the extra `chat`.
    """
    folder = cached(WEIGHTS)
    if folder is None:
        raise WeightsMissing(
            f"{WEIGHTS}: not on this machine yet; get it with `iad weights pull {WEIGHTS}` (1.1 GB)."
        )
    try:
        import xllamacpp
    except ImportError as error:
        raise ConfigError(f"the local chat model needs the extra `chat`: {install('chat')}") from error
    joined = PINNED[WEIGHTS].joined
    if joined is None:
        raise ValueError(f"{WEIGHTS} is not a joined entry")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(folder / joined[0])
    parameters.model_alias = WEIGHTS
    parameters.hostnames = ["127.0.0.1"]
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.ui = False
    parameters.verbosity = -1
    if threads is not None:
        parameters.cpuparams.n_threads = threads
    server = xllamacpp.Server(parameters)
    return LocalServer(f"{server.listening_address}/v1", WEIGHTS, server)
