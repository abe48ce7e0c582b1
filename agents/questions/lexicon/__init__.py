"""Words, numbers and units of nine languages, as tables."""
