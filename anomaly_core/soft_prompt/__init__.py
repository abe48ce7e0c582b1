"""The prompt learner, its adapters, and the language model's reading of an anomaly map."""
