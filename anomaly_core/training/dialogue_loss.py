"""Loss of the language model's replies under teacher forcing, for training soft prompts and adapters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import embed_spans, reply_labels
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
    """Return L_ce, the cross-entropy of the reply tokens, a scalar; gradients reach soft prompts.

    A token of probability p has weight 1 - p (focal loss, arXiv 1708.02002, gamma 1), since most tokens of a
    reply are soon predictable.

    Args:
        lm: the frozen model.
        dialogues: complete dialogues, each with at least one reply.
        yes: for each dialogue the target probability, in [0, 1], of Yes against No as the first word of the
            answer, or None for other answers. That word alone carries the verdict.
        verdict_weight: factor on the mean smooth L1 distance of the log-odds of yes, which is added.

    Raises:
        LanguageModelRefused: a dialogue without a reply, or longer than the model's context.
    """
    embeddings, labels = [], []
    for dialogue in dialogues:
        spans = lm.builder.build(dialogue, complete=True)
        labels.append(reply_labels(spans))
        embeddings.append(embed_spans(spans, lm.embed_ids, lm.hidden_size))
        if bool((labels[-1] == IGNORED).all()):
            raise LanguageModelRefused("a training dialogue has no reply of the assistant's.")
        if len(labels[-1]) > lm.context:
            raise LanguageModelRefused(
                f"a training dialogue has {len(labels[-1])} tokens, {lm.name} reads {lm.context}; shorten it."
            )
    width = max(len(row) for row in labels)
    # Padding on the left aligns the replies at their ends, so that logits are computed for replies only: the
    # output matrix costs as much as the layers.
    inputs = torch.stack([F.pad(row, (0, 0, width - len(row), 0)) for row in embeddings])
    targets = torch.stack([F.pad(row, (width - len(row), 0), value=IGNORED) for row in labels]).to(
        inputs.device
    )
    lengths = torch.tensor([len(row) for row in labels], device=inputs.device)[:, None]
    places = torch.arange(width, device=inputs.device)[None] - (width - lengths)
    in_reply = targets != IGNORED
    # The logits at t predict the token at t + 1.
    keep = width - int(in_reply.any(0).nonzero()[0]) + 1
    out = lm.model(
        inputs_embeds=inputs,
        attention_mask=(places >= 0).long(),
        position_ids=places.clamp_min(0),
        use_cache=False,
        logits_to_keep=keep,
    )
    targets, in_reply = targets[:, -keep + 1 :], in_reply[:, -keep + 1 :]
    each = F.cross_entropy(
        out.logits[:, :-1].float().transpose(1, 2), targets, ignore_index=IGNORED, reduction="none"
    )
    weights = in_reply * (1 - torch.exp(-each.detach()))
    loss = (weights * each).sum() / weights.sum().clamp_min(1e-6)
    asked = [row for row, chance in enumerate(yes) if chance is not None]
    if asked:
        first = (in_reply & (in_reply.cumsum(1) == 1)).float().argmax(dim=1)[asked]
        yes_token, no_token = (lm.builder.typed_ids(word)[0] for word in YES_NO)
        logits = out.logits[asked, first].float()
        chances = torch.tensor([yes[row] for row in asked], device=logits.device)
        # Log-odds, since cross-entropy is nearly flat above 0.9, where the target is graded too.
        loss = loss + verdict_weight * F.smooth_l1_loss(
            logits[:, yes_token] - logits[:, no_token], torch.logit(chances, 1e-4)
        )
    return loss


@torch.no_grad()
def word_embeddings(lm: TransformersLanguageModel, names: Sequence[str]) -> torch.Tensor:
    """Return (n, hidden) float32, the mean embedding of each name's tokens inside a sentence."""
    ids = [torch.tensor(lm.builder.typed_ids(f" {name}")) for name in names]
    return torch.stack([lm.embed_ids(each).float().mean(0) for each in ids])
