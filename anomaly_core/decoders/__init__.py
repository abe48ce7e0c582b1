"""Decoders from patch features to anomaly maps: memory bank, and text-aligned decoder."""
