"""Stored data of a product: record, templates, confirmed examples, human corrections."""
