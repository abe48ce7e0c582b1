"""Classification of a defect's type by confirmed examples, notes and text alignment."""
