"""Training of the text-aligned decoder and the prompt learner."""
