"""The graph's state can be checkpointed: no arrays, and every value comes back from a real saver."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from PIL import Image
from pydantic import BaseModel

from agents.answers.compose import compose_answer
from agents.app import Application
from agents.graphs.inspection import build_graph
from agents.settings import Settings
from agents.state import InspectionState, add_times


@pytest.fixture
def app(tmp_path: Path) -> Application:
    settings = Settings(store=tmp_path / "store", encoder="tiny", text_encoder="tiny", threads=1)
    application = Application(settings)
    paths = [tmp_path / f"good-{seed}.png" for seed in range(4)]
    for seed, path in enumerate(paths):
        paint(path, seed)
    application.enroll("plate", paths)
    return application


def paint(path: Path, seed: int, *, blot: bool = False) -> None:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)


def assert_small(value: object, where: str = "state") -> None:
    """Only text, numbers, records of these, and containers of these."""
    if isinstance(value, BaseModel):
        assert_small({name: getattr(value, name) for name in type(value).model_fields}, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            assert_small(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            assert_small(item, f"{where}[{number}]")
    else:
        assert value is None or type(value) in (str, int, float, bool), f"{where} is a {type(value)}"


def test_the_state_holds_no_array_and_survives_a_checkpoint(app: Application, tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    paint(path, 9, blot=True)
    connection = sqlite3.connect(tmp_path / "threads.sqlite", check_same_thread=False)
    try:
        saver = SqliteSaver(connection)
        graph = build_graph(saver)
        config = {"configurable": {"thread_id": "t"}}
        given = {"image": str(path), "named_product": "plate", "question": "Where is it?", "out": None}
        final = graph.invoke(given, config, context=app.context)  # type: ignore[arg-type]
        assert_small(final)
        assert final["verdict"].anomalous
        kept = build_graph(SqliteSaver(connection)).get_state(config).values  # type: ignore[arg-type]
        assert {key: str(value) for key, value in kept.items()} == {k: str(v) for k, v in final.items()}
    finally:
        connection.close()
    assert (tmp_path / "threads.sqlite").stat().st_size < 1 << 20


def test_the_answer_is_made_of_the_state_alone(app: Application, tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    paint(path, 9, blot=True)
    state: InspectionState = build_graph().invoke(  # type: ignore[assignment]
        {"image": str(path), "named_product": "plate", "question": None, "out": None}, context=app.context
    )
    composed = compose_answer(state)
    assert (composed.answer, composed.analysis) == (state["answer"], state["analysis"])
    assert composed.answer.startswith("Yes, ")
    denied = compose_answer({**state, "verdict": state["verdict"].model_copy(update={"anomalous": False})})
    assert denied.answer.startswith("No, ")


def test_times_are_summed_by_step() -> None:
    assert add_times({"load": 1.0, "encode": 2.0}, {"encode": 3.0}) == {"load": 1.0, "encode": 5.0}
