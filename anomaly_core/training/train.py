"""Training of the decoder's linear layers and the prompt learner; everything else is frozen.

In the first phase the decoder learns from masks, and the prompt learner from a linear probe on its tokens; in
the second, the prompt learner learns from the language model.

L = L_ce + sum over taps of (L_focal + L_dice), arXiv 2308.15366 eq. 7. The frozen encoder runs once,
before the first step (cache.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from anomaly_core.checkpoint import LORA, CheckpointConfig, load_checkpoint, save_checkpoint
from anomaly_core.config import TrainingConfig
from anomaly_core.decoders.inputs import input_channels
from anomaly_core.decoders.text_aligned import TextAlignedDecoder, mean_of_taps, text_vectors
from anomaly_core.encoders.base import ImageEncoder, TextEncoder
from anomaly_core.encoders.registry import load_image_encoder, load_text_encoder
from anomaly_core.errors import ConfigError
from anomaly_core.files import make_folder
from anomaly_core.language.base import Message
from anomaly_core.language.inspection_dialogue import inspection_messages, read_dialogues
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.results import CELLS
from anomaly_core.simulation.question_answers import inspection_pairs
from anomaly_core.soft_prompt.adapters import add_lora, save_lora
from anomaly_core.soft_prompt.learner import PromptLearner, PromptLearnerConfig, TokenProbe
from anomaly_core.training.batch import MapBatch, decoder_maps, draw_pairs, sample_maps, schedule
from anomaly_core.training.cache import MASK_SIZE, Example, FeatureCache, build_cache
from anomaly_core.training.dialogue_loss import dialogue_loss, word_embeddings
from anomaly_core.training.log import TrainingLog
from anomaly_core.training.losses import dice_loss, focal_loss
from anomaly_core.training.state import RunState, fingerprint
from anomaly_core.training.validation import evaluate_held_out

Progress = Callable[[str, int, int, Mapping[str, float]], None]
"""progress(stage, done, total, figures): stage is "encode", "decoder" or "prompt"."""
_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class TrainingSummary:
    """The result of a run. results: figures on held-out samples. seconds: of this call's steps."""

    folder: Path
    steps: int
    results: dict[str, float]
    seconds: float


@dataclass
class TrainingModels:
    """The models of a run. lm: None to train the decoder alone."""

    encoder: ImageEncoder
    text_encoder: TextEncoder
    lm: TransformersLanguageModel | None


def train(
    config: TrainingConfig,
    *,
    roots: Sequence[Path] = (),
    out: Path,
    progress: Progress | None = None,
    models: TrainingModels | None = None,
    cache: Path | None = None,
    stop_after: int | None = None,
) -> TrainingSummary:
    """Train, or continue the run that was stopped in `out`, with the same result.

    Args:
        config: the run. On a CPU equal configs, roots and thread counts give equal checkpoints.
        roots: folders of good images, see data.py.
        out: the checkpoint's folder, see checkpoint.py, with metrics.jsonl, curve.png, and resume.safetensors
            until the run is finished.
        progress: called after each encoded sample and each step.
        models: in place of those that the config names.
        cache: folder of the encoded samples; `out`/features unless given.
        stop_after: stop after this many steps in all, resumable.

    Raises:
        ConfigError: `out` holds another run, or the models do not fit the config.
        NoImages, WeightsMissing: see the loaders.
    """
    make_folder(out)
    models = models or _load_models(config)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        run = _Run(config, models, out)
        run.log.resume(run.state.restore(run.parts, config))
        features = build_cache(
            config.data,
            models.encoder,
            roots,
            cache or out / "features",
            seed=config.seed,
            progress=lambda stage, done, total: progress(stage, done, total, {}) if progress else None,
        )
        started = time.perf_counter()
        for stage, done, total, figures in run.steps(features, stop_after):
            if progress is not None:
                progress(stage, done, total, figures)
    return TrainingSummary(out, run.state.step, run.results, time.perf_counter() - started)


class _Run:
    """A run: trainable parts, state, log."""

    def __init__(self, config: TrainingConfig, models: TrainingModels, out: Path) -> None:
        self.config = config
        self.out = out
        self.device = torch.device(config.device)
        self.models = models
        self.text_encoder_name = models.text_encoder.name
        self.decoder = TextAlignedDecoder(
            input_channels(config.data.decoder_input, models.encoder.channels),
            text_vectors(models.text_encoder),
        )
        self.decoder.to(self.device)
        self.lm = models.lm if config.steps else None
        self.base_name = self.lm.name if self.lm is not None else None
        self.learner: PromptLearner | None = None
        if self.lm is not None:
            if config.lora is not None:
                self.lm = add_lora(self.lm, config.lora)
            self.learner = PromptLearner(self._prompt_config(self.lm)).to(self.device)
        self.frozen = fingerprint(self._frozen_tensors())
        self.dialogues = read_dialogues(config.dialogue) if config.dialogue is not None else []
        self.state = RunState(out)
        self.log = TrainingLog(out)
        self.results: dict[str, float] = {}
        self.parts: dict[str, nn.Module] = {"decoder": self.decoder}
        self.probe: TokenProbe | None = None
        if self.learner is not None and self.lm is not None:
            self.parts["prompt_learner"] = self.learner
            if config.use_map:
                if config.norm == "batch":
                    self.learner.name_cells(word_embeddings(self.lm, CELLS))
                self.probe = TokenProbe(self.learner.config).to(self.device)
                self.parts["probe"] = self.probe
            if config.lora is not None:
                self.parts["lora"] = self.lm.model
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=config.precision == "float16")

    def steps(
        self, features: FeatureCache, stop_after: int | None
    ) -> Iterator[tuple[str, int, int, dict[str, float]]]:
        """Run the remaining steps of both phases; yields after each step."""
        config = self.config
        total = config.decoder_steps + config.steps
        while self.state.step < total and (stop_after is None or self.state.step < stop_after):
            step = self.state.step
            first = step < config.decoder_steps
            begin, length = (0, config.decoder_steps) if first else (config.decoder_steps, config.steps)
            optimiser = self.state.optimiser("decoder" if first else "prompt", partial(self._adam, first))
            rate = config.learning_rate * schedule(step - begin, length, config.warmup)
            for group in optimiser.param_groups:
                group["lr"] = rate
            began = time.perf_counter()
            figures = self._step(features, step, optimiser, language=not first)
            figures |= {"learning_rate": rate, "seconds": time.perf_counter() - began}
            self.state.step = done = step + 1
            last = done in (config.decoder_steps, total)
            if last or (done - begin) % config.evaluate_every == 0:
                self.results = evaluate_held_out(
                    features, self.decoder, self.learner, None if first else self.lm
                )
                figures |= self.results
            self.log.write(done, figures)
            if last or done % config.save_every == 0 or done == stop_after:
                self._check_frozen()
                self.state.save(self.parts, config)
            yield ("decoder" if first else "prompt"), done - begin, length, figures
        if self.state.step >= total:
            self._finish(features)

    def _step(
        self, features: FeatureCache, step: int, optimiser: torch.optim.Optimizer, *, language: bool
    ) -> dict[str, float]:
        config = self.config
        for part in self.parts.values():
            part.train()
        optimiser.zero_grad(set_to_none=True)
        # The draws of a step depend on seed and step alone, so that a resumed run repeats them.
        rng = np.random.default_rng([config.seed, 17, step])
        numbers = draw_pairs(rng, features.counts["train"], config.batch_size)
        sums: dict[str, float] = {}
        for part_numbers in np.split(numbers, config.accumulation):
            examples = [features.load("train", int(number)) for number in part_numbers]
            losses = self._losses(
                examples, rng, language=language, dialogue=language and self._is_dialogue_step(step)
            )
            total = torch.stack(list(losses.values())).sum() / config.accumulation
            torch.autograd.backward([self.scaler.scale(total)])
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + float(loss.detach()) / config.accumulation
        self.scaler.unscale_(optimiser)
        trained = [p for group in optimiser.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(trained, config.clip)
        self.scaler.step(optimiser)
        self.scaler.update()
        return {**sums, "gradient_norm": float(norm)}

    def _losses(
        self, examples: Sequence[Example], rng: np.random.Generator, *, language: bool, dialogue: bool
    ) -> dict[str, torch.Tensor]:
        config = self.config
        learns_decoder = config.joint or not language
        losses: dict[str, torch.Tensor] = {}
        with torch.set_grad_enabled(learns_decoder):
            per_tap = decoder_maps(self.decoder, examples, self.device)
        if learns_decoder:
            target = torch.stack([example.mask for example in examples]).to(self.device)
            losses["focal"] = torch.stack([focal_loss(m, target) for m in per_tap]).sum()
            losses["dice"] = torch.stack([dice_loss(m, target) for m in per_tap]).sum()
        if self.learner is None or self.lm is None or not (language or self.probe):
            return losses
        views = sample_maps(
            examples,
            mean_of_taps(per_tap, MASK_SIZE),
            self.learner.config.map_size,
            rng,
            few_shot=config.few_shot_probability,
            synthetic=config.synthetic_map_probability,
            jitter=config.reference_jitter,
        )
        maps = views.maps if language and config.joint else views.maps.detach()
        tokens = self.learner.read(maps[:, None]) if config.use_map else None
        if self.probe is not None and tokens is not None:
            likely, present = self.probe(tokens)
            losses["probe"] = F.binary_cross_entropy_with_logits(
                likely, views.cell_truth
            ) + F.binary_cross_entropy_with_logits(present, views.image_truth)
        if language:
            embeddings = torch.stack([example.embedding for example in examples]).to(self.device)
            soft = self.learner.prompt(
                tokens, embeddings if config.image_token else None, batch=len(examples)
            )
            if dialogue:
                losses["cross_entropy"] = dialogue_loss(self.lm, self._dialogue_batch(rng, soft))
            else:
                dialogues, yes = self._questions(rng, views, soft)
                losses["cross_entropy"] = dialogue_loss(
                    self.lm, dialogues, yes=yes, verdict_weight=config.verdict_weight
                )
        return losses

    def _questions(
        self, rng: np.random.Generator, views: MapBatch, soft: torch.Tensor
    ) -> tuple[list[list[Message]], list[float | None]]:
        """Return a dialogue about each map, and the probability of Yes for those with a yes-no answer."""
        dialogues, yes = [], list[float | None]()
        truths = views.image_truth.tolist()
        for product, cells, prompt, truth in zip(views.products, views.cells, soft, truths, strict=True):
            presence, *others = inspection_pairs(product, cells, rng)
            chosen = rng.random() < self.config.presence_share
            pair = presence if chosen else others[int(rng.integers(len(others)))]
            dialogues.append(inspection_messages(prompt, pair.question, answer=pair.answer))
            yes.append(truth if chosen else None)
        return dialogues, yes

    def _dialogue_batch(self, rng: np.random.Generator, soft: torch.Tensor) -> list[list[Message]]:
        """Return chats with an image's soft prompt before the first question, which must not disturb them."""
        chosen = [self.dialogues[int(i)] for i in rng.integers(len(self.dialogues), size=len(soft))]
        dialogues = []
        for dialogue, prompt in zip(chosen, soft, strict=True):
            first = next((i for i, m in enumerate(dialogue) if m.role == "user"), 0)
            dialogues.append(
                [Message(m.role, m.text, prompt if i == first else None) for i, m in enumerate(dialogue)]
            )
        return dialogues

    def _is_dialogue_step(self, step: int) -> bool:
        return bool(self.dialogues) and step % 2 == 1

    def _adam(self, first: bool) -> torch.optim.Adam:
        trained: list[nn.Parameter] = []
        for name, part in self.parts.items():
            if (name != "lora") if first else (name != "decoder" or self.config.joint):
                trained += [p for p in part.parameters() if p.requires_grad]
        return torch.optim.Adam(trained, lr=self.config.learning_rate, betas=self.config.betas)

    def _prompt_config(self, lm: TransformersLanguageModel) -> PromptLearnerConfig:
        config = self.config
        return PromptLearnerConfig(
            hidden_size=lm.hidden_size,
            image_dim=self.models.encoder.embedding_dim if config.image_token else None,
            use_map=config.use_map,
            base_tokens=config.base_tokens,
            channels=config.channels,
            norm=config.norm,
            level_bins=config.level_bins,
            embedding_std=lm.embedding_std,
        )

    def _frozen_tensors(self) -> Iterator[torch.Tensor]:
        yield self.decoder.text
        if self.lm is not None:
            yield from (p for p in self.lm.model.parameters() if not p.requires_grad)

    def _check_frozen(self) -> None:
        if fingerprint(self._frozen_tensors()) != self.frozen:
            raise RuntimeError("a frozen weight changed during training")

    def _finish(self, features: FeatureCache) -> None:
        if not self.results:
            self.results = evaluate_held_out(features, self.decoder, self.learner, self.lm)
        learner, language_model = self.learner, self.base_name
        if self.config.prompt_learner is not None:
            learner, language_model = _taken_over(self.config.prompt_learner)
        checkpoint = CheckpointConfig(
            encoder=self.models.encoder.name,
            channels=input_channels(self.config.data.decoder_input, self.models.encoder.channels),
            text_encoder=self.text_encoder_name,
            text_dim=self.decoder.text.shape[1],
            language_model=language_model,
            prompt=learner.config if learner is not None else None,
            training=self.config,
            results=self.results,
        )
        if self.lm is not None and self.config.lora is not None:
            save_lora(self.lm, self.out / LORA)
        save_checkpoint(self.out, checkpoint, self.decoder, learner)
        self.log.draw()
        self.state.forget()


def _taken_over(folder: Path) -> tuple[PromptLearner, str | None]:
    """Return a checkpoint's prompt learner, and the language model that it was trained for."""
    checkpoint = load_checkpoint(folder)
    learner = checkpoint.prompt_learner
    if learner is None or learner.config.image_dim is not None:
        raise ConfigError(f"{folder}: no prompt learner that reads the map alone; train one with steps.")
    return learner, checkpoint.config.language_model


def _load_models(config: TrainingConfig) -> TrainingModels:
    lm = None
    if config.language_model is not None and config.steps:
        loaded = load_language_model(config.language_model, config.device, dtype=_DTYPES[config.precision])
        if not isinstance(loaded, TransformersLanguageModel):
            raise ConfigError(f"{config.language_model}: has no weights to train soft prompts for.")
        lm = loaded
    return TrainingModels(
        load_image_encoder(config.encoder, device=config.device),
        load_text_encoder(config.text_encoder, device=config.device),
        lm,
    )
