"""Normal templates of a product, and passages of its notes."""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field

from anomaly_core.names import plain_name
from knowledge.catalogue.index import PassageHit
from knowledge.catalogue.passages import Passage
from tools.context import Services
from tools.detect import PartArgs
from tools.records import PassageRecord, TemplateRecord


class TemplateArgs(PartArgs):
    """Arguments of `retrieve_templates`."""

    k: int = Field(default=1, ge=1, le=20, description="how many, nearest first")


class KnowledgeArgs(BaseModel):
    """Arguments of `retrieve_knowledge`."""

    text: str = Field(description="what to look for, in plain language", max_length=4000)
    product: str | None = Field(
        default=None,
        description="only notes of this product, and general ones; found from the text if not given",
    )
    k: int = Field(default=5, ge=1, le=20, description="how many passages, best first")


class DefectsArgs(BaseModel):
    """Arguments of `list_defects`."""

    product: str = Field(description="name of the product")


def passage_record(hit: PassageHit) -> PassageRecord:
    """Return a search hit as the record that is printed and cited."""
    return passage_of(hit.passage, score=round(hit.score, 4))


def passage_of(passage: Passage, *, score: float) -> PassageRecord:
    """Return a passage as such a record. score: how well it fits what was searched for; 0 for no search."""
    return PassageRecord(
        id=passage.id,
        product=passage.product,
        defect=passage.defect,
        title=passage.title,
        text=passage.text,
        file=passage.file,
        offset=passage.offset,
        score=score,
    )


def find_passages(services: Services, text: str, product: str | None, k: int) -> list[PassageRecord]:
    """Return up to `k` passages on a text: of the product given, else of the one that the text names.

    Where it names none, the notes of all are searched: to narrow them to a product that is only described
    lost more right passages than it gained. Raises StoreMissing, ConfigError.
    """
    services.require_store()
    if not product:
        match = services.domain.product_of(text)
        product = match.name if match.named else None
    return [passage_record(hit) for hit in services.domain.search(text, product=product, k=k)]


def retrieve_tools(services: Services) -> list[BaseTool]:
    """Return `retrieve_templates`, `retrieve_knowledge` and `list_defects`."""

    @tool(args_schema=TemplateArgs, response_format="content_and_artifact")
    def retrieve_templates(
        image: str, sha256: str, product: str, k: int = 1
    ) -> tuple[str, list[TemplateRecord]]:
        """Find the enrolled good parts that look most like the image."""
        embedding = services.passes.get(image, sha256).encoded().embedding
        records = [
            TemplateRecord(
                id=f"template:{hit.sha256[:12]}",
                file_name=hit.file_name,
                similarity=round(hit.similarity, 4),
                path=str(hit.path),
            )
            for hit in services.templates.nearest(product, embedding, k)
        ]
        return ", ".join(f"{r.file_name} ({r.similarity:.2f})" for r in records), records

    @tool(args_schema=KnowledgeArgs, response_format="content_and_artifact")
    def retrieve_knowledge(
        text: str, product: str | None = None, k: int = 5
    ) -> tuple[str, list[PassageRecord]]:
        """Find passages of the notes that answer a question; each has an id to cite."""
        records = find_passages(services, text, product, k)
        found = "\n".join(f"[{r.id}] {r.text}" for r in records)
        return found or "no note covers this", records

    @tool(args_schema=DefectsArgs, response_format="content_and_artifact")
    def list_defects(product: str) -> tuple[str, list[str]]:
        """List the defects that the notes about a product name: what can be expected of it."""
        services.require_store()
        names = services.domain.defects(product)
        shown = ", ".join(plain_name(name) for name in names)
        return f"the notes about {product} name: {shown}" if names else f"no note about {product}", names

    return [retrieve_templates, retrieve_knowledge, list_defects]
