"""Learning a product from good images, and on trial from one more."""
