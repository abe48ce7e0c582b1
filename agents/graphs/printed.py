"""The final state of a graph as the printed object."""

from __future__ import annotations

from agents.state import DialogueState, InspectionState, Understanding
from tools.detect import reasons_of
from tools.records import InspectionRecord, ModelsRecord, RegionRecord, TimingsRecord, UnderstoodRecord


def understood(intent: Understanding, state: DialogueState) -> UnderstoodRecord:
    """Return what a question asks for as the printed object, with the number of the image in hand."""
    digest = state["opened"].sha256
    here = next((one["number"] for one in state["seen"] if one["sha256"] == digest), None)
    return intent.printed(here)


def inspection_record(state: InspectionState, *, total_ms: float) -> InspectionRecord:
    """Return the final state of a graph as the printed object."""
    verdict, times = state["verdict"], state["timings_ms"]
    known = {key: round(times[key], 2) for key in TimingsRecord.model_fields if key in times}
    return InspectionRecord(
        image=state["image"],
        sha256=state["opened"].sha256,
        note=state["opened"].note,
        product=state["product"],
        decision=verdict.decision,
        reasons=reasons_of(verdict),
        anomalous=verdict.anomalous,
        score=verdict.score,
        p_value=verdict.p_value,
        alpha=verdict.alpha,
        review=verdict.review,
        uncertain=verdict.uncertain,
        regions=[RegionRecord(**r.model_dump(exclude={"text", "look"})) for r in state["regions"]],
        defect_type=state.get("defect_type"),
        answer=state["answer"],
        analysis=state["analysis"],
        evidence=state["evidence"],
        files=state["files"],
        models=ModelsRecord(encoder=state["encoder"], decoder=state["decoder"], llm=state["language"].model),
        timings_ms=TimingsRecord(**{**known, "total": round(total_ms, 2)}),
        warnings=state.get("warnings") or [],
    )
