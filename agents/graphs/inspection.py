"""The inspection graph: one node a step, the same path for every image."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.graphs.nodes import build_nodes
from agents.state import InspectionInput, InspectionState
from tools.context import Services
from tools.registry import Toolbox, build_tools

Graph = CompiledStateGraph[InspectionState, None, InspectionInput, InspectionState]


def build_graph(services: Services, *, checkpointer: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """Return the compiled graph over these services.

    open -> encode -> product -> verdict -> regions -> type -> templates and notes -> answer -> pictures
    """
    graph = StateGraph(InspectionState, input_schema=InspectionInput)
    previous = START
    for name, node in build_nodes(Toolbox(build_tools(services))).items():
        graph.add_node(name, node)
        graph.add_edge(previous, name)
        previous = name
    graph.add_edge(previous, END)
    return graph.compile(checkpointer=checkpointer, name="inspect")


def make_graph() -> Graph:
    """Return the graph over the user's settings; `langgraph.json` names this function."""
    from agents.factory import build_services
    from agents.settings import load_settings

    return build_graph(build_services(load_settings()))
