"""The graph for open questions: a thread with memory, over the steps of the inspection.

    listen -> open_image -> (seen before: recall | new: measure -> keep) -> review -> record -> make_plan ->
    act ... -> retrieve -> reason -> phrase -> check -> remember

Each step is checkpointed, so that a thread that is killed between any two goes on where it stopped. With a
language model it phrases; without one the plain answer goes through the same steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import NodeError
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, RetryPolicy, interrupt

from agents.answers.compose import compose_answer
from agents.answers.evidence import display_names, gather_evidence, verdict_statement
from agents.answers.generated.generation import generate_answer
from agents.answers.generated.guardrails import check_answer
from agents.answers.generated.tool_calls import ToolCalls
from agents.answers.kinds import make_plan, may_be_phrased
from agents.answers.meant import with_entries
from agents.answers.options import Chooser, choice_answer, split_options
from agents.answers.reasoning import build_steps
from agents.graphs.context import Context, part_of, resources_of, tools_of
from agents.graphs.inspection import Update, build_measuring, open_node, retrieved, timed
from agents.graphs.memory import keep_image, keep_turn, recalled, with_words
from agents.questions.plan import Situation
from agents.questions.slots.products import without_product_as_zone
from agents.questions.slots.zones import in_zones
from agents.questions.understanding import understand
from agents.state import DialogueInput, DialogueState, Review
from anomaly_core.errors import LanguageModelDown, LanguageModelError
from tools.classify.scores import UNKNOWN
from tools.context import Context as Tools
from tools.logged import logged_names
from tools.records import FilesRecord, PassageRecord
from tools.retrieve import known_defects, known_products

Dialogue = CompiledStateGraph[DialogueState, Context, DialogueInput, DialogueState]
BOUND = ("other", "asked")
"""Arguments of tools that a plan sets, and no model."""
AGAIN = RetryPolicy(max_attempts=2, retry_on=LanguageModelDown)
"""For the node that calls a model server: once more where it did not answer."""


def build_dialogue(checkpointer: BaseCheckpointSaver[Any] | None = None) -> Dialogue:
    """Return the compiled graph; what it works with comes with each run's context."""
    graph = StateGraph(DialogueState, context_schema=Context, input_schema=DialogueInput)
    graph.add_node("listen", listen)
    graph.add_node("open_image", open_node)
    graph.add_node("recall", recall)
    graph.add_node("measure", build_measuring())
    graph.add_node("keep", keep)
    graph.add_node("review", review)
    graph.add_node("record", record)
    graph.add_node("make_plan", plan)
    graph.add_node("call_tool", call_tool)
    graph.add_node("retrieve", retrieve)
    graph.add_node("reason", reason)
    graph.add_node("phrase", phrase, retry_policy=AGAIN, error_handler=not_phrased)
    graph.add_node("check", check)
    graph.add_node("remember", remember)
    graph.add_edge(START, "listen")
    graph.add_edge("listen", "open_image")
    graph.add_conditional_edges("open_image", seen_before)
    graph.add_edge("measure", "keep")
    graph.add_edge("keep", "review")
    graph.add_edge("recall", "review")
    graph.add_edge("review", "record")
    graph.add_edge("record", "make_plan")
    graph.add_conditional_edges("make_plan", more_to_do)
    graph.add_conditional_edges("call_tool", more_to_do)
    graph.add_edge("retrieve", "reason")
    graph.add_edge("reason", "phrase")
    graph.add_edge("phrase", "check")
    graph.add_edge("check", "remember")
    return graph.compile(checkpointer=checkpointer, name="dialogue")


def seen_before(state: DialogueState, runtime: Runtime[Context]) -> Literal["recall", "measure"]:
    """Recall an image that the thread has measured with this version of the store."""
    return "recall" if recalled(state, _version(runtime)) else "measure"


def more_to_do(state: DialogueState) -> Literal["call_tool", "retrieve"]:
    """Act while the plan holds a call."""
    return "call_tool" if state["plan"] else "retrieve"


def listen(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Understand the question, and forget what belongs to the one before."""
    seen, turns = with_words(state.get("seen") or [], tools_of(runtime)), state.get("turns") or []
    here = str(Path(state["image"]).absolute())
    current = next((one["number"] for one in seen if one["image"] == here), None)
    question, options = split_options(state.get("question") or "")
    reader = None if options else resources_of(runtime).reader()
    tools, settings = tools_of(runtime), state.get("settings")
    names = [*known_products(tools), *(settings.zones if settings else ())]
    asked = understand(
        question,
        turns,
        seen,
        current,
        known_defects(tools),
        names,
        reader=reader,
        logged=logged_names(tools) if turns else (),
        setting=resources_of(runtime).language,
    )
    path = next((one["image"] for one in seen if one["number"] == asked.image), state["image"])
    return {
        "image": path,
        "asked": asked.answered_in(resources_of(runtime).language).model_copy(update={"options": options}),
        "seen": seen,
        "turns": turns,
        "turn": state.get("turn", 0) + 1,
        "plan": [],
        "observations": [],
        "violations": [],
        "draft": None,
        "affirmed": None,
        "reviewed": None,
        "warnings": [],
        "files": FilesRecord(),
        "timings_ms": Overwrite({}),
    }


def recall(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Take what the thread knows of the image."""
    kept = recalled(state, _version(runtime))
    if kept is None:
        raise RuntimeError("the image to recall is not in the thread's memory")
    others = [one for one in state["seen"] if one["number"] != kept["number"]]
    here = str(Path(state["image"]).absolute())
    return {**kept["found"], "seen": [*others, {**kept, "image": here}]}


def keep(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Remember what was measured of the image."""
    return {"seen": keep_image(state, _version(runtime))}


def review(state: DialogueState) -> Update:
    """Stop for a person where the verdict is uncertain and the thread asks for one."""
    if not (state.get("review") and state["verdict"].uncertain):
        return {}
    word = interrupt(review_request(state))
    return {"reviewed": Review.model_validate(word)}


def record(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Record what the person said."""
    given, record_review = state.get("reviewed"), resources_of(runtime).record_review
    if given is None or record_review is None:
        return {}
    # The identity is fixed by the turn, so that a step repeated after a kill records nothing twice.
    info = runtime.execution_info
    thread = "" if info is None else info.thread_id or ""
    identity = f"{thread} {state['turn']} {state['opened'].sha256}"
    id_, warnings = record_review(state, given, identity)
    return {"reviewed": given.model_copy(update={"id": id_}), "warnings": [*state["warnings"], *warnings]}


def plan(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Plan what else the question needs to be looked at."""
    if state["asked"].options:
        return {"plan": []}
    images = {one["number"]: one["image"] for one in state["seen"]}
    defect = state.get("defect_type")
    known = None if defect is None or defect.name == UNKNOWN else defect.name
    name = Path(state.get("shown_name") or state["image"]).name
    situation = Situation(state["regions"], state["verdict"].anomalous, images, known, name)
    before = state["turns"][-1].meant if state["turns"] else ""
    asked = with_entries(state["asked"], tools_of(runtime), state["product"].name)
    asked = without_product_as_zone(asked, state["product"].name, state["settings"].zones)
    strongest = state["regions"][0].zone if situation.anomalous and state["regions"] else None
    asked = in_zones(asked, state["settings"].zones, before, strongest)
    return {"asked": asked, "plan": make_plan(asked, situation)}


@timed("retrieve")
def call_tool(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Carry out the first call of the plan."""
    call, *rest = state["plan"]
    bound = {name: value for name, value in call.arguments.items() if name in BOUND}
    given = {name: value for name, value in call.arguments.items() if name not in BOUND}
    known = state["observations"]
    calls = ToolCalls(part_of(state, runtime), display_names(state), known, {call.tool: bound})
    calls.call(call.tool, given, call.intent)
    return {"plan": rest, "observations": calls.found}


@timed("retrieve")
def retrieve(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Find the nearest good part, and the notes on what is asked about, types that are named among it."""
    return retrieved(state, runtime, state["asked"])


@timed("answer")
def reason(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Answer from the evidence, and put the chain of thought in order."""
    composed = compose_answer(state)
    answer, passages, evidence = composed.answer, state["passages"], composed.evidence
    if state["asked"].options:
        answer, passages = _choose_option(state, tools_of(runtime))
        evidence = gather_evidence({**state, "passages": passages})
    return {
        "answer": _with_review(answer, state),
        "analysis": composed.analysis,
        "evidence": evidence,
        "opening": composed.opening,
        "free": composed.free,
        "affirmed": None if state["asked"].options else composed.affirmed,
        "passages": passages,
        "steps": build_steps(state),
    }


@timed("llm")
def phrase(state: DialogueState, runtime: Runtime[Context]) -> Update:
    """Let a language model phrase the answer, where there is one. Raises LanguageModelError."""
    resources = resources_of(runtime)
    if not resources.phrases or not may_be_phrased(state["asked"]):
        return {}
    part = part_of(state, runtime)
    if resources.chat_model is None:
        # Its grounding reads English.
        return generate_answer(part, state) if state["asked"].language == "en" else {}
    # Here, not above: the agents' library takes a while to import, and most machines have no model.
    from agents.answers.generated.agent import phrase_answer

    return phrase_answer(resources.chat_model, part, state)


def not_phrased(state: DialogueState, error: NodeError) -> Command[Literal["check"]]:
    """Go on with the plain answer where the language model failed; any other failure is raised."""
    if not isinstance(error.error, LanguageModelError):
        raise error.error
    return Command(update={"draft": None, "violations": [str(error.error)]}, goto="check")


def check(state: DialogueState) -> Update:
    """Show what a language model phrased only where it passes the guardrails."""
    draft = state.get("draft")
    if draft is None and not state["violations"]:
        return {}
    known = {one.id: one for one in (*state["evidence"], *gather_evidence(state))}
    evidence, sentence = list(known.values()), state["opening"]
    problems = state["violations"] or check_answer(
        draft or "",
        evidence,
        anomalous=state["verdict"].anomalous,
        verdict_sentence=sentence,
        names=list(display_names(state)),
        language=state["asked"].language,
    )
    if problems:
        told = f"The language model's answer is not shown: {problems[0].rstrip('.')}."
        return {"violations": problems, "answer": f"{state['answer']} ({told})", "evidence": evidence}
    shown = draft if draft and draft.startswith(sentence) else f"{sentence} {draft}".strip()
    return {"answer": _with_review(shown, state), "evidence": evidence}


def remember(state: DialogueState) -> Update:
    """Keep the turn; an image that was only looked at is none."""
    return {"turns": keep_turn(state)} if state.get("question") else {}


def _choose_option(state: DialogueState, tools: Tools) -> tuple[str, list[PassageRecord]]:
    """The option that the evidence speaks for, in words, and the passages with those that it rests on."""
    asked, anomalous = state["asked"], state["verdict"].anomalous
    chooser = Chooser(tools)
    choice = chooser.choose(asked.question, asked.options, state)
    known = {one.id: one for one in chooser.notes(state["product"].name) if one.id in choice.evidence}
    known |= {one.id: one for one in state["passages"]}
    said = choice_answer(choice, asked.options, verdict_statement(state), anomalous)
    return said, list(known.values())


def _version(runtime: Runtime[Context]) -> int:
    return tools_of(runtime).store.snapshot().version


def review_request(state: DialogueState) -> dict[str, Any]:
    """What a person is asked about an uncertain verdict, as plain JSON."""
    verdict = state["verdict"]
    return {
        "image": state["image"],
        "sha256": state["opened"].sha256,
        "product": state["product"].name,
        "measured": "anomalous" if verdict.anomalous else "good",
        "p_value": verdict.p_value,
        "alpha": verdict.alpha,
        "places": [region.cell for region in state["regions"]],
        "question": state.get("question"),
    }


def _with_review(answer: str, state: DialogueState) -> str:
    said = state.get("reviewed")
    if said is None:
        return answer
    kind = f", {said.defect_type}" if said.defect_type else ""
    return f"{answer} A person looked at it and judged it {said.verdict}{kind}."
