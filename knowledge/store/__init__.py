"""The store: versioned content in one folder, whole after a kill at any moment."""
