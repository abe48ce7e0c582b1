"""Notes found again by meaning and by word, within a product, with and without the text encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from anomaly_core.encoders.fakes import TinyTextEncoder
from anomaly_core.errors import ConfigError, KnowledgeError, StoreDamaged, WeightsMissing
from knowledge.catalogue.bm25 import LexicalIndex, words
from knowledge.catalogue.index import DomainIndex
from knowledge.store.store import Store

NOTES = """{
  "screw": {
    "scratch_head": "<Scratched Head>\\n Description: Bright lines run over the head.",
    "thread_top": "The first turns of the thread are worn.",
    "good": "Evenly grey, all turns of the thread sharp."
  },
  "metal_nut": {"bent": "One flank is bent inwards.", "scratch": "Bright lines run over a flank."}
}"""


class OtherEncoder(TinyTextEncoder):
    """Another identity and dimension."""

    name = "other-fake"  # type: ignore[misc]
    embedding_dim = 32  # type: ignore[misc]

    def encode_text(self, texts: list[str]) -> torch.Tensor:
        return torch.nn.functional.normalize(super().encode_text(texts)[:, :32], dim=-1)


def missing() -> TinyTextEncoder:
    raise WeightsMissing("minilm is not here: iad weights pull minilm")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", create=True)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.json"
    path.write_text(NOTES)
    return path


def test_the_right_passage_is_found_and_cited(store: Store, notes: Path) -> None:
    domain = DomainIndex(store, TinyTextEncoder)
    result = domain.add([notes])
    assert (result.passages, result.products, result.replaced, result.dense) == (
        5,
        ("screw", "metal_nut"),
        0,
        True,
    )
    hit = domain.search("bright lines on the head")[0]
    assert hit.passage.id == "screw/scratch_head#1"
    assert hit.passage.title == "Scratched Head"
    assert hit.passage.file == "notes.json"
    assert NOTES[hit.passage.offset :].startswith("Bright lines run")
    assert hit.dense
    assert 0 < hit.score <= 2 / 61


def test_the_product_filters_in_any_spelling_and_general_notes_always_qualify(
    store: Store, notes: Path, tmp_path: Path
) -> None:
    general = tmp_path / "general.md"
    general.write_text("# Light\nBright lines may be reflections.\n")
    domain = DomainIndex(store, TinyTextEncoder)
    domain.add([notes, general])
    for name in ("metal_nut", "Metal Nut", "METAL-NUT", "metalnut"):
        hits = domain.search("bright lines", product=name, k=9)
        assert {hit.passage.product for hit in hits} == {"metal_nut", None}
        assert hits[0].passage.id in ("metal_nut/scratch#1", "general.md#1")
        assert [p.defect for p in domain.passages(name)] == ["bent", "scratch"]
    assert [h.passage.id for h in domain.search("thread", product="no such product")] == ["general.md#1"]
    assert len(domain.search("bright lines", k=2)) == 2
    assert domain.products() == ["metal_nut", "screw"]
    assert domain.defects("Screw") == ["scratch_head", "thread_top"]
    assert len(domain.passages()) == 6


def test_adding_the_same_file_again_replaces_it(store: Store, notes: Path, tmp_path: Path) -> None:
    domain = DomainIndex(store, TinyTextEncoder)
    domain.add([notes])
    before = domain.passages()
    version = store.snapshot().version
    assert domain.add([notes, str(notes)]).replaced == 5
    assert domain.passages() == before
    assert store.snapshot().version == version, "nothing changed"
    notes.write_text('{"screw": {"rust": "Brown spots."}}')
    assert domain.add([notes]).replaced == 5
    assert [p.id for p in domain.passages()] == ["screw/rust#1"]
    moved = notes.rename(tmp_path / "moved.json")
    assert domain.add([moved]).replaced == 1
    assert [p.file for p in domain.passages()] == ["moved.json"]


def test_two_files_of_one_name_both_stay_and_cite_differently(store: Store, tmp_path: Path) -> None:
    domain = DomainIndex(store, TinyTextEncoder)
    for folder, text in (("a", "Oil stains."), ("b", "Rust stains."), ("c/b", "Wear.")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "notes.md").write_text(text)
        domain.add([tmp_path / folder / "notes.md"])
    assert [p.id for p in domain.passages()] == ["b/notes.md#1", "notes-2.md#1", "notes.md#1"]
    assert domain.remove("b/notes.md") == 1
    assert domain.remove(tmp_path / "a" / "notes.md") == 1
    assert [p.text for p in domain.passages()] == ["Wear."]
    with pytest.raises(KnowledgeError, match=r"x\.md: no such notes.*name one of: notes-2\.md"):
        domain.remove("x.md")


def test_one_bad_file_adds_nothing(store: Store, notes: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    domain = DomainIndex(store, TinyTextEncoder)
    with pytest.raises(KnowledgeError, match=r"bad\.json"):
        domain.add([notes, tmp_path / "bad.json"])
    assert domain.passages() == []
    assert domain.search("anything") == []
    with pytest.raises(ConfigError):
        domain.add([])


@pytest.mark.parametrize(("text", "k"), [("", 5), (" \n", 5), ("thread", 0)])
def test_an_empty_search_is_refused(store: Store, text: str, k: int) -> None:
    with pytest.raises(ConfigError, match="give a text"):
        DomainIndex(store, TinyTextEncoder).search(text, k=k)


def test_without_weights_search_goes_by_word_and_says_so(store: Store, notes: Path) -> None:
    wordy = DomainIndex(store, missing)
    assert not wordy.add([notes]).dense
    hits = wordy.search("worn threads")
    assert hits[0].passage.id == "screw/thread_top#1"
    assert not any(hit.dense for hit in hits)
    assert wordy.search("zzz") == []
    # With the weights there, the notes are embedded without being added again.
    assert DomainIndex(store, TinyTextEncoder).search("worn threads")[0].dense


def test_notes_of_another_encoder_are_embedded_again(store: Store, notes: Path, tmp_path: Path) -> None:
    DomainIndex(store, OtherEncoder).add([notes])
    domain = DomainIndex(store, TinyTextEncoder)
    assert domain.search("bright lines on the head")[0].passage.id == "screw/scratch_head#1"
    (tmp_path / "more.txt").write_text("More.")
    domain.add([tmp_path / "more.txt"])
    calls: list[int] = []

    class Counting(TinyTextEncoder):
        def encode_text(self, texts: list[str]) -> torch.Tensor:
            calls.append(len(texts))
            return super().encode_text(texts)

    fresh = DomainIndex(store, Counting)
    fresh.search("bright lines")
    fresh.search("bright lines")
    assert calls == [1, 1], "all vectors came from the store; only the queries were embedded"


def test_the_encoder_is_not_made_before_it_is_needed(store: Store, notes: Path) -> None:
    DomainIndex(store, TinyTextEncoder).add([notes])

    def never() -> TinyTextEncoder:
        raise RuntimeError("made too early")

    lazy = DomainIndex(store, never)
    assert len(lazy.passages("screw")) == 3
    assert lazy.products() and lazy.defects("screw")
    lazy.remove(notes)
    assert lazy.search("thread") == []


def test_another_process_s_notes_are_seen(store: Store, notes: Path, tmp_path: Path) -> None:
    reader = DomainIndex(Store.open(tmp_path / "store"), TinyTextEncoder)
    assert reader.search("thread") == []
    DomainIndex(store, TinyTextEncoder).add([notes])
    assert reader.search("thread")[0].passage.product == "screw"


@pytest.mark.parametrize("name", ["index.faiss", "passages.json"])
def test_a_damaged_file_is_named_with_the_remedy(store: Store, notes: Path, name: str) -> None:
    DomainIndex(store, TinyTextEncoder).add([notes])
    key = next(key for key in store.snapshot().keys("notes/") if key.endswith(name))
    with store.transaction("damage") as tx:
        tx.put(key, b"{}")
    with pytest.raises(StoreDamaged, match=rf"{key}.*iad catalogue add FILE"):
        DomainIndex(store, TinyTextEncoder).search("thread")


def test_words_meet_in_number_case_and_underscore() -> None:
    assert words("The Scratches of thread_tops") == words("scratche thread top")
    index = LexicalIndex(["worn threads", "bent flank", ""])
    scores = index.scores("Thread wear")
    assert scores[0] > 0
    assert scores[1:].tolist() == [0, 0]
    assert index.scores("the of").tolist() == [0, 0, 0]
    assert LexicalIndex([]).scores("x").tolist() == []
    assert LexicalIndex([""]).scores("x").tolist() == [0]
