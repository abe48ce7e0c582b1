"""The served backend against a real HTTP server: one that computes as vLLM does, and ones that fail."""

from __future__ import annotations

import base64
import io
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from loopback import Loopback, Reply, drip, events, hang_up, loopback, say, sleep

from anomaly_core.errors import (
    ConfigError,
    LanguageModelDown,
    LanguageModelError,
    LanguageModelRefused,
    WeightsMissing,
)
from anomaly_core.language.base import LanguageModel, Message
from anomaly_core.language.choice_scoring import normalised, plan_steps
from anomaly_core.language.fakes import tiny_language_model
from anomaly_core.language.inspection_dialogue import YES_NO, inspection_messages
from anomaly_core.language.registry import load_language_model
from anomaly_core.language.transformers_lm import TransformersLanguageModel
from anomaly_core.language.vllm.calls import Caller, Circuit
from anomaly_core.language.vllm.client import ModelServer
from anomaly_core.language.vllm.embeddings import encode_embeddings
from anomaly_core.language.vllm.served_lm import ServedLanguageModel
from anomaly_core.language.vllm.text_side import TextSide

MODELS = {
    "data": [
        {"id": "tiny", "max_model_len": 256},
        {"id": "tiny-lora", "parent": "tiny", "max_model_len": 256},
    ]
}
SOFT = torch.randn(5, 32, generator=torch.Generator().manual_seed(0))
MESSAGES = inspection_messages(SOFT)


@pytest.fixture(scope="module")
def local() -> TransformersLanguageModel:
    return tiny_language_model()


@pytest.fixture(scope="module")
def folder(local: TransformersLanguageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny")
    local.model.save_pretrained(path)
    local.builder.tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def text(folder: Path) -> TextSide:
    return TextSide.load(folder, name="tiny")


@pytest.fixture
def served(text: TextSide) -> Iterator[Callable[..., ServedLanguageModel]]:
    made: list[ServedLanguageModel] = []

    def make(url: str, timeout_s: float = 5.0, pause_s: float = 60.0) -> ServedLanguageModel:
        caller = Caller(url, timeout_s, circuit=Circuit(url, pause_s=pause_s))
        server = ModelServer(url, key="secret", caller=caller)
        made.append(ServedLanguageModel(server, text))
        return made[-1]

    yield make
    for model in made:
        model.close()


MakeServed = Callable[..., ServedLanguageModel]


def decoded(text: str) -> torch.Tensor:
    tensor: torch.Tensor = torch.load(io.BytesIO(base64.b64decode(text)), weights_only=True)
    return tensor


def computing(local: TransformersLanguageModel) -> Reply:
    """Reply as vLLM does to prompt embeddings: scores of chosen tokens, or a greedy stream of token ids."""

    def reply(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        sent = request["prompt_embeds"]
        rows = [decoded(one) for one in (sent if isinstance(sent, list) else [sent])]
        choices = []
        for index, row in enumerate(rows):
            tokens: list[int] = []
            with torch.no_grad():
                logp = local.model(inputs_embeds=row[None]).logits[0, -1].log_softmax(-1)
                for _ in range(request["max_tokens"] if request.get("stream") else 0):
                    tokens.append(int(local.model(inputs_embeds=row[None]).logits[0, -1].argmax()))
                    row = torch.cat([row, local.embed_ids(torch.tensor(tokens[-1:]))])
            scores = {f"token_id:{i}": float(logp[i]) for i in request.get("logprob_token_ids", [])}
            choices.append(
                {"index": index, "token_ids": tokens, "logprobs": {"top_logprobs": [scores]}, "text": "x"}
            )
        if request.get("stream"):
            ids = choices[0].pop("token_ids")
            events(*({"choices": [{"index": 0, "token_ids": [i]}]} for i in ids))(handler, request)
        else:
            say(200, {"choices": choices[::-1]})(handler, request)

    return reply


@pytest.fixture
def computed(local: TransformersLanguageModel) -> Iterator[Loopback]:
    with loopback(computing(local), models=MODELS) as server:
        yield server


@pytest.mark.parametrize(
    "choices",
    [YES_NO, ("A", "B", "C", "D"), ("At the top", "At the left of it", "No"), ("top", "top left")],
    ids=" ".join,
)
@pytest.mark.parametrize("begun", ["", "It is "])
def test_choices_score_as_locally(
    choices: tuple[str, ...],
    begun: str,
    local: TransformersLanguageModel,
    computed: Loopback,
    served: MakeServed,
) -> None:
    messages = [*MESSAGES, Message("assistant", begun)] if begun else MESSAGES
    found = served(computed.url).choose(messages, choices)
    assert found == pytest.approx(local.choose(messages, choices), abs=1e-5, rel=1e-6)
    assert sum(math.exp(value) for value in found) == pytest.approx(1.0)


def test_reply_is_the_local_one(
    local: TransformersLanguageModel, computed: Loopback, served: MakeServed
) -> None:
    model = served(computed.url)
    assert isinstance(model, LanguageModel)
    for seed in range(3):
        soft = torch.randn(4, 32, generator=torch.Generator().manual_seed(seed))
        messages = inspection_messages(soft)
        assert "".join(model.generate(messages, 12)) == "".join(local.generate(messages, 12))


def test_the_servers_input_is_the_local_sequence(
    local: TransformersLanguageModel, computed: Loopback, served: MakeServed
) -> None:
    served(computed.url).choose(MESSAGES, YES_NO)
    assert torch.equal(decoded(computed.asked[-1]["prompt_embeds"][0]), local.embed(MESSAGES))
    assert computed.asked[-1]["model"] == "tiny"
    assert computed.asked[-1]["authorization"] == "Bearer secret"
    assert computed.asked[-1]["path"] == "/v1/completions"


def test_many_at_once(local: TransformersLanguageModel, computed: Loopback, served: MakeServed) -> None:
    model = served(computed.url, timeout_s=30.0)
    softs = [torch.randn(3, 32, generator=torch.Generator().manual_seed(i)) for i in range(16)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda soft: model.choose(inspection_messages(soft), YES_NO), softs))
    expected = [local.choose(inspection_messages(soft), YES_NO) for soft in softs]
    assert torch.tensor(found).sub(torch.tensor(expected)).abs().max() < 1e-5


def test_probe_reads_models_and_context(computed: Loopback, served: MakeServed) -> None:
    found = served(computed.url).abilities()
    assert (found.models, found.loras, found.context) == (("tiny",), ("tiny-lora",), 256)
    assert found.prompt_embeddings and not found.missing


def test_probe_says_what_is_missing(served: MakeServed) -> None:
    refusal = say(400, {"error": {"message": "You must set `--enable-prompt-embeds`"}})
    with loopback(refusal, models=MODELS) as server, pytest.raises(LanguageModelRefused) as caught:
        served(server.url).choose(MESSAGES, YES_NO)
    assert "start the server with --enable-prompt-embeds" in str(caught.value)


def test_a_model_that_is_not_served_is_named(computed: Loopback, text: TextSide) -> None:
    model = ServedLanguageModel(ModelServer(computed.url), text, served_name="vicuna")
    with pytest.raises(LanguageModelRefused, match="no model 'vicuna'; it serves tiny, tiny-lora"):
        model.choose(MESSAGES, YES_NO)
    model.close()


def test_too_long_a_dialogue_is_not_sent(computed: Loopback, served: MakeServed) -> None:
    with pytest.raises(LanguageModelRefused, match=r"reads 256.*--max-model-len"):
        served(computed.url).choose([Message("user", "x" * 300)], YES_NO)


READY: dict[str, Any] = {
    "choices": [{"index": 0, "logprobs": {"top_logprobs": [{"token_id:0": -1.0}]}}],
}


@pytest.mark.parametrize(
    ("reply", "expected", "says"),
    [
        (say(401, {"error": {"message": "bad key"}}), LanguageModelRefused, "IAD_LLM_KEY"),
        (say(404, {"error": {"message": "no model x"}}), LanguageModelRefused, "no model x"),
        (say(400, {"detail": "too long"}), LanguageModelRefused, "too long"),
        (say(429, {}, Retry_After="90"), LanguageModelDown, "too busy"),
        (say(500, {"error": "oops"}), LanguageModelDown, "500: oops"),
        (say(200, b"<html>"), LanguageModelRefused, "not what a model server sends"),
        (say(200, [1]), LanguageModelRefused, "not what a model server sends"),
        (say(200, {"choices": []}), LanguageModelRefused, "answered 0 of 1"),
        (say(200, READY), LanguageModelRefused, "did not give the log-probabilities"),
        (
            say(200, {"choices": [{"index": 0, "logprobs": None}]}),
            LanguageModelRefused,
            "no log-probabilities",
        ),
        (drip, LanguageModelDown, "no whole answer in 0.5 s"),
        (sleep, LanguageModelDown, "no whole answer in 0.5 s"),
        (hang_up, LanguageModelDown, "does not answer"),
    ],
    ids=["401", "404", "400", "429", "500", "html", "list", "few", "others", "none", "drip", "slow", "gone"],
)
def test_each_failure_has_its_message_in_time(
    reply: Reply, expected: type[LanguageModelError], says: str, served: MakeServed
) -> None:
    with loopback(say(200, READY), reply, models=MODELS) as server:
        model = served(server.url, timeout_s=0.5)
        model.abilities()
        began = time.monotonic()
        with pytest.raises(expected, match=says):
            model.choose(MESSAGES, ["Y", "N"])
        assert time.monotonic() - began < 1.0


def test_nan_is_refused(local: TransformersLanguageModel, served: MakeServed) -> None:
    yes, no = (ids[0] for ids in local.builder.reply_ids(MESSAGES, ["Y", "N"]))
    row = {f"token_id:{yes}": float("nan"), f"token_id:{no}": -1.0}
    broken = say(200, {"choices": [{"index": 0, "logprobs": {"top_logprobs": [row]}}]})
    with (
        loopback(say(200, READY), broken, models=MODELS) as server,
        pytest.raises(LanguageModelRefused, match="not finite"),
    ):
        served(server.url).choose(MESSAGES, ["Y", "N"])


@pytest.mark.parametrize(
    ("embeddings", "says"),
    [
        (torch.zeros(3), "shape|must be"),
        (torch.zeros(0, 4), "must be"),
        (torch.zeros(2, 4, dtype=torch.long), "floats"),
        (torch.full((2, 4), float("nan")), "NaN"),
        (torch.full((2, 4), float("inf")), "infinity"),
    ],
    ids=["1-D", "empty", "integers", "nan", "inf"],
)
def test_bad_embeddings_are_not_sent(embeddings: torch.Tensor, says: str) -> None:
    with pytest.raises(LanguageModelRefused, match=says):
        encode_embeddings(embeddings)


def test_embeddings_are_sent_without_the_storage_behind_them() -> None:
    rows = torch.arange(40_000.0).reshape(10_000, 4)[10:12]
    assert len(encode_embeddings(rows)) < 4000
    assert torch.equal(decoded(encode_embeddings(rows)), rows)


@pytest.mark.parametrize(
    ("broken", "expected", "says"),
    [
        (events({"choices": [{"index": 0, "token_ids": [70]}]}, end=False), LanguageModelDown, "broke off"),
        (events({"error": {"message": "oom"}}), LanguageModelRefused, "oom"),
        (events({"choices": [{"index": 0, "token_ids": ["x"]}]}), LanguageModelRefused, "no token ids"),
    ],
    ids=["end", "error", "garbage"],
)
def test_a_stream_that_breaks_off_says_so(
    broken: Reply, expected: type[LanguageModelError], says: str, served: MakeServed
) -> None:
    with (
        loopback(say(200, READY), broken, models=MODELS) as server,
        pytest.raises(expected, match=says),
    ):
        list(served(server.url).generate(MESSAGES))


def test_the_limit_holds_for_a_whole_stream(served: MakeServed) -> None:
    def slow(handler: BaseHTTPRequestHandler, _request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b'data: {"choices": [{"index": 0, "token_ids": [70]}]}\n\n')
            handler.wfile.flush()
            time.sleep(0.05)

    with loopback(say(200, READY), slow, models=MODELS) as server:
        model = served(server.url, timeout_s=0.5)
        model.abilities()
        began = time.monotonic()
        with pytest.raises(LanguageModelDown, match=r"no whole answer in 0\.5 s"):
            list(model.server.stream("/completions", {}))
        assert time.monotonic() - began < 1.0


def test_no_vendors_exception_and_no_key_is_shown() -> None:
    with pytest.raises(ConfigError, match="not a URL"):
        ModelServer("http://[::1", key="secret")
    with loopback(say(401, {"error": {"message": "key secret is wrong"}})) as found:
        server = ModelServer(found.url, key="secret")
        with pytest.raises(LanguageModelRefused) as caught:
            server.post("/completions", {})
        assert "secret" not in f"{caught.value} {server!r} {vars(server)}"
        server.close()


def test_busy_for_a_moment_is_not_noticed(local: TransformersLanguageModel, served: MakeServed) -> None:
    replies = [say(200, READY), say(503, {}), say(429, {}, Retry_After="0.1"), computing(local)]
    with loopback(*replies, models=MODELS) as server:
        found = served(server.url).choose(MESSAGES, YES_NO)
    assert found == pytest.approx(local.choose(MESSAGES, YES_NO), abs=1e-5)


def test_server_that_dies_in_a_batch_costs_little_and_is_found_again(
    local: TransformersLanguageModel, served: MakeServed
) -> None:
    lines = computing(local)
    with loopback(say(200, READY), lines, lines, lines, hang_up, models=MODELS) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        model = served(server.url, timeout_s=5.0, pause_s=0.3)

        def ask(number: int) -> list[float] | LanguageModelDown:
            soft = torch.randn(3, 32, generator=torch.Generator().manual_seed(number))
            try:
                return model.choose(inspection_messages(soft), YES_NO)
            except LanguageModelDown as error:
                return error

        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(ask, range(40)))
        assert time.monotonic() - began < 5.0
    answered = [one for one in found if isinstance(one, list)]
    assert len(answered) == 3
    assert len(found) == 40
    with loopback(lines, models=MODELS, port=port):
        time.sleep(0.35)
        assert isinstance(ask(0), list)
        assert isinstance(ask(1), list)


def test_circuit_lets_one_caller_try() -> None:
    now = 0.0
    circuit = Circuit("server", failures=2, pause_s=10.0, clock=lambda: now)
    circuit.failed()
    circuit.check()
    circuit.failed()
    with pytest.raises(LanguageModelDown, match="10 s"):
        circuit.check()
    now = 10.5
    circuit.check()
    with pytest.raises(LanguageModelDown):
        circuit.check()
    circuit.answered()
    circuit.check()


def test_calls_run_at_the_same_time() -> None:
    caller = Caller("server", 5.0)
    both = threading.Barrier(2, timeout=2.0)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: caller.run(lambda _seconds: both.wait()), range(2)))


def test_each_place_is_asked_once() -> None:
    replies = [(1, 2, 3), (1, 2, 4), (1, 5)]
    steps = plan_steps(replies)
    assert [(step.prefix, step.wanted) for step in steps] == [((1,), (2, 5)), ((1, 2), (3, 4))]
    found = [{2: -1.0, 5: -2.0}, {3: -0.5, 4: -3.0}]
    raw = torch.tensor([-1.5, -4.0, -2.0])
    assert normalised(replies, steps, found) == pytest.approx(raw.log_softmax(0).tolist())


def test_a_url_needs_the_models_name() -> None:
    with pytest.raises(ConfigError, match="name the model"):
        load_language_model("http://127.0.0.1:9/v1")


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_in_process_vllm_says_that_it_is_missing(folder: Path) -> None:
    with pytest.raises(ConfigError, match="not installed"):
        load_language_model(f"vllm:{folder}")


def test_folder_without_weights_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(WeightsMissing, match="configuration and tokenizer"):
        TextSide.load(tmp_path)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(WeightsMissing, match=r"model\.safetensors is missing"):
        TextSide.load(tmp_path)


def test_sharded_folder_gives_the_same_table(local: TransformersLanguageModel, tmp_path: Path) -> None:
    local.model.save_pretrained(tmp_path, max_shard_size="20KB")
    local.builder.tokenizer.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors.index.json").is_file()
    ids = torch.tensor([0, 5, 258])
    assert torch.equal(TextSide.load(tmp_path).embed_ids(ids), local.embed_ids(ids))
