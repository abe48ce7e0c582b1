"""Serving a checkpoint on vLLM: what is exported, and the command that starts the server."""
