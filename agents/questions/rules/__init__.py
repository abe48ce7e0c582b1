"""Questions that are told by their words, whatever the classifier takes them for."""
