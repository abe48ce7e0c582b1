"""The separate components of a scene, and whether one is missing, extra, moved or swapped."""
