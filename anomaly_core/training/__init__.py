"""Training of the text-aligned decoder and the prompt learner; everything else is frozen."""
