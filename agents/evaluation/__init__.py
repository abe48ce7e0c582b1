"""Benchmarks of questions and answers."""
