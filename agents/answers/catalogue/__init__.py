"""Answers from the notes and the catalogue of defects."""
