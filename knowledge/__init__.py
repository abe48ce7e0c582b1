"""Memory: enrolled products (templates, calibration) and domain notes, found again with FAISS."""
