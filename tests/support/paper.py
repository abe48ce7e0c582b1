"""The prompt learner of the paper, in its plain form."""

from anomaly_core.soft_prompt.learner import PromptLearnerConfig


def paper_prompt_learner(hidden_size: int = 4096) -> PromptLearnerConfig:
    """arXiv 2308.15366: channels 1-4-16-64-256-1024, N(0, 1) base tokens, one image token of 1024 numbers."""
    return PromptLearnerConfig(
        hidden_size=hidden_size, image_dim=1024, channels=(4, 16, 64, 256, 1024), norm="none", level_bins=0
    )
