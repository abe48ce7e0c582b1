"""Images: reading, framing for the encoder, foreground segmentation, registration, augmentation."""
