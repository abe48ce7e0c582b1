"""A real vLLM server with the embedded model: the served backend equals the local one, and many at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from jsonschema import validate

from anomaly_core.errors import LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import embed_spans
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.language.vllm.agreement import TOLERANCE, compare, fixed_soft_prompts
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.embeddings import encode_embeddings
from anomaly_core.language.vllm.probe import probe
from anomaly_core.language.vllm.served_lm import ServedLanguageModel
from anomaly_core.language.vllm.text_side import TextSide
from anomaly_core.soft_prompt.adapters import load_adapter

pytestmark = pytest.mark.usefixtures("server")
AT_ONCE, ALONE = 64, 8


@pytest.fixture(scope="module")
def local(smollm2: Path) -> TransformersLanguageModel:
    return TransformersLanguageModel.load(smollm2, name="smollm2")


@pytest.fixture(scope="module")
def soft_prompts(local: TransformersLanguageModel) -> list[torch.Tensor]:
    return fixed_soft_prompts(local.hidden_size, local.embedding_std)


@pytest.fixture(scope="module")
def text(smollm2: Path) -> TextSide:
    return TextSide.load(smollm2, name="smollm2")


@pytest.fixture(scope="module")
def served(server: Any, text: TextSide) -> Iterator[ServedLanguageModel]:
    model = ServedLanguageModel(ModelServer(server.url, timeout_s=120.0), text)
    yield model
    model.close()


def report(title: str, agreements: list[Any]) -> None:
    """Print every line, and assert that all are within the tolerance."""
    for one in agreements:
        found = f"{one.same} of {one.cases} the same" if one.largest is None else f"{one.largest:.1e}"
        print(f"{title}: {one.what}: {found}")
    assert max(one.largest for one in agreements if one.largest is not None) < TOLERANCE
    assert all(one.same == one.cases for one in agreements if one.same is not None)


def test_probe_finds_everything(server: Any, text: TextSide, served: ServedLanguageModel) -> None:
    found = probe(served.server, hidden_size=text.hidden_size, structured=True)
    assert (found.models, found.loras, found.context) == (("m",), ("lora",), 2048)
    assert found.prompt_embeddings and found.structured and not found.missing


def test_soft_prompts(
    local: TransformersLanguageModel, served: ServedLanguageModel, soft_prompts: list[torch.Tensor]
) -> None:
    report("SmolLM2 served", compare(local, served, soft_prompts))


def test_soft_prompts_and_lora(
    smollm2: Path, smollm2_lora: Path, served: ServedLanguageModel, soft_prompts: list[torch.Tensor]
) -> None:
    plain = TransformersLanguageModel.load(smollm2)
    before = plain.choose(inspection_messages(soft_prompts[0]), YES_NO)
    adapted = load_adapter(plain, smollm2_lora)
    assert adapted.choose(inspection_messages(soft_prompts[0]), YES_NO) != pytest.approx(before, abs=1e-2)
    lora = ServedLanguageModel(served.server, served.text, served_name="lora")
    report("SmolLM2 with LoRA served", compare(adapted, lora, soft_prompts[:4]))


def test_chat_parts(
    local: TransformersLanguageModel, served: ServedLanguageModel, soft_prompts: list[torch.Tensor]
) -> None:
    """The server's own template around a soft prompt: the local sequence with a newline after it."""
    worst = 0.0
    (yes,), (no,) = local.builder.reply_ids([Message("user", "x")], YES_NO)
    for soft in soft_prompts:
        question = "Is there any anomaly in the image?"
        part = {"type": "prompt_embeds", "data": encode_embeddings(soft)}
        answer = served.server.post(
            "/chat/completions",
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "You inspect industrial parts."},
                    {"role": "user", "content": [part, {"type": "text", "text": question}]},
                ],
                "max_tokens": 1,
                "temperature": 0,
                "logprobs": True,
                "logprob_token_ids": [yes, no],
                "return_tokens_as_token_ids": True,
            },
        )
        top = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        found = {row["token"]: row["logprob"] for row in top}
        messages = inspection_messages(soft)
        spans = local.builder.build([messages[0], Message("user", f"\n{question}", soft)])
        with torch.no_grad():
            embedded = embed_spans(spans, local.embed_ids, local.hidden_size)
            expected = local.model(inputs_embeds=embedded[None]).logits[0, -1].log_softmax(-1)
        worst = max(worst, *(abs(found[f"token_id:{i}"] - float(expected[i])) for i in (yes, no)))
    print(f"chat parts: {worst:.1e}")
    assert worst < TOLERANCE


def test_replies_in_a_form(served: ServedLanguageModel, soft_prompts: list[torch.Tensor]) -> None:
    """vLLM limits a reply after prompt embeddings to choices or to a JSON schema."""
    embeddings = encode_embeddings(served.text.embed(inspection_messages(soft_prompts[0])))

    def reply(form: dict[str, Any]) -> str:
        body = {"model": "m", "prompt_embeds": embeddings, "max_tokens": 128, "temperature": 0}
        answer = served.server.post("/completions", {**body, "structured_outputs": form})
        assert answer["choices"][0]["finish_reason"] == "stop"
        return str(answer["choices"][0]["text"])

    letters = ["A", "B", "C", "D"]
    assert reply({"choice": letters}) in letters
    schema = {
        "type": "object",
        "properties": {"anomaly": {"type": "boolean"}, "place": {"enum": ["top", "bottom"]}},
        "required": ["anomaly", "place"],
        "additionalProperties": False,
    }
    validate(json.loads(reply({"json": schema})), schema)
    with pytest.raises(LanguageModelRefused):
        reply({"json": {"type": "no such type"}})


def test_stream_comes_in_pieces(served: ServedLanguageModel) -> None:
    pieces = list(served.generate([Message("user", "What is the capital of France?")], 16))
    assert len(pieces) > 2
    assert "Paris" in "".join(pieces)


def test_bad_requests_are_refused(served: ServedLanguageModel) -> None:
    narrow = {"model": "m", "max_tokens": 1, "prompt_embeds": encode_embeddings(torch.zeros(2, 7))}
    with pytest.raises(LanguageModelRefused, match="hidden_size 7"):
        served.server.post("/completions", narrow)
    with pytest.raises(LanguageModelRefused, match="NaN"):
        served.choose(inspection_messages(torch.full((2, served.hidden_size), float("nan"))), YES_NO)
    with pytest.raises(LanguageModelRefused, match="not found"):
        served.server.post("/completions", {"model": "vicuna", "prompt": "a"})
    with pytest.raises(LanguageModelRefused, match="reads 2048"):
        served.choose([Message("user", "word " * 3000)], YES_NO)


def test_many_at_once_are_faster_and_none_is_lost(served: ServedLanguageModel) -> None:
    """Each asks for a verdict and for a reply of up to 32 tokens, as one inspection does."""
    softs = fixed_soft_prompts(served.hidden_size, 0.136, count=AT_ONCE)

    def inspect(soft: torch.Tensor) -> tuple[list[float], str]:
        messages = inspection_messages(soft)
        return served.choose(messages, YES_NO), "".join(served.generate(messages, 32))

    inspect(softs[0])
    began = time.perf_counter()
    alone = [inspect(soft) for soft in softs[:ALONE]]
    one_at_a_time = ALONE / (time.perf_counter() - began)
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        together = list(pool.map(inspect, softs))
    at_once = AT_ONCE / (time.perf_counter() - began)
    print(
        f"{one_at_a_time:.2f} inspections a second one at a time, {at_once:.2f} with {AT_ONCE} in flight: "
        f"{at_once / one_at_a_time:.1f} times"
    )
    assert len(together) == AT_ONCE
    for (scores, reply), (expected, same) in zip(together, alone, strict=False):
        assert scores == pytest.approx(expected, abs=TOLERANCE)
        assert reply == same
    assert at_once >= 3 * one_at_a_time
