"""Answers from what was measured in an image."""
