"""The question-answer texts."""

from __future__ import annotations

import numpy as np
import pytest

from anomaly_core.errors import ConfigError
from anomaly_core.results import CELLS, verdict_sentence
from anomaly_core.simulation import question_answers as questions
from anomaly_core.simulation.question_answers import QuestionAnswer, inspection_pairs


def pairs(cells: list[str], seed: int = 0, product: str = "screw") -> dict[str, QuestionAnswer]:
    return {pair.kind: pair for pair in inspection_pairs(product, cells, np.random.default_rng(seed))}


def test_a_good_image_is_not_asked_where() -> None:
    found = pairs([])
    assert set(found) == {"presence", "number", "object"}
    assert found["presence"].answer == "No, there is no anomaly in the image."
    assert found["number"].answer == "There are no anomalies in the image."


def test_one_anomaly() -> None:
    found = pairs(["top left"])
    assert found["presence"].answer == "Yes, there is an anomaly in the image, at the top left of the image."
    assert found["number"].answer == "There is one anomaly in the image."
    assert found["cells"].answer == "At the top left of the image."


def test_several_anomalies_are_counted_with_repeats_and_named_once() -> None:
    cells = ["left", "left", "bottom right"]
    found = pairs(cells)
    assert found["presence"].answer == verdict_sentence(True, cells)
    assert found["number"].answer == "There are three anomalies in the image."
    assert found["cells"].answer == "At the left and bottom right of the image."
    assert pairs([*CELLS, "top", "top"])["number"].answer == "There are 11 anomalies in the image."


def test_phrasings_are_seeded_and_all_are_used() -> None:
    assert pairs(["top"], 3) == pairs(["top"], 3)
    asked = {pairs(["top"], seed)["presence"].question for seed in range(200)}
    assert asked == {t.format(product="screw") for t in questions.PRESENCE}


@pytest.mark.parametrize(("product", "words"), [("screw", "a screw"), ("electric plug", "an electric plug")])
def test_the_article_fits_the_product(product: str, words: str) -> None:
    for seed in range(20):
        assert words in pairs([], seed, product)["object"].answer.lower()


def test_every_template_fills_completely() -> None:
    for seed in range(100):
        for pair in pairs(["center", "top"], seed).values():
            assert not set("{}") & set(pair.question + pair.answer)


def test_bad_names_and_cells_are_refused() -> None:
    with pytest.raises(ConfigError, match="name"):
        pairs([], product="  ")
    with pytest.raises(ConfigError, match="middle"):
        pairs(["middle"])
