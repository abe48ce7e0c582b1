"""The defect's type, by matching what was measured on its regions with the product's notes."""

from __future__ import annotations

import torch
from langchain_core.tools import BaseTool, tool
from pydantic import Field

from knowledge.passages import Passage
from tools.detect import PartArgs
from tools.records import DefectRecord, NamedScore
from tools.services import Services

UNKNOWN = "unknown defect"
_NOT_A_TYPE = frozenset({"good", "combined"})
_TEMPERATURE = 0.05
_LEAST_SCORE = 0.4


class ClassifyArgs(PartArgs):
    """Arguments of `classify_defect`."""

    description: str = Field(description="measured description of the region, as locate_anomalies gives it")


def classify_tools(services: Services) -> list[BaseTool]:
    """Return `classify_defect`."""

    @tool(args_schema=ClassifyArgs, response_format="content_and_artifact")
    def classify_defect(image: str, sha256: str, product: str, description: str) -> tuple[str, DefectRecord]:
        """Name the defect type whose note fits the measured description, or say "unknown defect"."""
        passages = [
            passage
            for passage in services.domain.passages(product)
            if passage.defect is not None and passage.defect.lower() not in _NOT_A_TYPE
        ]
        record = rank_defects(services, description, passages)
        return f"{record.name} (score {record.score:.2f})", record

    return [classify_defect]


def rank_defects(services: Services, description: str, passages: list[Passage]) -> DefectRecord:
    """Rank the defect types of the notes by how well their text fits a measured description.

    Scores are a softmax over the types' best cosine similarity, so they sum to 1 over the types and
    say nothing about a type that no note describes; below a least score the type is unknown.
    """
    if not passages:
        return DefectRecord(name=UNKNOWN, score=0.0)
    texts = [f"{passage.title}. {passage.text}" for passage in passages]
    vectors = services.text_encoder.encode_text([description, *texts])
    similarity = vectors[1:] @ vectors[0]
    best: dict[str, float] = {}
    for passage, value in zip(passages, similarity.tolist(), strict=True):
        name = passage.defect or UNKNOWN
        best[name] = max(value, best.get(name, -1.0))
    shares = torch.softmax(torch.tensor(list(best.values())) / _TEMPERATURE, dim=0).tolist()
    ranked = sorted(zip(best, shares, strict=True), key=lambda pair: -pair[1])
    scores = [NamedScore(name=name, score=round(share, 4)) for name, share in ranked]
    if scores[0].score < _LEAST_SCORE:
        return DefectRecord(name=UNKNOWN, score=0.0, alternatives=scores[:4])
    return DefectRecord(name=scores[0].name, score=scores[0].score, alternatives=scores[1:5])
