"""What is kept of a product: its record, templates, examples, and people's corrections."""
