"""Examples and notes weighed together: chances that sum to one, and an unknown that is kept."""

from __future__ import annotations

import pytest

from knowledge.products.examples import Example, ExampleHit
from tools.classify.scores import (
    LEAST_BY_LOOK,
    LEAST_CHANCE,
    LEAST_FIT,
    MARGIN,
    NOTES_ONLY_LEAST_FIT,
    NOTES_ONLY_WIDTH,
    OTHER_TYPE,
    UNKNOWN,
    similarities_of,
    weigh,
)


def total(record: object, *, unknown: float = 0.0) -> float:
    return record.score + sum(other.score for other in record.alternatives) + unknown  # type: ignore[attr-defined]


def test_the_nearest_type_is_named() -> None:
    record = weigh({"scratch": [0.9], "dent": [0.4]}, {})
    assert record.name == "scratch"
    assert record.score > 0.9
    assert [other.name for other in record.alternatives] == ["dent"]


def test_a_region_like_no_example_is_unknown() -> None:
    record = weigh({"scratch": [OTHER_TYPE - 0.1], "dent": [OTHER_TYPE - 0.15]}, {})
    assert record.name == UNKNOWN
    assert total(record) == pytest.approx(1, abs=1e-3)


def test_what_counts_as_alike_is_the_products_own() -> None:
    """Where all types look alike, a region must be much more like one of them."""
    examples = {"scratch": [0.8], "dent": [0.6]}
    assert weigh(examples, {}, [0.5] * 20).name == "scratch"
    assert weigh(examples, {}, [0.8] * 20).name == UNKNOWN
    assert OTHER_TYPE + MARGIN < 0.8


def test_more_likeness_is_more_chance() -> None:
    scores = [weigh({"scratch": [s], "dent": [0.6]}, {}) for s in (0.7, 0.75, 0.8, 0.9)]
    chances = [record.score for record in scores]
    assert all(record.name == "scratch" for record in scores)
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_notes_decide_between_examples_that_are_alike() -> None:
    examples = {"scratch": [0.8], "dent": [0.8]}
    assert weigh(examples, {"scratch": 0.1, "dent": -0.1}).name == "scratch"
    assert weigh(examples, {"scratch": -0.1, "dent": 0.1}).name == "dent"


def test_examples_outweigh_notes_that_say_otherwise() -> None:
    record = weigh({"scratch": [0.95, 0.9]}, {"dent": LEAST_FIT + 0.05, "scratch": LEAST_FIT - 0.05})
    assert record.name == "scratch"


def test_spellings_of_a_type_are_one() -> None:
    record = weigh({"Scratch head": [0.9]}, {"scratch_head": 0.1, "dent": 0.0})
    assert record.name == "scratch_head"
    assert [other.name for other in record.alternatives] == ["dent"]
    made = [Example(str(n), name, "0" * 64, "a.png", (0, 0, 1, 1), "e") for n, name in enumerate("aA")]
    assert similarities_of([ExampleHit(example, 0.5) for example in made]) == {"a": [0.5, 0.5]}


def test_nothing_known_is_unknown() -> None:
    assert weigh({}, {}).name == UNKNOWN
    assert weigh({}, {"scratch": NOTES_ONLY_LEAST_FIT - 0.01, "dent": -0.3}).name == UNKNOWN


def test_notes_alone_name_candidates_until_one_is_likelier_than_all_else() -> None:
    near, far = NOTES_ONLY_LEAST_FIT + 0.1 * NOTES_ONLY_WIDTH, NOTES_ONLY_LEAST_FIT - 3 * NOTES_ONLY_WIDTH
    record = weigh({}, {"scratch": near, "dent": near - 0.01})
    assert record.name == UNKNOWN
    assert [other.name for other in record.alternatives] == ["scratch", "dent"]
    assert record.alternatives[0].score < LEAST_CHANCE
    sure = weigh({}, {"scratch": NOTES_ONLY_LEAST_FIT + 2 * NOTES_ONLY_WIDTH, "dent": far})
    assert sure.name == "scratch"
    assert sure.score >= LEAST_CHANCE


def test_in_a_catalogue_of_looks_one_is_named_where_it_is_likelier_than_all_else_together() -> None:
    others = dict.fromkeys(["dent", "pore", "stain", "burr", "crack"], -2.5)
    record = weigh({}, {}, written={"scratch": 1.5, **others})
    assert (record.name, record.status) == ("scratch", "likely")
    assert LEAST_BY_LOOK < record.score < LEAST_CHANCE
    assert weigh({}, {}, written={**others, "scratch": 1.5, "dent": 1.3}).name == UNKNOWN
    # Of few types a defect is often none, and sentences without a look say less.
    assert weigh({}, {}, written={"scratch": 1.2, "dent": -2.5}).name == UNKNOWN
    assert weigh({}, {"scratch": NOTES_ONLY_LEAST_FIT + NOTES_ONLY_WIDTH}).name == UNKNOWN


def test_a_type_without_an_example_is_named_by_its_notes_only_where_it_is_likelier_than_all_else() -> None:
    unlike = {"dent": [OTHER_TYPE - 0.3]}
    assert weigh(unlike, {"scratch": LEAST_FIT + 0.01, "dent": 0.0, "hole": LEAST_FIT}).name == UNKNOWN
    # As much as where no type has an example: that of another type says nothing for it.
    assert weigh({}, {"scratch": LEAST_FIT + 0.3, "dent": 0.0, "hole": LEAST_FIT}).name == UNKNOWN
    assert weigh(unlike, {"scratch": LEAST_FIT + 0.3, "dent": 0.0, "hole": LEAST_FIT}).name == UNKNOWN
    assert weigh(unlike, {"scratch": 0.65, "dent": 0.0, "hole": LEAST_FIT}).name == "scratch"


def test_notes_weigh_less_alone_than_beside_examples() -> None:
    notes = {"scratch": 0.15, "dent": 0.0}
    alone = weigh({}, notes)
    beside = weigh({"scratch": [0.6], "dent": [0.6]}, notes)
    assert beside.score > [alone, *alone.alternatives][alone.name == UNKNOWN].score


def test_on_an_even_texture_a_region_must_be_more_alike() -> None:
    examples = {"hole": [0.75], "dent": [0.6]}
    assert weigh(examples, {}, likeness=0.4).name == weigh(examples, {}).name == "hole"
    assert weigh(examples, {}, likeness=0.85).name == UNKNOWN


@pytest.mark.parametrize("count", [1, 2])
def test_the_only_type_with_examples_is_named_from_a_sure_chance_on_only(count: int) -> None:
    written = {"hole": 0.7, "knot": 0.5, "fibre": 0.4}
    near = OTHER_TYPE + MARGIN + 0.02
    record = weigh({"hole": [near] * count}, {}, written=written)
    assert (record.name, record.alternatives[0].name) == (UNKNOWN, "hole")
    assert {"knot", "fibre"} <= {other.name for other in record.alternatives}
    assert weigh({"hole": [0.95] * count}, {}, written=written).name == "hole"
    # As before where examples show what another type is like.
    assert weigh({"hole": [near], "knot": [0.3]}, {}, [0.5], written=written).name == "hole"
    # What the look tells equally well of both is not decided by which of them has been confirmed.
    assert weigh({"hole": [0.95] * count}, {}, written={**written, "knot": 0.7}).name == UNKNOWN
