"""LangGraph graphs, answers to questions, and the interfaces: command line, HTTP server, MCP."""
