"""Patch features -> anomaly map: few-shot and text-aligned."""
