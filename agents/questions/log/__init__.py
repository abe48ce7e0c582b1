"""What a question asks of the log: which figure, of which period, person, lot and decision."""
