"""LangGraph graphs and everything a person touches: command line, report, server."""
