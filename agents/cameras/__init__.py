"""Cameras: one frame on request, from USB, network streams and GenICam, written as images of a folder."""
