"""The store: versioned keys and contents in one folder, with atomic transactions."""
