"""What scores an image: patches, text alignment, components, and the language model with soft prompts."""
