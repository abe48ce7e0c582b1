"""Image and text encoders behind two Protocols; one file a family."""
