"""Chain of thought of an answer: steps with evidence.

The order is that of MMAD's agent (arXiv 2410.09453): the object and its possible defects, the differences
between image and template, whether each is a defect or normal variation, the conclusion.
"""

from __future__ import annotations

from agents.answers.evidence import observations, verdict_statement
from agents.state import DialogueState, InspectionState, Step
from anomaly_core.names import plain_name
from tools.classify.classify import UNKNOWN


def build_steps(state: InspectionState | DialogueState) -> list[Step]:
    """Return the steps of an answer, each with at least one id of its evidence."""
    verdict, product = state["verdict"], state["product"]
    template = [state["templates"][0].id] if state["templates"] else ["score"]
    source = "found by its likeness to the good parts" if product.inferred else "named by the user"
    steps = [
        Step(kind="object", text=f"The part is {product.name}, {source}.", evidence=template),
        _expected(state),
    ]
    for region in state["regions"]:
        steps.append(
            Step(
                kind="difference",
                text=f"At the {region.cell}: {region.text}.",
                evidence=[region.id, *template],
            )
        )
    if not state["regions"]:
        text = "No place differs from the good parts by more than they differ from each other."
        steps.append(Step(kind="difference", text=text, evidence=["score"]))
    for region in state["regions"]:
        steps.append(_judgement(state, region.id))
    for seen in observations(state):
        steps.append(Step(kind="difference", text=f"{seen.evidence.text}.", evidence=[seen.evidence.id]))
    steps.append(_calibrated(state))
    defect = state.get("defect_type")
    if verdict.anomalous and defect is not None:
        known = defect.name != UNKNOWN
        text = f"Its look fits {plain_name(defect.name)} best." if known else "Its look decides for no type."
        steps.append(Step(kind="judgement", text=text, evidence=["type"]))
    decided = verdict.decision != "review"
    near = " A person should look: it lies near the limit." if decided and verdict.uncertain else ""
    steps.append(Step(kind="conclusion", text=f"{verdict_statement(state)}{near}", evidence=["score"]))
    return steps


def _expected(state: InspectionState | DialogueState) -> Step:
    names = [plain_name(name) for name in state["expected"]]
    text = f"Its notes name these defects: {', '.join(names)}." if names else "No note names its defects."
    return Step(kind="expected", text=text, evidence=["notes"])


def _judgement(state: InspectionState | DialogueState, region: str) -> Step:
    """Return the judgement on a region, which follows the image's verdict."""
    measured = next(one for one in state["regions"] if one.id == region)
    if state["verdict"].anomalous:
        text = f"It exceeds the normal range of the good parts (region score {measured.score:.2f}): a defect."
    else:
        text = "The good parts as a whole vary as much: normal variation, though near the limit."
    return Step(kind="judgement", text=text, evidence=[region, "score"])


def _calibrated(state: InspectionState | DialogueState) -> Step:
    verdict = state["verdict"]
    side = "below" if verdict.anomalous else "not below"
    text = (
        f"A good {state['product'].name} scores this high with probability {verdict.p_value:.3g}, "
        f"{side} the stated rate of {verdict.alpha:.0%}."
    )
    return Step(kind="judgement", text=text, evidence=["score"])
