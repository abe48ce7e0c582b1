"""The inspection graph: the same path for every image, each step a typed function.

open_image -> measure (encode -> find_product -> detect -> classify -> log) -> retrieve -> answer -> draw
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.answers.compose import compose_answer
from agents.answers.image.two import type_of_found
from agents.answers.kinds import passages_for
from agents.graphs.context import Context, part_of, tools_of
from agents.questions.learned.encoder import normalised
from agents.questions.lexicon.words import same_defect
from agents.questions.slots.limits import measure_of
from agents.state import Asked, InspectionInput, InspectionState, Measured, MeasureInput, Seen
from tools.classify.classify import UNKNOWN, appearance, classify
from tools.context import Part
from tools.detect import detect, find_product, language_answer, noticed, open_image, recorded
from tools.localize import draw, locate
from tools.log import log_inspection
from tools.records import DefectRecord, FilesRecord, SettingsRecord
from tools.retrieve import expected_defects, nearest_templates, notes_about, search_notes

Update = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Update])
InspectionGraph = CompiledStateGraph[InspectionState, Context, InspectionInput, InspectionState]
MeasureGraph = CompiledStateGraph[InspectionState, Context, MeasureInput, Measured]


def timed(key: str) -> Callable[[F], F]:
    """Let a node add its milliseconds to `timings_ms` under `key`."""

    def decorate(node: F) -> F:
        @wraps(node)
        def run(*args: Any, **keywords: Any) -> Update:
            start = time.perf_counter()
            update = node(*args, **keywords)
            return {**update, "timings_ms": {key: 1000 * (time.perf_counter() - start)}}

        return cast("F", run)

    return decorate


@timed("load")
def open_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Read the image once."""
    return {"opened": open_image(tools_of(runtime), state["image"])}


@timed("encode")
def encode_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Encode the image once; every later step uses these features."""
    tools = tools_of(runtime)
    tools.require_store()
    image, named = tools.images.get(state["image"], state["opened"].sha256), state.get("named_product")
    if named:
        product = tools.product(named)
        image.framed(tools.model_of(product), named, product)
    else:
        image.encoded(tools.model)
    return {}


@timed("retrieve")
def find_product_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Find the product by its nearest template, or take the one that was named."""
    tools, opened = tools_of(runtime), state["opened"]
    product = find_product(tools, opened, state.get("named_product"))
    # A product's grey range may read the file otherwise than the file alone does, and the note tells it.
    part = Part(tools, opened.image, opened.sha256, product.name)
    note, learned = part.cached.loaded.note, part.model
    told = SettingsRecord(zones=[zone.name for zone in learned.zones], mm_per_px=learned.mm_per_px)
    return {"product": product, "opened": opened.model_copy(update={"note": note}), "settings": told}


def detect_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Judge the part: maps, language model, calibrated verdict and regions, all by the front door."""
    start = time.perf_counter()
    part = part_of(state, runtime)
    _ = part.encoded  # where another encoder found the product
    encoded = time.perf_counter()
    update = {
        "encoder": part.detector.encoder.name,
        "decoder": part.detector.name,
        "verdict": detect(part),
        "language": language_answer(part),
        "regions": locate(part),
    }
    asked = part.inspection.timings_ms["llm"]
    spent = 1000 * (time.perf_counter() - encoded)
    times = {"encode": 1000 * (encoded - start), "llm": asked, "decode": max(spent - asked, 0.0)}
    return {**update, "timings_ms": times}


@timed("retrieve")
def classify_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Name the defect's type, where there is one: the one that a person named, else what fits it best."""
    regions, said = state["regions"], state["verdict"].person
    if said is not None and said.verdict == "anomalous" and said.defect_type:
        return {"defect_type": DefectRecord(name=said.defect_type, score=1.0, status="confirmed")}
    if not state["verdict"].anomalous or not regions:
        return {"defect_type": None}
    opened = state["opened"]
    share = min(1.0, sum(region.area_px for region in regions) / (opened.width * opened.height))
    return {"defect_type": classify(part_of(state, runtime), regions[0].text, share)}


def log_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Log the inspection, and say what was noticed: here alone, and only here, an image has just been judged.

    A log that cannot be written costs no verdict: it is a warning beside it.
    """
    # The identity is fixed by the step, or by run and file, so that one repeated after a kill logs nothing
    # twice.
    info, run = runtime.execution_info, (runtime.context or Context()).run
    step = None if info is None or info.thread_id is None else f"{info.thread_id} {info.task_id}"
    identity = step
    if step is None and run is not None:
        identity = f"{run} {Path(state['image']).absolute()} {state['opened'].sha256}"
    logged = log_inspection(
        tools_of(runtime),
        state["opened"],
        state["product"],
        state["verdict"],
        state["regions"],
        state["defect_type"],
        shown_name=state.get("shown_name"),
        identity=identity,
        again=step is not None,
        recording=recorded(part_of(state, runtime)),
    )
    return {
        "warnings": [*noticed(part_of(state, runtime), state["verdict"], state.get("shown_name")), *logged]
    }


@timed("retrieve")
def retrieve_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Find the nearest good part, and the notes that the question or the defect is about."""
    return retrieved(state, runtime, None)


def retrieved(state: InspectionState, runtime: Runtime[Context], asked: Asked | None) -> Update:
    """Return the nearest good part, and the notes. asked: what was understood, in a dialogue."""
    part = part_of(state, runtime)
    question, defect = state.get("question"), state.get("defect_type")
    wanted = question or ""
    if defect is not None:
        # Words and no measured numbers: notes hold none of them, and equal words are encoded once.
        known_name = "" if defect.name == UNKNOWN else defect.name.replace("_", " ")
        looks = [appearance(region.text) for region in state["regions"][:1]]
        wanted = " ".join([wanted, known_name, *looks]).strip()
    # An analysis quotes sentence by sentence, so it needs more of the notes than a citation does; and
    # few words of a question find the passage that tells what is normal.
    k = 3 if asked is None else passages_for(asked)
    intents = [] if asked is None else asked.intents
    named = [name for one in intents for name in (one.type, *one.maybe) if name]
    if defect is not None:
        # Of a type that is not known, the entries of the two likeliest.
        likely = [one.name for one in (defect, *defect.alternatives) if one.name != UNKNOWN]
        named += likely[: 2 if defect.name == UNKNOWN else 1]
    found = search_notes(part, " ".join([wanted, *named])[:4000], k) if wanted and k else []
    expected = expected_defects(part)
    sized = any(one.kind == "size" for one in intents) and measure_of(normalised(question or "")) is not None
    method = any(one.kind == "action" and one.closed and one.type is None for one in intents)
    if sized or method or any(one.guess is not None for one in intents):
        # What is supposed may be the cause of any type; so are a method and a size that are named.
        named += expected
    if any(one.kind == "comparison" for one in intents):
        # Which of two is worse, the severities of their types tell.
        seen: list[Seen] = state.get("seen") or []  # type: ignore[assignment]
        named += [name for one in seen if (name := type_of_found(one["found"])) is not None]
        named += [name for name in (type_of_found(state),) if name is not None]
    # Of a type that is not known, the whole entry of what was found first.
    named += [one.defect for one in found[:1] if one.field is not None and one.defect]
    named += [name for name in expected if any(same_defect(name, other) for other in named)]
    # The words of a question need not be those of the notes, nor in their language; a type's name is.
    about = notes_about(part.context, part.product, list(dict.fromkeys(named))) if k else []
    known = {one.id: one for one in (*found, *about)}
    return {
        "templates": nearest_templates(part),
        "expected": expected,
        "passages": list(known.values()),
    }


@timed("answer")
def answer_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Compose the answer from evidence."""
    composed = compose_answer(state)
    return {"answer": composed.answer, "analysis": composed.analysis, "evidence": composed.evidence}


@timed("draw")
def draw_node(state: InspectionState, runtime: Runtime[Context]) -> Update:
    """Write the pictures, where a folder was given."""
    out = state.get("out")
    return {"files": draw(part_of(state, runtime), Path(out)) if out else FilesRecord()}


def build_measuring() -> MeasureGraph:
    """Return the part of the inspection that both graphs share: from an opened image to regions and type."""
    graph = StateGraph(
        InspectionState, context_schema=Context, input_schema=MeasureInput, output_schema=Measured
    )
    graph.add_node("encode", encode_node)
    graph.add_node("find_product", find_product_node)
    graph.add_node("detect", detect_node)
    graph.add_node("classify", classify_node)
    graph.add_node("log", log_node)
    graph.add_edge(START, "encode")
    graph.add_edge("encode", "find_product")
    graph.add_edge("find_product", "detect")
    graph.add_edge("detect", "classify")
    graph.add_edge("classify", "log")
    return graph.compile(name="measure")


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> InspectionGraph:
    """Return the compiled inspection graph; what it works with comes with each run's context."""
    graph = StateGraph(InspectionState, context_schema=Context, input_schema=InspectionInput)
    graph.add_node("open_image", open_node)
    graph.add_node("measure", build_measuring())
    graph.add_node("retrieve", retrieve_node)
    graph.add_node("answer", answer_node)
    graph.add_node("draw", draw_node)
    graph.add_edge(START, "open_image")
    graph.add_edge("open_image", "measure")
    graph.add_edge("measure", "retrieve")
    graph.add_edge("retrieve", "answer")
    graph.add_edge("answer", "draw")
    return graph.compile(checkpointer=checkpointer, name="inspect")
