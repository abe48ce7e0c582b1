"""Readers of catalogues and notes, one a kind of file."""
