"""Image and text encoders, one file a family."""
