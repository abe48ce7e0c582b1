"""Pixels: reading files, the frame of the encoder's input, the foreground, registration, augmentation."""
