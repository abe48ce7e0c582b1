"""Anomaly maps from patch features: against a memory bank, and against two sentences."""
