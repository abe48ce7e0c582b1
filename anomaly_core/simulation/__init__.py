"""Simulated anomalies with exact masks, and procedural products to put them on."""
