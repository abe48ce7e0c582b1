"""The language model behind one Protocol: transformers, vLLM, scripted."""
