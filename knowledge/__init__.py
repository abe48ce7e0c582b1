"""Enrolled products and domain notes in one versioned store, with vector search."""
