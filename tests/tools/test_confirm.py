"""A confirmed example changes the next classification, and only that of what looks like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anomaly_core.errors import ConfigError, UnknownProduct
from knowledge.products.examples import Example, put_example
from tools.classify.confirm import example_of
from tools.classify.scores import UNKNOWN
from tools.context import Services
from tools.enrollment.enroll import enroll
from tools.registry import Toolbox

Part = Callable[[Path], dict[str, str]]
Paint = Callable[..., Path]
LINE, BLOT = (30, 80, 150, 86), (90, 60, 130, 100)


def classify(board_tools: Toolbox, arguments: dict[str, str]) -> Any:
    text = board_tools.call("locate_anomalies", **arguments)[0].text
    return board_tools.call("classify_defect", **arguments, description=text)


def chances(record: Any) -> dict[str, float]:
    return {each.name: each.score for each in (record, *record.alternatives)}


def confirm(services: Services, product: str, defect: str, image: Path, **options: Any) -> Example:
    example, features = example_of(services, product, defect, image, **options)
    with services.store.transaction("confirm") as tx:
        put_example(tx, product, example, features)
    return example


def test_confirmed_examples_name_what_looks_like_them(
    board: Services, board_tools: Toolbox, part: Part, paint: Paint
) -> None:
    line = part(paint("line", 20, blot=LINE, tone=(5, 5, 5)))
    blot = part(paint("blot", 23, blot=BLOT))
    assert classify(board_tools, line).name == UNKNOWN
    confirm(board, "board", "scratch", paint("line-1", 21, blot=(30, 81, 148, 87), tone=(5, 5, 5)))
    confirm(board, "board", "stain", paint("blot-1", 22, blot=(91, 61, 131, 101)))
    of_line, of_blot = chances(classify(board_tools, line)), chances(classify(board_tools, blot))
    assert of_line["scratch"] > of_line["stain"]
    assert of_blot["stain"] > of_blot["scratch"]


def test_a_new_example_counts_at_once(
    board: Services, board_tools: Toolbox, part: Part, paint: Paint
) -> None:
    arguments = part(paint("line", 20, blot=LINE, tone=(5, 5, 5)))
    confirm(board, "board", "scratch", Path(arguments["image"]))
    record = classify(board_tools, arguments)
    assert record.name == "scratch"
    assert record.score > 0.9


def test_examples_outlive_a_new_enrolment(board: Services, paint: Paint) -> None:
    confirm(board, "board", "stain", paint("blot", 22, blot=BLOT))
    enroll(board, "board", [paint(f"again-{seed}", seed) for seed in range(30, 34)])
    assert [example.defect for example in board.examples.examples("board")] == ["stain"]


def test_the_marked_region_is_taken(board: Services, paint: Paint) -> None:
    mask = np.zeros((180, 240), bool)
    mask[10:20, 30:50] = True
    example = confirm(board, "board", "stain", paint("blot", 22, blot=BLOT), mask=mask)
    assert example.bbox == (30, 10, 50, 20)
    with pytest.raises(ConfigError, match="another size"):
        confirm(board, "board", "stain", paint("blot", 22, blot=BLOT), mask=mask[:-1])


def test_a_miss_can_be_confirmed_too(board: Services, paint: Paint) -> None:
    """A part that was judged normal has no region: what stands out most is the example."""
    example = confirm(board, "board", "haze", paint("fine", 0))
    x0, y0, x1, y1 = example.bbox
    assert 0 <= x0 < x1 <= 240
    assert 0 <= y0 < y1 <= 180


def test_a_product_that_is_not_there_is_an_error(board: Services, paint: Paint) -> None:
    with pytest.raises(UnknownProduct):
        confirm(board, "bolt", "stain", paint("blot", 22, blot=BLOT))
