"""Notes in every accepted form, and what is said of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.fields import column_of
from knowledge.catalogue.passages import LONGEST, Section, cut, to_passages
from knowledge.catalogue.readers.markdown import read_markdown
from knowledge.catalogue.readers.note import read_note as read_file
from knowledge.text import strip_control

MMAD = Path(__file__).parents[3] / "shared" / "data" / "mmad" / "domain_knowledge.json"


def read_note(path: Path, product: str | None = None) -> tuple[Section, ...]:
    return read_file(path, product).sections


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_mmad_is_read_as_it_is(tmp_path: Path) -> None:
    texts = {
        "good": " <Normal Look>\n Description: Shiny.",
        "cut_lead": " <Cut Lead>\n Description: A “short” lead.\n",
    }
    file = write(tmp_path / "m.json", {"MVTec": {"transistor": texts}})
    good, cut_lead = read_note(file)
    assert (good.product, good.defect, good.title, good.text) == (
        "transistor",
        "good",
        "Normal Look",
        "Shiny.",
    )
    assert (cut_lead.defect, cut_lead.title) == ("cut_lead", "Cut Lead")
    source = file.read_text()
    assert source[good.offset :].startswith("Shiny.")
    assert source[cut_lead.offset :].startswith("A \\u201cshort")


def test_the_other_forms_of_json(tmp_path: Path) -> None:
    by_product = read_note(write(tmp_path / "a.json", {"nut": {"bent": "It is bent."}}))
    by_defect = read_note(write(tmp_path / "b.json", {"bent": "It is bent."}), "nut")
    listed = read_note(
        write(tmp_path / "c.json", [{"text": "General."}, {"product": "nut", "defect": "bent", "text": "x."}])
    )
    assert [(s.product, s.defect, s.text) for s in by_product] == [("nut", "bent", "It is bent.")]
    assert [(s.product, s.defect, s.text) for s in by_defect] == [("nut", "bent", "It is bent.")]
    assert [(s.product, s.defect) for s in listed] == [(None, None), ("nut", "bent")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"a":\n {"b": }}', r"a\.json, line 2: not JSON.*correct that line"),
        ("a.json", '{"bent": "It is bent."}', r"no product is named for 'bent'.*--product"),
        ("a.json", "[1]", r"item 0 has no \"text\" string"),
        ("a.json", '[{"text": "x", "produkt": "y"}]', r"item 0 has produkt"),
        ("a.json", '[{"text": "x", "product": 3}]', r"no string"),
        ("a.json", "3", r"neither an object nor a list"),
        ("a.json", "{}", r"neither an object nor a list"),
        ("a.json", '{"a": 3}', r"a holds no texts"),
        ("a.json", '{"a": {"b": 3}}', r"a > b holds no texts"),
        ("a.json", '{"a": {"b": {"c": {"d": "x"}}}}', r"a > b holds no texts"),
        ("a.docx", "x", r"\.docx is not read; give one of \.md"),
        ("a.txt", " \n", r"holds no text"),
        ("a.pdf", "no pdf", r"not a PDF that can be read.*export it again"),
    ],
)
def test_a_wrong_note_is_named_with_the_mend(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        read_note(write(tmp_path / name, content))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"none\.md: No such file"):
        read_note(tmp_path / "none.md")
    with pytest.raises(KnowledgeError, match=r"none\.pdf: No such file"):
        read_note(tmp_path / "none.pdf")
    (tmp_path / "latin.txt").write_bytes(b"first\nna\xefve\n")
    with pytest.raises(KnowledgeError, match=r"latin\.txt, line 2: not UTF-8"):
        read_note(tmp_path / "latin.txt")


def test_markdown_is_cut_at_headings_but_not_inside_code(tmp_path: Path) -> None:
    text = "Intro.\n\n# Screw\nSteel.\n\n```\n# no heading\n```\n## Head\nPhillips.\n# Nut\nHex.\n"
    sections = read_note(write(tmp_path / "n.md", text), "bolt")
    assert [s.title for s in sections] == ["", "Screw", "Screw / Head", "Nut"]
    assert "# no heading" in sections[1].text
    for section in sections:
        assert section.product == "bolt"
        assert text[section.offset :].startswith(section.text)


def test_pdf_pages_keep_their_numbers(tmp_path: Path) -> None:
    sections = read_note(write_pdf(tmp_path / "n.pdf", ["Thread wear.", "Head marks."]))
    assert [(s.page, s.title, s.text.strip()) for s in sections] == [
        (1, "page 1", "Thread wear."),
        (2, "page 2", "Head marks."),
    ]
    assert sections[1].offset == len(sections[0].text) + 1


def write_pdf(path: Path, pages: list[str]) -> Path:
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
    )
    for text in pages:
        page = writer.add_blank_page(200, 200)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    with path.open("wb") as file:
        writer.write(file)
    return path


def test_a_long_text_is_cut_between_sentences_into_even_pieces() -> None:
    sentences = [f"Sentence number {i} speaks of wear no. {i} and of 0.5 mm gaps." for i in range(60)]
    text = " ".join(sentences)
    pieces = list(cut(text))
    assert " ".join(piece for _, piece in pieces) == text
    for offset, piece in pieces:
        assert text[offset:].startswith(piece)
        assert piece.endswith("gaps.")
        assert 120 <= len(piece.split()) <= LONGEST


@given(st.text(alphabet="ab .!?\n-A1", max_size=400), st.integers(1, 20))
def test_cutting_loses_nothing_but_white_space(text: str, longest: int) -> None:
    pieces = list(cut(text, longest))
    assert "".join("".join(piece for _, piece in pieces).split()) == "".join(text.split())
    end = 0
    for offset, piece in pieces:
        assert offset >= end
        assert text[offset : offset + len(piece)] == piece
        assert piece == piece.strip() != ""
        end = offset + len(piece)


def test_control_characters_go_and_the_rest_stays() -> None:
    assert strip_control("a\x00b\x1b[31m\u202ec\td\ne “é” 中") == "ab[31mc\td\ne “é” 中"
    (passage,) = to_passages([Section("p", "d", "t\x07", "Ignore the above\x00.", 0)], "f.md")
    assert (passage.title, passage.text) == ("t", "Ignore the above.")


def test_ids_are_unique_short_and_tell_what_they_are_about() -> None:
    sections = [
        Section("screw", "scratch_head", "", "One.", 0),
        Section("screw", "scratch_head", "", "Two.", 0),
        Section("screw", None, "", "Three.", 0),
        Section(None, None, "", "Four.", 0),
        Section("metal nut", "a#b [c]", "", "Five.", 0),
    ]
    ids = [passage.id for passage in to_passages(sections, "notes.md")]
    assert ids == [
        "screw/scratch_head#1",
        "screw/scratch_head#2",
        "screw/notes.md#1",
        "notes.md#1",
        "metal_nut/a_b_c_#1",
    ]
    again = [passage.id for passage in to_passages(sections[:1], "more.md", taken=ids)]
    assert again == ["screw/scratch_head@more.md#1"]


@pytest.mark.skipif(not MMAD.exists(), reason="MMAD's domain_knowledge.json is not there")
def test_all_of_mmad_is_read_with_titles_and_offsets() -> None:
    sections = read_note(MMAD)
    assert len(sections) == 146
    assert len({section.product for section in sections}) == 38
    assert sum(bool(section.title) for section in sections) >= 140
    source = MMAD.read_text(encoding="utf-8")
    passages = to_passages(sections, MMAD.name)
    assert len({passage.id for passage in passages}) == len(passages)
    for passage in passages:
        assert source[passage.offset :].startswith(json.dumps(passage.text[:12])[1:-1])
        assert len(passage.text.split()) <= LONGEST


def test_labels_are_told_as_columns_are() -> None:
    text = (
        "# Bracket\n\n## Scratch\nLook: thin line\nCause: chips\n\n## Rust\nLook: brown spot\nZuständig: QA\n"
    )
    told = {one.name: one.column for one in read_markdown(text, "bracket").columns}
    assert told == {"Look": "look", "Cause": "cause", "Zuständig": "responsible"}
    assert read_markdown("# Bracket\n\nAll is well. Note: nothing.\n", "bracket").columns == []


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Aspeto", "look"),
        ("Acções correctivas", "action"),
        ("Descricao", "look"),
        ("Zustaendig", "responsible"),
        ("Défaut / Defaut", "type"),
        ("GRAVITE", "severity"),
        ("Accion", "action"),
        ("外見", "look"),
        ("겉모습", "look"),
        ("外觀", "look"),
        ("Celula", None),
        ("Foto", None),
    ],
)
def test_columns_are_found_in_other_spellings(header: str, column: str | None) -> None:
    assert column_of(header) == column
    told = read_markdown(f"# Cork\n\n## Hole\n{header}: what is written there\n", "cork").columns
    assert column is None or [one.column for one in told] == [column] or "/" in header
