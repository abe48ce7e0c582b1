"""Answers about the tool, its products, and to what is no question about a part."""
