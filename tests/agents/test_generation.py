"""The embedded model as a speaker: what it hears over ten turns, and that nothing unfit of it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from agents.answers.generated.generation import LONGEST_REPLY, SYSTEM, WINDOW
from agents.answers.generated.guardrails import check_answer
from agents.app import Application
from agents.evaluation.mmad import evaluate_questions
from agents.graphs.checkpointers import Threads
from agents.graphs.context import Context, Resources
from agents.graphs.dialogue import build_dialogue
from agents.graphs.threads import Conversations, Finished, Waiting
from agents.settings import Settings
from anomaly_core.errors import ConfigError, LanguageModelRefused
from anomaly_core.language.base import Message
from anomaly_core.language.chat_template import SoftSpan, TokenSpan
from anomaly_core.language.fakes import ScriptedLanguageModel, tiny_language_model
from anomaly_core.simulation.procedural import ProceduralProduct
from anomaly_core.weights.resolve import cached

NOTES = """# plate

## stain

A stain is a bright red patch of paint. It is caused by a leaking nozzle. It should be wiped off.
"""
QUESTIONS = (
    "Is there a defect?", "Where is it?", "How big is it?", "How sure are you?", "What type is it?",
    "What causes it?", "What should I do about it?", "How many are there?", "Is it ok?", "Give me a summary.",
)  # fmt: skip
UNFIT = {
    "degenerate": [
        "No, no no no no no no no.",
        "",
        "The stain is a stain of a stain of a stain of a stain.",
        "It is caused by a",
        "???",
        "Facts: the facts.",
        "Das ist ein Fleck.",
        "<|im_end|>",
        "Is there a defect?",
        "Answer in one sentence.",
    ],
    "contradicting": [
        "The part is good.",
        "There is no defect.",
        "No, there is no anomaly in the image.",
        "It is at the bottom left.",
        "It is 900 px long and 3 px wide.",
        "The p-value is 0.9.",
        "It is not caused by a leaking nozzle.",
        "The verdict turns at 0.5.",
        "It should not be wiped off.",
        "You can ship it.",
    ],
    "off topic": [
        "The capital of France is Paris.",
        "It was dropped by the night shift.",
        "I think it is made of copper.",
        "A gear is used to lift heavy loads.",
        "Yes, I can help you with that.",
        "This image shows two teeth.",
        "The answer is not provided.",
        "You asked about what you asked.",
        "As an AI, I see no image.",
        "Thank you.",
    ],
}


class Prompted:
    """Stands for AnomalyGPT with any language model: soft prompts that tell the image's largest map value."""

    name = "prompted"

    def __init__(self, lm: Any) -> None:
        self.lm = lm

    def soft_prompt(self, values: Any, limit: float, embedding: Any) -> torch.Tensor:
        return torch.full((3, self.lm.hidden_size), float(values.max()) / limit)


class Recording:
    """The tiny model, remembering what it was given."""

    def __init__(self) -> None:
        self.inner = tiny_language_model()
        self.hidden_size = self.inner.hidden_size
        self.calls: list[list[Message]] = []

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        self.calls.append(list(messages))
        return self.inner.generate(messages, max_new_tokens)


def paint(path: Path, seed: int, *, blot: bool = False) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    if blot:
        pixels[4:28, 66:90] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a product and its note, an image with a blot and one without."""
    made = tmp_path_factory.mktemp("speaking")
    app = Application(settings(made))
    app.enroll("plate", [paint(made / f"good-{seed}.png", seed) for seed in range(4)])
    (made / "notes.md").write_text(NOTES)
    app.add_knowledge([made / "notes.md"], "plate")
    app.close()
    paint(made / "blot.png", 9, blot=True)
    paint(made / "none.png", 11)
    return made


def settings(folder: Path) -> Settings:
    return Settings(
        store=folder / "store", encoder="tiny", text_encoder="tiny", threads=1, llm_url="embedded"
    )


Put = Callable[..., Any]


@pytest.fixture
def put(folder: Path, tmp_path: Path) -> Iterator[Put]:
    """Ask in one thread, the given language model speaking; return the final state."""
    app = Application(settings(folder))
    threads = Threads.open(
        app.settings.model_copy(update={"conversations": str(tmp_path / "threads.sqlite")})
    )
    graph = build_dialogue(threads.saver)
    graphs = {
        spoken: Conversations(graph, threads, Context(resources=Resources(app.tools, embedded=spoken)))
        for spoken in (True, False)
    }

    def ask(question: str, lm: Any = None, *, image: str = "blot.png", thread: str = "T") -> Any:
        if lm is not None:
            app.tools.model._make_soft_prompt = lambda: Prompted(lm)  # type: ignore[assignment,return-value]
            app.tools.model._soft_prompt = None
        conversations = graphs[lm is not None]
        *_, last = conversations.ask(folder / image, question, thread=thread, product="plate")
        assert isinstance(last, Finished)
        return last.final

    yield ask
    threads.close()
    app.close()


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_words_are_never_shown_at_any_turn(put: Put, kind: str) -> None:
    for question, said in zip(QUESTIONS, UNFIT[kind], strict=True):
        plain = put(question, thread="plain")
        state = put(question, ScriptedLanguageModel([said]))
        assert state["violations"], said
        assert state["answer"].startswith(plain["answer"])
        remark = state["answer"].removeprefix(plain["answer"])
        assert re.fullmatch(r" \(The language model's answer is not shown: it [^.]+\.\)", remark)
        assert not said or said not in state["answer"]


def test_what_it_says_of_the_evidence_is_shown_with_citations(put: Put) -> None:
    size = re.search(r"(\d+ px long and \d+ px wide|about \d+ px across)", put("How big is it?")["answer"])
    assert size is not None
    said = f"The green defect is {size[0]}."
    for words, shown in ((said.replace("green ", ""), True), (said, False)):
        state = put("How big is it?", ScriptedLanguageModel([f"{words} And then it goes on"]), thread=words)
        assert (not state["violations"]) == shown, state["answer"]
        if shown:
            assert state["answer"] == f"{words[:-1]} [size]."
            assert check_answer(state["answer"], state["evidence"], anomalous=True, verdict_sentence="") == []
    cause = put("What causes a stain?", ScriptedLanguageModel(["It is caused by a leaking nozzle."]))
    assert cause["answer"].startswith("It is caused by a leaking nozzle [plate/stain")
    measured = put("Is there a defect?", thread="measured")["answer"]
    place = re.search(r"a defect (at the [a-z ]+):", measured)
    assert place is not None
    said_itself = put("Is there a defect?", ScriptedLanguageModel(["There is no defect here."]), thread="no")
    assert said_itself["answer"].startswith(measured)


def test_the_soft_prompt_stays_before_the_first_turn_of_a_bounded_dialogue(put: Put) -> None:
    lm = Recording()
    for question in QUESTIONS:
        state = put(question, lm)
    assert len(lm.calls) == len(QUESTIONS)
    for number, heard in enumerate(lm.calls):
        assert heard[0] == Message("system", SYSTEM)
        assert [m.soft_prompt is not None for m in heard] == [n == 1 for n in range(len(heard))]
        assert QUESTIONS[number] in next(m for m in reversed(heard) if m.role == "user").text
        assert sum(len(m.text.encode()) for m in heard) <= WINDOW
        assert lm.inner.embed(heard).shape[0] + LONGEST_REPLY <= lm.inner.context
        assert "not shown" not in str(heard)
    last = lm.calls[-1]
    told = " ".join(message.text for message in last)
    assert QUESTIONS[-2] in told
    assert QUESTIONS[0] not in told
    spans = lm.inner.builder.build(last)
    (place,) = [n for n, span in enumerate(spans) if isinstance(span, SoftSpan)]
    soft, after = spans[place], spans[place + 1]
    assert isinstance(soft, SoftSpan)
    assert isinstance(after, TokenSpan)
    assert last[1].soft_prompt is not None
    assert torch.equal(soft.embeddings, last[1].soft_prompt)
    assert after.ids == lm.inner.builder.typed_ids(last[1].text)
    assert state["turn"] == len(QUESTIONS)


def test_another_image_brings_its_own_soft_prompt_and_turns(put: Put) -> None:
    lm = Recording()
    put("Where is it?", lm)
    put("Is it ok?", lm, image="none.png")
    put("How sure are you?", lm)
    blot, none, again = (heard[1] for heard in lm.calls)
    assert blot.soft_prompt is not None and none.soft_prompt is not None and again.soft_prompt is not None
    assert torch.equal(blot.soft_prompt, again.soft_prompt)
    assert not torch.equal(blot.soft_prompt, none.soft_prompt)
    assert again.text == "Where is it?"
    assert "Is it ok?" not in str(lm.calls[2])


def test_a_model_that_refuses_or_is_not_there_is_told(put: Put, folder: Path) -> None:
    class Refusing(ScriptedLanguageModel):
        def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
            raise LanguageModelRefused("the dialogue is too long.")

    assert "not shown: the dialogue is too long." in put("Where is it?", Refusing())["answer"]
    app = Application(settings(folder))
    answer = app.ask(folder / "blot.png", "Where is it?", product="plate").answer
    assert "not shown: no language model is set up (prompt_llm, checkpoint)." in answer
    with pytest.raises(ConfigError, match="embedded"):
        evaluate_questions(app.settings, folder / "mmad.json", folder)
    app.close()


@pytest.mark.slow
@pytest.mark.weights
def test_the_real_model_speaks_or_the_evidence_does(tmp_path: Path) -> None:
    for name in ("smollm2", "efficientnet-lite0", "minilm"):
        if cached(name) is None:
            pytest.skip(f"{name} is not in the weight cache; get it with `iad weights pull {name}`")
    paths = []
    for index in range(5):
        pixels = ProceduralProduct("metal plate", 1).image(index).copy()
        if index == 4:
            pixels[120:140, 120:140] = (250, 30, 30)
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    app = Application(Settings(store=tmp_path / "store", threads=1, llm_url="embedded"))
    app.enroll("plate", paths[:4])
    answers = []
    for thread in ("first", "second"):
        for question in ("Is there any anomaly in the image?", "How big is it?"):
            *_, last = app.conversations.ask(paths[4], question, thread=thread, product="plate")
            assert isinstance(last, Finished)
            state = last.final
            assert not isinstance(state, Waiting)
            assert state["draft"] is not None, state["violations"]
            verdict = state["opening"]
            text = state["answer"].partition(" (The language model's answer is not shown")[0]
            assert text.startswith(verdict)
            anomalous = state["verdict"].anomalous
            names = [one.path for one in state["templates"]]
            assert check_answer(
                text, state["evidence"], anomalous=anomalous, verdict_sentence=verdict, names=names
            ) == []  # fmt: skip
            answers.append((state["answer"], state["draft"]))
    assert answers[:2] == answers[2:]
    app.close()
