"""Scores and their calibration, fusion, regions and their measurements."""
