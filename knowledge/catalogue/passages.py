"""Citable passages of a note: whole sentences, about 120 to 220 words each."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from knowledge.catalogue.fields import Field
from knowledge.text import sentence_spans, strip_control

LONGEST = 220
"""Most words of a passage, unless a sentence is longer."""


@dataclass(frozen=True)
class Section:
    """A section of a note.

    product, defect: its subject, or None. title: its heading, or "". text: as in the source.
    offset: characters from the start of the source's text. page: of a PDF, from 1, else None.
    escaped: form of the text in the source: plain (None), or a JSON string that escapes (True) or keeps
    (False) characters beyond ASCII. field: of the entry on the defect that the text is, or None for prose.
    language: ISO 639-1 code, where the source states it. where: place in a table, such as "row 7", or "".
    """

    product: str | None
    defect: str | None
    title: str
    text: str
    offset: int
    page: int | None = None
    escaped: bool | None = None
    field: Field | None = None
    language: str | None = None
    where: str = ""

    def source_offset(self, place: int) -> int:
        """Return the offset in the source of the text's character `place`."""
        return self.offset + source_length(self.text[:place], self.escaped)


@dataclass(frozen=True)
class Passage:
    """A citable part of a note.

    id: short, stable and unique, such as "screw/scratch_head#1", "screw/dent#cause" or "notes.md#3". file:
    the note's file name. offset: characters from the start of the file's text, or of a PDF's extracted text;
    0 in a spreadsheet. page: of a PDF, from 1, else None. field, language, where: as in `Section`.
    """

    id: str
    product: str | None
    defect: str | None
    title: str
    text: str
    file: str
    offset: int
    page: int | None = None
    field: Field | None = None
    language: str | None = None
    where: str = ""


def source_length(text: str, escaped: bool | None) -> int:
    """Return the length of `text` in its source, in characters; `escaped` as in `Section`."""
    return len(text) if escaped is None else len(json.dumps(text, ensure_ascii=escaped)) - 2


def cut(text: str, longest: int = LONGEST) -> Iterator[tuple[int, str]]:
    """Yield (offset, piece) of at most `longest` words, cut between sentences, of about equal lengths.

    A sentence longer than `longest` is a piece of its own.
    """
    spans = list(sentence_spans(text))
    words = [len(text[begin:end].split()) for begin, end in spans]
    pieces = max(1, -(-sum(words) // longest))
    target = sum(words) / pieces
    start, count = 0, 0
    for place, length in enumerate(words):
        # End the piece where its length is then nearer to the target than with one more sentence.
        if count and (count + length > longest or count + length / 2 > target):
            yield spans[start][0], text[spans[start][0] : spans[place - 1][1]]
            start, count = place, 0
        count += length
    if spans:
        yield spans[start][0], text[spans[start][0] : spans[-1][1]]


def to_passages(sections: Sequence[Section], file: str, taken: Collection[str] = ()) -> list[Passage]:
    """Cut the sections of one file into passages. Ids are unique, and none is in `taken`."""
    passages: list[Passage] = []
    counts: dict[tuple[str, Field | None], int] = {}
    taken_stems = {id_.rpartition("#")[0] for id_ in taken}
    for section in sections:
        about = section.defect if section.product or section.field else None
        stem = "/".join(part for part in (section.product or (about and file), about or file) if part)
        stem = re.sub(r"[\s#\[\],\"]+", "_", strip_control(stem).strip())
        if stem in taken_stems:
            stem += "@" + re.sub(r"[^\w.-]+", "_", file)
        for offset, text in cut(section.text):
            counted = (stem, section.field)
            counts[counted] = counts.get(counted, 0) + 1
            number = str(counts[counted])
            if section.field is not None:
                number = section.field if number == "1" else f"{section.field}-{number}"
            passages.append(
                Passage(
                    id=f"{stem}#{number}",
                    product=section.product,
                    defect=section.defect,
                    title=strip_control(section.title),
                    text=strip_control(text),
                    file=file,
                    offset=section.source_offset(offset),
                    page=section.page,
                    field=section.field,
                    language=section.language,
                    where=section.where,
                )
            )
    return passages
