"""The defect report as HTML, JSON, CSV and PDF."""
