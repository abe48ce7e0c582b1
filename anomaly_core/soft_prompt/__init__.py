"""Soft prompts: the prompt learner, and PEFT adapters."""
