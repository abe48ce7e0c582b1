"""Layout: the components of good images, and findings of missing, extra, moved or swapped ones."""
