"""Inspecting real photographs with the language model local, served, killed in the middle, and back again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.app import Application
from agents.settings import Settings
from anomaly_core.checkpoint import SHIPPED
from anomaly_core.language.vllm.calls import PAUSE_S
from anomaly_core.scoring.fusion import read_fusion, write_fusion
from anomaly_core.weights.resolve import cached
from tools.records import FailureRecord, InspectionRecord

GOOD, NEW, JOBS = 8, 100, 16
ENCODER = "efficientnet-lite0"
"""The quickest that ships: what is tested here is the language model."""
WEIGHT, LEAST_ASKED = 0.1, 20
"""Weight of the language model, and photographs that it must be asked about for the test to say anything."""
NO_ANSWER = "the language model did not answer"


@pytest.fixture(scope="module")
def cells() -> list[Path]:
    """Photographs of solar cells, in a fixed order."""
    folder = cached("elpv")
    if folder is None or cached(ENCODER) is None:
        pytest.skip(f"needs `iad weights pull elpv {ENCODER}`")
    return sorted(folder.rglob("*.png"))[: GOOD + NEW]


def heavy(folder: Path) -> str:
    """The shipped checkpoint with a language model that weighs more, so that it is asked more often."""
    shutil.copytree(SHIPPED / ENCODER, folder)
    fusion = read_fusion(folder)
    assert fusion is not None
    write_fusion(folder, fusion.model_copy(update={"language_weight": WEIGHT}))
    return str(folder)


def whole(records: list[InspectionRecord | FailureRecord]) -> list[InspectionRecord]:
    """The records, each of which must be of an inspection."""
    assert [one for one in records if isinstance(one, FailureRecord)] == []
    return [one for one in records if isinstance(one, InspectionRecord)]


def test_verdicts_are_the_same_served_and_survive_the_server(
    cells: list[Path],
    smollm2: Path,
    tmp_path: Path,
    start_server: Callable[..., Any],
    free_port: Callable[[], int],
) -> None:
    port = free_port()
    store, checkpoint = tmp_path / "store", heavy(tmp_path / "checkpoint")
    here = Application(Settings(store=store, encoder=ENCODER, prompt_llm="local", checkpoint=checkpoint))
    here.enroll("cell", cells[:GOOD])
    new = cells[GOOD:]
    began = time.perf_counter()
    local = whole(list(here.inspect(new, product="cell")))
    alone = time.perf_counter() - began
    # The language model is asked only where its answer could change the decision.
    asked = [one.models.llm is not None for one in local]
    assert {one.models.llm for one in local} == {None, "smollm2"}
    assert LEAST_ASKED <= sum(asked) < NEW
    url = f"http://127.0.0.1:{port}/v1"
    given = {"store": store, "encoder": ENCODER, "checkpoint": checkpoint}
    there = Application(Settings(**given, prompt_llm=url, llm_timeout=60.0, in_flight=JOBS))
    with start_server(smollm2, port=port) as server:
        began = time.perf_counter()
        served = whole(list(there.inspect(new, product="cell")))
        together = time.perf_counter() - began
        assert [one.image for one in served] == [str(path) for path in new]
        assert [one.models.llm for one in served] == [one.models.llm for one in local]
        worst = max(abs(one.p_value - other.p_value) for one, other in zip(local, served, strict=True))
        print(
            f"{NEW} photographs: {sum(one.anomalous for one in local)} anomalous, the same local and served, "
            f"{sum(asked)} asked about; "
            f"largest difference of a p-value {worst:.1e}; {alone:.0f} s local, {together:.0f} s served"
        )
        assert [one.anomalous for one in served] == [one.anomalous for one in local]
        there.tools.images.clear()
        stream = there.inspect(new, product="cell")
        records = [next(stream) for _ in range(20)]
        server.kill()
        records += list(stream)
    cut = whole(records)
    assert [one.image for one in cut] == [str(path) for path in new]
    told = [one for one in cut if NO_ANSWER in one.analysis]
    print(f"killed after 20: {len(cut)} verdicts, {len(told)} of them say that the model did not answer")
    # Up to JOBS images were under way beyond the twenty that were handed out.
    assert sum(asked[20 + 2 * JOBS :]) <= len(told) <= sum(asked[20:])
    for one, due in zip(cut, asked, strict=True):
        assert (one.models.llm is not None) == (due and NO_ANSWER not in one.analysis)
    with start_server(smollm2, port=port):
        time.sleep(PAUSE_S)
        there.tools.images.clear()
        # One call alone finds out that the server is back; meanwhile the others would be answered without it.
        whole(list(there.inspect([new[asked.index(True)]], product="cell")))
        again = whole(list(there.inspect(new[:10], product="cell")))
    assert [one.anomalous for one in again] == [one.anomalous for one in local[:10]]
    assert [one.models.llm for one in again] == [one.models.llm for one in local[:10]]
    assert not any(NO_ANSWER in one.analysis for one in again)
