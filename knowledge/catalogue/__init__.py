"""Notes about products and defects: read, indexed, and found again."""
