"""Language models with soft prompts: transformers, vLLM, and fakes."""
