"""Enrolment of a product, and trial enrolment with one more good image."""
