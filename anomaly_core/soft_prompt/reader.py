"""AnomalyGPT put together: a map in units of its even odds -> soft prompt -> the language model's yes or no.

The language model is frozen; what it sees of an image are the soft prompts alone (arXiv 2308.15366).
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from anomaly_core.checkpoint import Checkpoint
from anomaly_core.errors import ConfigError
from anomaly_core.inspection import Array
from anomaly_core.language.base import LanguageModel
from anomaly_core.language.inspection_dialogue import cell_scores, yes_margin
from anomaly_core.scoring.fusion import FILE
from anomaly_core.soft_prompt.learner import PromptLearner, unit_map


class AnomalyGPT:
    """A trained prompt learner and the language model that it was trained for, wherever that runs.

    Raises ConfigError for a checkpoint without a prompt learner, or one of another width.
    """

    def __init__(self, checkpoint: Checkpoint, lm: LanguageModel) -> None:
        learner = checkpoint.prompt_learner
        if learner is None or checkpoint.fusion is None:
            raise ConfigError(
                f"{checkpoint.folder}: holds no prompt learner with {FILE}; train one with `iad train`."
            )
        if learner.config.hidden_size != lm.hidden_size:
            raise ConfigError(
                f"{checkpoint.folder}: its soft prompts are {learner.config.hidden_size} wide, "
                f"{lm.name} takes {lm.hidden_size}; train one for it with `iad train`."
            )
        self.learner: PromptLearner = learner
        self.lm = lm
        self.fusion = checkpoint.fusion
        self.name = f"{checkpoint.config.language_model} with checkpoint {checkpoint.digest}"

    def soft_prompt(self, values: Array, even_odds: float, embedding: NDArray[np.float32]) -> torch.Tensor:
        """Return the (n, C_emb) soft prompt of an anomaly map.

        values: (H, W) on the whole original image. even_odds: the score at which an
        anomaly is as likely as not, in the map's unit.
        embedding: (D,), the image's; it is used where the checkpoint has an image token.
        """
        config = self.learner.config
        side = (config.map_size, config.map_size)
        small = cv2.resize(values, side, interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            maps = unit_map(torch.from_numpy(small), even_odds)[None, None] if config.use_map else None
            embeddings = torch.from_numpy(embedding)[None] if config.image_dim is not None else None
            prompt: torch.Tensor = self.learner(maps, embeddings)[0]
        return prompt

    def margin(self, values: Array, even_odds: float, embedding: NDArray[np.float32]) -> float:
        """Return log p(Yes) - log p(No) to "Is there any anomaly in the image?"; see `soft_prompt`.

        Raises LanguageModelError.
        """
        return yes_margin(self.lm, self.soft_prompt(values, even_odds, embedding))

    def cell(self, values: Array, even_odds: float, embedding: NDArray[np.float32]) -> str:
        """Return the 3x3 cell that the language model names for the anomaly; see `soft_prompt`."""
        scores = cell_scores(self.lm, self.soft_prompt(values, even_odds, embedding))
        return max(scores, key=scores.__getitem__)
