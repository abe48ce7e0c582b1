"""The soft-prompt scorer: anomaly map -> soft prompt -> frozen language model -> log-odds of yes and no.

The soft prompt is all that the language model sees of an image (arXiv 2308.15366).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import torch

from anomaly_core.checkpoint import Checkpoint
from anomaly_core.decoders.patches import EncodedImage
from anomaly_core.errors import ConfigError
from anomaly_core.language.base import LanguageModel
from anomaly_core.language.inspection_dialogue import cell_scores, yes_margin
from anomaly_core.results import Array
from anomaly_core.scorers.few_shot import map_on_original
from anomaly_core.scoring.fusion import FILE, MAX_MARGIN
from anomaly_core.scoring.scorer import FEW_SHOT, SOFT_PROMPT, Fit, Score, State
from anomaly_core.soft_prompt.learner import PromptLearner, unit_map


class SoftPromptScorer:
    """A trained prompt learner with the language model that it was trained for; see `Scorer`.

    The log-score is log p(Yes) - log p(No) of the answer to "Is there any anomaly in the image?". Its input
    is the few-shot map, the mean over an image's views.

    Raises ConfigError for a checkpoint without a prompt learner, or with one of another hidden size.
    """

    name: Final = SOFT_PROMPT

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
        self.fingerprint = f"{checkpoint.config.language_model} with checkpoint {checkpoint.digest}"

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        where: str | LanguageModel = "local",
        device: str = "cpu",
        *,
        served_name: str | None = None,
        key: str | None = None,
        timeout_s: float = 30.0,
    ) -> SoftPromptScorer | None:
        """Load the checkpoint's language model; None where it was trained without one.

        where: "local", a vLLM server's URL, or a loaded model. Other arguments: see `load_language_model`.
        Raises WeightsMissing, WeightsDamaged, ConfigError.
        """
        base = checkpoint.config.language_model
        if checkpoint.prompt_learner is None or checkpoint.fusion is None or base is None:
            return None
        if not isinstance(where, str):
            return cls(checkpoint, where)
        from anomaly_core.language.registry import load_language_model
        from anomaly_core.language.transformers_lm import TransformersLanguageModel

        if where != "local":
            # A folder of `iad llm export` holds the model beside the checkpoint, so that no hub is needed.
            exported = checkpoint.folder / "model"
            return cls(
                checkpoint,
                load_language_model(
                    where,
                    base=str(exported) if exported.is_dir() else base,
                    served_name=served_name,
                    key=key,
                    timeout_s=timeout_s,
                ),
            )
        lm = load_language_model(base, device)
        if checkpoint.lora is not None and isinstance(lm, TransformersLanguageModel):
            from anomaly_core.soft_prompt.adapters import load_adapter

            lm = load_adapter(lm, checkpoint.lora)
        return cls(checkpoint, lm)

    def fit(self, images: Sequence[EncodedImage], earlier: Mapping[str, Fit]) -> Fit:
        """Score the good images that have all views. Raises LanguageModelError."""
        few_shot = earlier[FEW_SHOT]
        state = State(meta={**few_shot.state.meta, "model": self.fingerprint})
        augmented = [image for image in images if len(image.views) > 1]
        found = zip(augmented, few_shot.augmented, strict=True)
        return Fit(state, (), [self.score(image, state, {FEW_SHOT: score}) for image, score in found])

    def score(self, image: EncodedImage, state: State, earlier: Mapping[str, Score]) -> Score:
        """Score one image. Raises LanguageModelError."""
        values, _ = map_on_original(image, earlier[FEW_SHOT], state)
        margin = self.margin(values, float(state.meta["reference_score"]), image.embedding)
        return Score(min(max(margin, -MAX_MARGIN), MAX_MARGIN))

    def soft_prompt(self, values: Array, reference: float, embedding: Array) -> torch.Tensor:
        """Return the (n, C_emb) soft prompt of an anomaly map.

        values: (H, W) on the original image. reference: the reference score, in the map's unit.
        embedding: (D,) of the image; used where the checkpoint has an image token.
        """
        config = self.learner.config
        side = (config.map_size, config.map_size)
        small = cv2.resize(values, side, interpolation=cv2.INTER_AREA)
        with torch.no_grad():
            maps = unit_map(torch.from_numpy(small), reference)[None, None] if config.use_map else None
            embeddings = torch.from_numpy(embedding)[None] if config.image_dim is not None else None
            prompt: torch.Tensor = self.learner(maps, embeddings)[0]
        return prompt

    def margin(self, values: Array, reference: float, embedding: Array) -> float:
        """Return log p(Yes) - log p(No); see `soft_prompt`. Raises LanguageModelError."""
        return yes_margin(self.lm, self.soft_prompt(values, reference, embedding))

    def cell(self, values: Array, reference: float, embedding: Array) -> str:
        """Return the 3x3 cell in which the language model locates the anomaly; see `soft_prompt`."""
        scores = cell_scores(self.lm, self.soft_prompt(values, reference, embedding))
        return max(scores, key=scores.__getitem__)
