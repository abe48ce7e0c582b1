"""Naming a defect: measured words turned into looks, and doubt kept where the notes do not decide."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from toolbox import tiny_context

from knowledge.catalogue.passages import Passage
from tools.classify.classify import CONTRASTS, UNKNOWN, DefectNotes, appearance
from tools.classify.scores import weigh
from tools.context import Context


def measured(kind: str, size: str) -> str:
    return f"{kind} area {size}, 30 grey levels darker than its surroundings"


@pytest.mark.parametrize(
    ("description", "share", "words"),
    [
        (measured("an elongated dark", "150 px long and 4 px wide"), 0.01, "thin dark line"),
        (measured("an elongated dark", "90 px long and 25 px wide"), 0.01, "dark stripe"),
        (measured("a round bright", "about 20 px across"), 0.01, "small round bright spot"),
        (measured("an irregular dark red", "80 px long and 60 px wide"), 0.02, "irregular dark red patch"),
        (measured("an irregular dark", "200 px long and 120 px wide"), 0.3, "large dark area"),
    ],
)
def test_measurements_become_looks(description: str, share: float, words: str) -> None:
    looks = appearance(description, share)
    assert words in looks
    assert not any(character.isdigit() for character in looks)


def test_other_text_is_left_as_it_is() -> None:
    assert appearance("something odd near the rim") == "something odd near the rim"


def test_each_look_is_one_of_the_contrasts() -> None:
    """A look that is none of them would be compared with all the others but not with itself."""
    looks = {
        appearance("an elongated area 60 px long and 2 px wide"),
        appearance("an elongated area 60 px long and 20 px wide"),
        appearance("a round area about 20 px across"),
        appearance("an irregular area 60 px long and 40 px wide"),
        appearance("an irregular area 60 px long and 40 px wide", 0.5),
    }
    assert looks == set(CONTRASTS)


class Axes:
    """Each word that is known has an axis of its own; the rest of a text counts for nothing."""

    name = "axes"
    embedding_dim = 6
    words = ("line", "spot", "stripe", "patch", "zone", "other")

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        self.encoded += texts
        rows = torch.tensor([[float(word in text) for word in self.words] for text in texts])
        rows[rows.sum(1) == 0, -1] = 1.0
        return rows / rows.norm(dim=1, keepdim=True)


@pytest.fixture
def services(tmp_path: Path) -> Context:
    made = tiny_context(tmp_path / "store")
    made._make_text_encoder = Axes
    return made


def note(defect: str, text: str) -> Passage:
    return Passage(
        id=f"{defect}#1", product="plate", defect=defect, title=defect, text=text, file="n.md", offset=0
    )


def test_the_note_that_describes_the_look_wins(services: Context) -> None:
    notes = DefectNotes(
        services, [note("crack", "It shows as a dark line."), note("pore", "It shows as a dark spot.")]
    )
    fits = notes.fits("a thin dark line")
    assert fits["crack"] > fits["pore"]
    record = weigh({}, fits)
    assert [record, *record.alternatives][record.name == UNKNOWN].name == "crack"
    assert weigh({"crack": [0.8], "pore": [0.8]}, fits).name == "crack"


def test_two_notes_alike_stay_unknown(services: Context) -> None:
    notes = DefectNotes(
        services, [note("crack", "It shows as a dark line."), note("scratch", "A line, dark and thin.")]
    )
    record = weigh({}, notes.fits("a thin dark line"))
    assert record.name == UNKNOWN
    assert {other.name for other in record.alternatives} == {"crack", "scratch"}


def test_a_look_that_no_note_describes_stays_unknown(services: Context) -> None:
    notes = DefectNotes(services, [note("crack", "It shows as a dark line.")])
    assert weigh({}, notes.fits("a small round spot")).name == UNKNOWN


def test_good_is_no_defect(services: Context) -> None:
    notes = DefectNotes(services, [note("good", "It shows as a dark line.")])
    assert notes.fits("a thin dark line") == {}
    assert weigh({}, {}).name == UNKNOWN


def test_words_are_encoded_once(services: Context) -> None:
    encoder = services.text_encoder
    first = encoder.encode_text(["a", "b", "a"])
    again = encoder.encode_text(["b", "a"])
    assert torch.equal(first[[1, 0]], again)
    assert encoder._encoder.encoded == ["a", "b"]  # type: ignore[attr-defined]
