"""Watching a folder: each image that appears is inspected once."""
