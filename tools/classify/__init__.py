"""The type of a defect: from confirmed examples, from notes, and by text alignment."""
