"""The two graphs, inspection and dialogue, and the threads that they run in."""
