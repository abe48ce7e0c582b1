"""Batches: results of many images in a file, which another run continues."""
