"""Evaluation of detection: dataset readers and metrics."""
