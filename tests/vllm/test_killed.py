"""A real vLLM server killed in the middle of a batch: callers learn it quickly, and find it again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from anomaly_core.errors import LanguageModelDown
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.vllm.calls import Caller, Circuit
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.served_lm import ServedLanguageModel
from anomaly_core.language.vllm.text_side import TextSide

BATCH = 200


def test_killed_in_a_batch(
    tiny: Path, start_server: Callable[..., Any], free_port: Callable[[], int]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1"
    caller = Caller(url, 20.0, circuit=Circuit(url, pause_s=2.0))
    model = ServedLanguageModel(ModelServer(url, caller=caller), TextSide.load(tiny))
    took: list[float] = []
    killed = threading.Event()

    def ask(number: int) -> list[float] | LanguageModelDown:
        soft = torch.randn(4, 64, generator=torch.Generator().manual_seed(number))
        began = time.monotonic()
        try:
            return model.choose(inspection_messages(soft), YES_NO)
        except LanguageModelDown as error:
            assert killed.is_set()
            return error
        finally:
            took.append(time.monotonic() - began)

    with start_server(tiny, port=port) as server:
        ask(0)
        with ThreadPoolExecutor(16) as pool:
            futures = [pool.submit(ask, number) for number in range(BATCH)]
            while sum(future.done() for future in futures) < BATCH // 4:
                time.sleep(0.01)
            killed.set()
            server.kill()
            found = [future.result(timeout=60) for future in futures]
    answered = sum(isinstance(one, list) for one in found)
    print(f"killed: {answered} of {BATCH} answered, the rest told so; longest wait {max(took):.1f} s")
    assert BATCH // 4 <= answered < BATCH
    assert len(found) == BATCH
    assert max(took) < 20.0
    # What was asked once it was known to be down cost nothing.
    assert sorted(took)[BATCH // 2] < 1.0
    with start_server(tiny, port=port):
        time.sleep(2.1)
        again = [ask(number) for number in range(20)]
    assert all(isinstance(one, list) for one in again)
    model.close()
