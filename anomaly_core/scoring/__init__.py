"""From maps to a calibrated score, regions and their measures."""
