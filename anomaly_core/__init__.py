"""The method: image -> features -> anomaly map -> calibrated verdict. Imports no sibling package."""
