"""Language models on vLLM: served over HTTP, or inside this process."""
