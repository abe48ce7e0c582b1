"""Teacher forcing: the loss of finished dialogues, for training soft prompts and adapters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import embed_spans, spoken_labels
from anomaly_core.language.inspection_dialogue import YES_NO
from anomaly_core.language.transformers_lm import TransformersLanguageModel

IGNORED = -100


def dialogue_loss(
    lm: TransformersLanguageModel,
    dialogues: Sequence[Sequence[Message]],
    *,
    yes: Sequence[float | None] = (),
    verdict_weight: float = 1.0,
) -> torch.Tensor:
    """L_ce: the cross-entropy of the assistants' tokens, a scalar; gradients reach soft prompts.

    A token counts by 1 - p, p its probability (arXiv 1708.02002, gamma 1): of "Yes, there is an anomaly
    in the image, at the top left of the image." three tokens tell something, and the rest is soon known.

    Args:
        lm: the frozen model.
        dialogues: finished dialogues, each with at least one reply of the assistant's.
        yes: for each dialogue the chance, in [0, 1], that its answer begins with Yes and not with No, or None
            where the answer begins otherwise. In "Yes, there is ..." that word alone carries the verdict, one
            token in twenty, and a chance teaches a grade where a word teaches a side.
        verdict_weight: this many times the mean smooth L1 distance of the answers' log-odds is added.

    Raises:
        LanguageModelRefused: a dialogue without a reply, or longer than the model's context.
    """
    embeddings, labels = [], []
    for dialogue in dialogues:
        spans = lm.builder.build(dialogue, complete=True)
        labels.append(spoken_labels(spans))
        embeddings.append(embed_spans(spans, lm.embed_ids, lm.hidden_size))
        if bool((labels[-1] == IGNORED).all()):
            raise LanguageModelRefused("a training dialogue has no reply of the assistant's.")
        if len(labels[-1]) > lm.context:
            raise LanguageModelRefused(
                f"a training dialogue has {len(labels[-1])} tokens, {lm.name} reads {lm.context}; shorten it."
            )
    width = max(len(row) for row in labels)
    # Padding stands on the left, so that all answers end at one place and logits are computed for
    # the answers only: the vocabulary's matrix would cost as much again as the layers.
    inputs = torch.stack([F.pad(row, (0, 0, width - len(row), 0)) for row in embeddings])
    targets = torch.stack([F.pad(row, (width - len(row), 0), value=IGNORED) for row in labels]).to(
        inputs.device
    )
    lengths = torch.tensor([len(row) for row in labels], device=inputs.device)[:, None]
    places = torch.arange(width, device=inputs.device)[None] - (width - lengths)
    spoken = targets != IGNORED
    # The logits at t predict the token at t + 1.
    keep = width - int(spoken.any(0).nonzero()[0]) + 1
    out = lm.model(
        inputs_embeds=inputs,
        attention_mask=(places >= 0).long(),
        position_ids=places.clamp_min(0),
        use_cache=False,
        logits_to_keep=keep,
    )
    targets, spoken = targets[:, -keep + 1 :], spoken[:, -keep + 1 :]
    each = F.cross_entropy(
        out.logits[:, :-1].float().transpose(1, 2), targets, ignore_index=IGNORED, reduction="none"
    )
    weights = spoken * (1 - torch.exp(-each.detach()))
    loss = (weights * each).sum() / weights.sum().clamp_min(1e-6)
    asked = [row for row, chance in enumerate(yes) if chance is not None]
    if asked:
        first = (spoken & (spoken.cumsum(1) == 1)).float().argmax(dim=1)[asked]
        said, denied = (lm.builder.typed_ids(word)[0] for word in YES_NO)
        logits = out.logits[asked, first].float()
        chances = torch.tensor([yes[row] for row in asked], device=logits.device)
        # Log-odds and not cross-entropy: that is all but flat beyond nine in ten, where grades count too.
        loss = loss + verdict_weight * F.smooth_l1_loss(
            logits[:, said] - logits[:, denied], torch.logit(chances, 1e-4)
        )
    return loss


@torch.no_grad()
def word_embeddings(lm: TransformersLanguageModel, names: Sequence[str]) -> torch.Tensor:
    """Return (n, hidden) float32: for each name the mean embedding of its tokens inside a sentence."""
    ids = [torch.tensor(lm.builder.typed_ids(f" {name}")) for name in names]
    return torch.stack([lm.embed_ids(each).float().mean(0) for each in ids])
