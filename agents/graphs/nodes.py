"""The nodes of the inspection graph, one step each. A node calls tools and returns what the state gains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from agents.answers.compose import compose_answer
from agents.questions.understanding import kind_of_question
from agents.state import InspectionState
from tools.cache import Stopwatch
from tools.classify.classify import UNKNOWN, appearance
from tools.records import FilesRecord
from tools.registry import Toolbox

Update = dict[str, Any]
S = TypeVar("S", bound=InspectionState)
S_contra = TypeVar("S_contra", bound=InspectionState, contravariant=True)


class Node(Protocol[S_contra]):
    """One step of a graph."""

    def __call__(self, state: S_contra) -> Update:
        """Return what the step adds to the state."""
        ...


def build_nodes(toolbox: Toolbox) -> dict[str, Node[InspectionState]]:
    """Return each node by name, in order; each adds its time to `timings_ms` under a fixed key."""
    call = toolbox.call

    def part(state: InspectionState) -> dict[str, str]:
        return {
            "image": state["image"],
            "sha256": state["opened"].sha256,
            "product": state["product"].name,
        }

    def open_image(state: InspectionState) -> Update:
        return {"opened": call("open_image", image=state["image"])}

    def encode(state: InspectionState) -> Update:
        return {"encoder": call("encode_image", image=state["image"], sha256=state["opened"].sha256)}

    def find_product(state: InspectionState) -> Update:
        named = state.get("named_product")
        arguments = {"image": state["image"], "sha256": state["opened"].sha256, "product": named}
        return {"product": call("find_product", **arguments)}

    def decode(state: InspectionState) -> Update:
        return {"decoder": call("decode_image", **part(state))}

    def ask_model(state: InspectionState) -> Update:
        return {"language": call("ask_language_model", **part(state))}

    def detect(state: InspectionState) -> Update:
        return {"verdict": call("detect_anomaly", **part(state))}

    def locate(state: InspectionState) -> Update:
        return {"regions": call("locate_anomalies", **part(state))}

    def classify(state: InspectionState) -> Update:
        regions = state["regions"]
        if not state["verdict"].anomalous or not regions:
            return {"defect_type": None}
        opened = state["opened"]
        share = min(1.0, sum(region.area_px for region in regions) / (opened.width * opened.height))
        arguments = {"description": regions[0].text, "area_share": share}
        return {"defect_type": call("classify_defect", **part(state), **arguments)}

    def retrieve(state: InspectionState) -> Update:
        product = state["product"].name
        templates = call("retrieve_templates", **part(state), k=1)
        question, defect = state.get("question"), state.get("defect_type")
        wanted = question or ""
        if defect is not None:
            # Words and no measured numbers: notes hold none of them, and equal words are encoded once.
            named = "" if defect.name == UNKNOWN else defect.name.replace("_", " ")
            wanted = f"{wanted} {named} {appearance(state['regions'][0].text)}".strip()
        found = {"templates": templates, "expected": call("list_defects", product=product), "passages": []}
        if wanted:
            # An analysis quotes sentence by sentence, so it needs more of the notes than a citation does; and
            # few words of a question find the passage that tells what is normal.
            k = {"analysis": 5, "normal": 20}.get(kind_of_question(question), 3) if question else 3
            found["passages"] = call("retrieve_knowledge", text=wanted[:4000], product=product, k=k)
        return found

    def answer(state: InspectionState) -> Update:
        composed = compose_answer(state)
        return {"answer": composed.answer, "analysis": composed.analysis, "evidence": composed.evidence}

    def draw(state: InspectionState) -> Update:
        out = state.get("out")
        files = call("draw_anomaly", **part(state), out=out) if out else FilesRecord()
        return {"files": files}

    steps: list[tuple[Callable[[InspectionState], Update], str]] = [
        (open_image, "load"),
        (encode, "encode"),
        (find_product, "retrieve"),
        (decode, "decode"),
        (ask_model, "llm"),
        (detect, "decode"),
        (locate, "decode"),
        (classify, "retrieve"),
        (retrieve, "retrieve"),
        (answer, "answer"),
        (draw, "draw"),
    ]
    return {node.__name__: timed(node, key) for node, key in steps}


def timed(node: Callable[[S], Update], key: str) -> Node[S]:
    """Return the node, adding its milliseconds to `timings_ms` under `key`."""

    def run(state: S) -> Update:
        with Stopwatch() as watch:
            update = node(state)
        return {**update, "timings_ms": {key: watch.ms}}

    return run
