"""Answers phrased by language models, and the guardrails that they must pass."""
