"""Retrieval of a product's nearest templates, and of passages of its notes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from anomaly_core.names import name_key
from knowledge.catalogue.index import PassageHit
from knowledge.catalogue.passages import Passage
from knowledge.products.record import TemplateHit
from tools.context import Context, Part
from tools.records import PassageRecord, Record, TemplateRecord


class TemplateArgs(Record):
    """Arguments of `nearest_templates`."""

    k: int = Field(default=1, ge=1, le=20, description="how many, nearest first")


class KnowledgeArgs(Record):
    """Arguments of a search in the notes."""

    text: str = Field(description="what to look for, in plain language", max_length=4000)
    k: int = Field(default=5, ge=1, le=20, description="how many passages, best first")


def passage_record(hit: PassageHit) -> PassageRecord:
    """Return the record of a search hit."""
    return passage_of(hit.passage, score=round(hit.score, 4))


def passage_of(passage: Passage, *, score: float) -> PassageRecord:
    """Return the record of a passage. score: of the search; 0 without one."""
    return PassageRecord(
        id=passage.id,
        product=passage.product,
        defect=passage.defect,
        title=passage.title,
        text=passage.text,
        file=passage.file,
        offset=passage.offset,
        score=score,
        field=passage.field,
        language=passage.language,
    )


def find_passages(context: Context, text: str, product: str | None, k: int) -> list[PassageRecord]:
    """Return the `k` best passages for a text: of the product given, else of the one that the text names.

    Where it names none, all notes are searched, since narrowing them to a product that is only described
    loses more relevant passages than it gains. Raises StoreMissing, ConfigError.
    """
    context.require_store()
    if not product:
        match = context.domain.product_of(text)
        product = match.name if match.named else None
    return [passage_record(hit) for hit in context.domain.search(text, product=product, k=k)]


def template_id(hit: TemplateHit) -> str:
    """Return the id that an answer cites a good image by."""
    return f"template:{hit.sha256[:12]}"


def nearest_templates(part: Part, k: int = 1) -> list[TemplateRecord]:
    """Find the enrolled good parts that look most like the image."""
    return [
        TemplateRecord(
            id=template_id(hit),
            file_name=hit.file_name,
            similarity=round(hit.similarity, 4),
            path=str(hit.path),
        )
        for hit in part.context.templates.nearest(part.product, part.encoded.embedding, k)
    ]


def search_notes(part: Part, text: str, k: int = 5) -> list[PassageRecord]:
    """Find passages of the notes about the part's product, and general ones, that answer a question."""
    return find_passages(part.context, text, part.product, k)


def notes_about(context: Context, product: str | None, types: Sequence[str]) -> list[PassageRecord]:
    """Return the passages about types of defect by name, of a product and general ones; None: of all."""
    wanted = [name_key(name) for name in types]
    return [
        passage_of(passage, score=0.0)
        for passage in context.domain.passages()
        if product is None or passage.product is None or name_key(passage.product) == name_key(product)
        if any(name in name_key(f"{passage.defect or ''} {passage.title}") for name in wanted)
    ]


def known_defects(context: Context) -> list[str]:
    """Return the names of all defects in the notes, which a question may name."""
    found = (passage.defect for passage in context.domain.passages())
    return list(dict.fromkeys(name for name in found if name))


def known_products(context: Context) -> list[str]:
    """Return the names of all products, those that are enrolled and those that the notes are about."""
    enrolled = (info.name for info in context.templates.products())
    return list(dict.fromkeys([*enrolled, *context.domain.products()]))


def expected_defects(part: Part) -> list[str]:
    """Return the defects that the notes about the part's product name."""
    return part.context.domain.defects(part.product)
