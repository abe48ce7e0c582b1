"""The four scorers: few-shot, text-aligned, layout, and the language model with soft prompts."""
