"""Answers: evidence, composition, generation by language models, and output guardrails."""
