"""What is kept of a product: its record, templates, confirmed examples, and human corrections."""
