"""The graph for open questions: a thread with memory, over the nodes and tools of the inspection.

listen -> open -> (seen before: recall | new: inspect it, keep it) -> review -> record -> plan -> act ... ->
retrieve -> reason -> (with a language model: phrase) -> check -> remember. Each step is checkpointed, so that
a thread that is killed between any two goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Overwrite, interrupt

from agents.answers.compose import compose_answer, spoken_verdict
from agents.answers.evidence import gather_evidence, spoken_names
from agents.answers.generation import speak
from agents.answers.guardrails import check_answer
from agents.answers.reasoning import build_steps
from agents.graphs.memory import keep_image, keep_turn, recalled
from agents.graphs.nodes import build_nodes, timed
from agents.graphs.tool_calls import observe
from agents.questions.options import Chooser, split_options, spoken_choice
from agents.questions.plan import make_plan
from agents.questions.references import understand
from agents.settings import EMBEDDED, load_settings
from agents.state import DialogueInput, DialogueState, Review, Understanding
from tools.context import Services
from tools.records import FilesRecord, PassageRecord
from tools.registry import Toolbox, build_tools

Update = dict[str, Any]
Dialogue = CompiledStateGraph[DialogueState, None, DialogueInput, DialogueState]
RecordReview = Callable[[DialogueState, Review, str], str]
"""Records what a person said, once for an identity however often it is called; returns the record's id."""


def build_dialogue(
    services: Services,
    *,
    chat_model: BaseChatModel | None = None,
    embedded: bool = False,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    record_review: RecordReview | None = None,
) -> Dialogue:
    """Return the compiled graph. Without a chat model, rules plan and the evidence answers.

    embedded: the prompt-learned language model phrases the answers, in a chat model's stead.
    record_review: where a person's word on an uncertain verdict goes; None keeps it in the thread alone.
    """
    toolbox = Toolbox(build_tools(services))
    inspection = build_nodes(toolbox)
    names = list(inspection)
    measuring = names[names.index("encode") : names.index("retrieve")]
    graph = StateGraph(DialogueState, input_schema=DialogueInput)
    nodes = _nodes(services, toolbox, chat_model, embedded, record_review)
    for name in ("open_image", *measuring, "retrieve"):
        graph.add_node(name, inspection[name])
    for name, node in nodes.items():
        graph.add_node(name, node)

    def seen_before(state: DialogueState) -> Literal["recall", "encode"]:
        return "recall" if recalled(state, services.store.snapshot().version) else "encode"

    def more_to_do(state: DialogueState) -> Literal["act", "retrieve"]:
        return "act" if state["plan"] else "retrieve"

    graph.add_edge(START, "listen")
    graph.add_edge("listen", "open_image")
    graph.add_conditional_edges("open_image", seen_before)
    for name, after in zip(measuring, [*measuring[1:], "keep"], strict=True):
        graph.add_edge(name, after)
    graph.add_edge("recall", "review")
    graph.add_edge("keep", "review")
    graph.add_edge("review", "record")
    graph.add_edge("record", "make_plan")
    graph.add_conditional_edges("make_plan", more_to_do)
    graph.add_conditional_edges("act", more_to_do)
    last = [name for name in ("retrieve", "reason", "phrase", "check", "remember") if name in graph.nodes]
    for name, after in zip(last, [*last[1:], END], strict=True):
        graph.add_edge(name, after)
    return graph.compile(checkpointer=checkpointer, name="dialogue")


def make_graph() -> Dialogue:
    """Return the graph over the user's settings; `langgraph.json` names this function."""
    from agents.chat_models.build import build_chat_model
    from agents.factory import build_services

    settings = load_settings()
    return build_dialogue(
        build_services(settings),
        chat_model=build_chat_model(settings),
        embedded=settings.llm_url == EMBEDDED,
    )


def _nodes(
    services: Services,
    toolbox: Toolbox,
    chat_model: BaseChatModel | None,
    embedded: bool,
    record_review: RecordReview | None,
) -> dict[str, Any]:
    """The nodes that the inspection has not, by name."""
    chooser = Chooser(services)

    def listen(state: DialogueState) -> Update:
        seen, turns = state.get("seen") or [], state.get("turns") or []
        here = str(Path(state["image"]).absolute())
        current = next((one["number"] for one in seen if one["image"] == here), None)
        question, options = split_options(state.get("question") or "")
        asked = understand(question, turns, seen, current)
        path = next((one["image"] for one in seen if one["number"] == asked.image), state["image"])
        return {
            "image": path,
            "asked": Understanding(
                kind=asked.kind,
                other=asked.other,
                region=asked.region,
                place=asked.place,
                question=question,
                options=options,
            ),
            "seen": seen,
            "turns": turns,
            "turn": state.get("turn", 0) + 1,
            "plan": [],
            "observations": [],
            "refused": [],
            "draft": None,
            "reviewed": None,
            "files": FilesRecord(),
            "timings_ms": Overwrite({}),
        }

    def recall(state: DialogueState) -> Update:
        kept = recalled(state, services.store.snapshot().version)
        if kept is None:
            raise RuntimeError("the image to recall is not in the thread's memory")
        others = [one for one in state["seen"] if one["number"] != kept["number"]]
        here = str(Path(state["image"]).absolute())
        return {**kept["found"], "seen": [*others, {**kept, "image": here}]}

    def keep(state: DialogueState) -> Update:
        return {"seen": keep_image(state, services.store.snapshot().version)}

    def review(state: DialogueState) -> Update:
        """Stop for a person where the verdict is uncertain and the thread asks for one."""
        if not (state.get("review") and state["verdict"].uncertain):
            return {}
        word = interrupt(review_request(state))
        return {"reviewed": Review.model_validate(word)}

    def record(state: DialogueState, config: RunnableConfig) -> Update:
        said = state.get("reviewed")
        if said is None or record_review is None:
            return {}
        # The identity is fixed by the turn, so that a step repeated after a kill records nothing twice.
        thread = config.get("configurable", {}).get("thread_id", "")
        identity = f"{thread} {state['turn']} {state['opened'].sha256}"
        return {"reviewed": said.model_copy(update={"id": record_review(state, said, identity)})}

    def plan(state: DialogueState) -> Update:
        if state["asked"].options:
            return {"plan": []}
        images = {one["number"]: one["image"] for one in state["seen"]}
        calls = make_plan(
            state["asked"], state["regions"], state["verdict"].anomalous, images, list(toolbox.tools)
        )
        return {"plan": calls}

    def act(state: DialogueState) -> Update:
        call, *rest = state["plan"]
        part = {
            "image": state["image"],
            "sha256": state["opened"].sha256,
            "product": state["product"].name,
        }
        taken = {one.evidence.id for one in state["observations"]}
        seen = observe(toolbox, call.tool, part, call.arguments, spoken_names(state), taken)
        return {"plan": rest, "observations": [*state["observations"], seen]}

    def reason(state: DialogueState) -> Update:
        composed = compose_answer(state)
        answer, passages = composed.answer, state["passages"]
        if state["asked"].options:
            answer, passages = choose_option(state)
        return {
            "answer": _with_review(answer, state),
            "analysis": composed.analysis,
            "evidence": composed.evidence,
            "passages": passages,
            "steps": build_steps(state),
        }

    def choose_option(state: DialogueState) -> tuple[str, list[PassageRecord]]:
        """The option that the evidence speaks for, in words, and the passages with those that it rests on."""
        asked, anomalous = state["asked"], state["verdict"].anomalous
        choice = chooser.choose(asked.question, asked.options, state)
        known = {one.id: one for one in chooser.notes(state["product"].name) if one.id in choice.evidence}
        known |= {one.id: one for one in state["passages"]}
        said = spoken_choice(choice, asked.options, spoken_verdict(state), anomalous)
        return said, list(known.values())

    def phrase(state: DialogueState) -> Update:
        if state["asked"].options:
            return {}
        if chat_model is None:
            return speak(services, state)
        # Here, not above: the agents' library takes a while to import, and most machines have no model.
        from agents.answers.agent import phrase_answer

        return phrase_answer(chat_model, toolbox, state)

    def check(state: DialogueState) -> Update:
        draft, evidence = state.get("draft"), gather_evidence(state)
        if draft is None and not state["refused"]:
            return {"evidence": evidence}
        sentence = spoken_verdict(state)
        problems = state["refused"] or check_answer(
            draft or "",
            evidence,
            anomalous=state["verdict"].anomalous,
            verdict_sentence=sentence,
            names=list(spoken_names(state)),
        )
        if problems:
            told = f"The language model's answer is not shown: {problems[0].rstrip('.')}."
            return {"refused": problems, "answer": f"{state['answer']} ({told})", "evidence": evidence}
        shown = draft if draft and draft.startswith(sentence) else f"{sentence} {draft}"
        return {"answer": _with_review(shown, state), "evidence": evidence}

    def remember(state: DialogueState) -> Update:
        return {"turns": keep_turn(state)}

    nodes: dict[str, Any] = {
        "listen": listen,
        "recall": recall,
        "keep": keep,
        "review": review,
        "record": record,
        "make_plan": plan,
        "act": timed(act, "retrieve"),
        "reason": timed(reason, "answer"),
        "check": check,
        "remember": remember,
    }
    if chat_model is not None or embedded:
        nodes["phrase"] = timed(phrase, "llm")
    return nodes


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
