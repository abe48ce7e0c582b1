"""Notes about products and defects: readers and search index."""
