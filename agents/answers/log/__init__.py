"""Answers from the log of inspections and from the conversation."""
