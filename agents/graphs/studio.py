"""The two graphs as `langgraph.json` names them, for LangGraph Studio and `langgraph dev`."""

from __future__ import annotations

from agents.graphs.dialogue import build_dialogue
from agents.graphs.inspection import build_graph

inspection = build_graph()
dialogue = build_dialogue()
