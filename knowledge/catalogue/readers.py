"""Readers of notes: Markdown, plain text, PDF, and JSON in the formats of `read_json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.headings import defect_of
from knowledge.catalogue.passages import Section, source_length

SUFFIXES = (".md", ".markdown", ".txt", ".json", ".pdf")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLED = re.compile(r"\s*<(?P<title>[^<>\n]{1,200})>\s*(?:Description:\s*)?")
_FORMS = (
    '{"product": {"defect": "text"}}, {"defect": "text"} with --product, '
    '[{"product": ..., "defect": ..., "title": ..., "text": ...}], or the domain_knowledge.json of MMAD'
)


def read_note(path: Path, product: str | None = None) -> list[Section]:
    """Return the sections of a note; product: of a file that names none.

    Raises KnowledgeError, naming file, line where known, and remedy.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise KnowledgeError(
            f"{path}: {suffix or 'no suffix'} is not read; give one of {', '.join(SUFFIXES)}"
        )
    if suffix == ".pdf":
        sections = read_pdf(path, product)
    else:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise KnowledgeError(f"{path}: {error.strerror}; give a file that can be read") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise KnowledgeError(f"{path}, line {line}: not UTF-8; save it as UTF-8") from error
        if suffix == ".json":
            sections = read_json(text, path, product)
        else:
            sections = list(_markdown(text, product) if suffix != ".txt" else _plain(text, product))
    sections = [section for section in sections if section.text.strip()]
    if not sections:
        raise KnowledgeError(f"{path}: holds no text; give a note with text (a scanned PDF needs OCR first)")
    return sections


def read_json(text: str, path: Path, product: str | None = None) -> list[Section]:
    """Return the sections of a JSON note in one of these formats.

    {dataset: {class: {defect: text}}} (MMAD's domain_knowledge.json), {product: {defect: text}},
    {defect: text} with `product` given, [{"product"?, "defect"?, "title"?, "text"}]. A text may begin with
    "<Title>" and "Description:". Raises KnowledgeError.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise KnowledgeError(
            f"{path}, line {error.lineno}: not JSON ({error.msg}); correct that line. Forms: {_FORMS}"
        ) from error
    sections = []
    search_from = 0
    for name, defect, title, body, keys in _entries(content, path, product):
        # json.loads returns no positions, so the string is searched for, in the file's order.
        offset, search_from, escaped = _locate(text, keys, body, search_from)
        match = _TITLED.match(body)
        if match and not title:
            offset += source_length(body[: match.end()], escaped)
            title, body = match["title"].strip(), body[match.end() :]
        sections.append(Section(name, defect, title, body, offset, escaped=escaped))
    return sections


def _entries(
    content: Any, path: Path, product: str | None
) -> Iterator[tuple[str | None, str | None, str, str, tuple[str, ...]]]:
    """Yield (product, defect, title, text, path of keys)."""
    if isinstance(content, list):
        for place, item in enumerate(content):
            if not isinstance(item, dict) or not isinstance(item.get("text"), str):
                raise KnowledgeError(f'{path}: item {place} has no "text" string. Forms: {_FORMS}')
            fields = [item.get(name) for name in ("product", "defect", "title")]
            unknown = set(item) - {"product", "defect", "title", "text"}
            if unknown or any(field is not None and not isinstance(field, str) for field in fields):
                wrong = ", ".join(sorted(unknown)) or "product, defect or title that is no string"
                raise KnowledgeError(f"{path}: item {place} has {wrong}. Forms: {_FORMS}")
            yield fields[0] or product, fields[1], fields[2] or "", item["text"], ()
        return
    if not isinstance(content, dict) or not content:
        raise KnowledgeError(f"{path}: neither an object nor a list of notes. Forms: {_FORMS}")
    for first, value in content.items():
        if isinstance(value, str):
            if product is None:
                raise KnowledgeError(f"{path}: no product is named for {first!r}; name it with --product")
            yield product, first, "", value, (first,)
        elif isinstance(value, dict):
            for second, inner in value.items():
                if isinstance(inner, str):
                    yield first, second, "", inner, (first, second)
                elif isinstance(inner, dict) and all(isinstance(body, str) for body in inner.values()):
                    for third, body in inner.items():
                        yield second, third, "", body, (first, second, third)
                else:
                    raise KnowledgeError(f"{path}: {first} > {second} holds no texts. Forms: {_FORMS}")
        else:
            raise KnowledgeError(f"{path}: {first} holds no texts. Forms: {_FORMS}")


def _locate(text: str, keys: tuple[str, ...], body: str, start: int) -> tuple[int, int, bool]:
    """Return (offset of the text, start of the next search, whether the string is escaped to ASCII)."""
    for escaped in (True, False):
        written = json.dumps(body, ensure_ascii=escaped)
        place = text.find(written, start)
        if place >= 0:
            return place + 1, place + len(written), escaped
    # Escaped in an unusual way: the position of the last key instead.
    place = text.find(json.dumps(keys[-1], ensure_ascii=False), start) if keys else start
    return max(place, start), max(place, start), False


def _markdown(text: str, product: str | None) -> Iterator[Section]:
    fences = [match.span() for match in _FENCE.finditer(text)]
    headings = [
        match
        for match in _HEADING.finditer(text)
        if not any(begin <= match.start() < end for begin, end in fences)
    ]
    bounds = [0, *(match.end() for match in headings)]
    ends = [*(match.start() for match in headings), len(text)]
    trail: list[tuple[int, str]] = []
    for place, (begin, end) in enumerate(zip(bounds, ends, strict=True)):
        if place:
            heading = headings[place - 1]
            level = len(heading[1])
            trail = [*(entry for entry in trail if entry[0] < level), (level, heading[2].strip())]
        names = [name for _, name in trail]
        yield Section(product, defect_of(names), " / ".join(names), text[begin:end], begin)


def _plain(text: str, product: str | None) -> Iterator[Section]:
    yield Section(product, None, "", text, 0)


def read_pdf(path: Path, product: str | None = None) -> list[Section]:
    """Return one section a page; offsets are in the extracted text, with one character between pages.

    Raises KnowledgeError.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    sections, offset = [], 0
    try:
        with path.open("rb") as file:
            reader = PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise KnowledgeError(f"{path}: needs a password; save a copy without one")
            for number, page in enumerate(reader.pages, start=1):
                text = page.extract_text()
                sections.append(Section(product, None, f"page {number}", text, offset, number))
                offset += len(text) + 1
    except OSError as error:
        raise KnowledgeError(f"{path}: {error.strerror}; give a file that can be read") from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # pypdf raises any of these for a damaged file.
        raise KnowledgeError(f"{path}: not a PDF that can be read ({error}); export it again") from error
    return sections
