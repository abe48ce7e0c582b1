"""The log of the work: every inspection and every correction as a row, append-only, in one SQLite file."""
