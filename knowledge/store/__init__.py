"""One folder on disk: versioned, checksummed, whole after a kill at any moment."""
