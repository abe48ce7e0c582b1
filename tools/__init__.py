"""Typed functions on an image and its product, and LangChain tools over them, one family a file."""
