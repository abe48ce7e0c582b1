"""Screening of the images that a product is to be learned from: masks, near-duplicates, odd ones."""
