"""Datasets, metrics, and the measurement of detection."""
