"""Notes as JSON: the domain_knowledge.json of MMAD, and simpler forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from anomaly_core.errors import KnowledgeError
from knowledge.catalogue.passages import Section, source_length

_TITLED: Final = re.compile(r"\s*<(?P<title>[^<>\n]{1,200})>\s*(?:Description:\s*)?")
_FORMS: Final = (
    '{"product": {"defect": "text"}}, {"defect": "text"} with --product, '
    '[{"product": ..., "defect": ..., "title": ..., "text": ...}], or the domain_knowledge.json of MMAD'
)


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
