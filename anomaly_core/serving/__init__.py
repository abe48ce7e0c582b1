"""Serving of a checkpoint on vLLM: export, and the server's command."""
