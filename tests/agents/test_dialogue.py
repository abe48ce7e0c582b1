"""Threads: what they remember, that they stay bounded, and that a cut-off one goes on to the same answer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from PIL import Image

from agents.answers.evidence import verdict_statement
from agents.answers.generated.guardrails import check_answer
from agents.app import Application
from agents.graphs.dialogue import build_dialogue
from agents.graphs.threads import Event, Waiting
from agents.settings import Settings
from agents.state import MOST_IMAGES, MOST_TURNS
from anomaly_core.errors import ThreadError, UnreadableImage
from tools.records import AnswerRecord

NOTES = """# plate

## stain

A stain is a bright red patch of paint. It is caused by a leaking nozzle. It should be wiped off.

## crack

A crack is a thin dark line. Cracks lead to failures in service.
"""


def paint(path: Path, seed: int, *blots: tuple[int, int, int, int]) -> Path:
    pixels = np.random.default_rng(seed).integers(100, 112, (96, 96, 3)).astype(np.uint8)
    for x0, y0, x1, y1 in blots:
        pixels[y0:y1, x0:x1] = (250, 20, 20)
    Image.fromarray(pixels).save(path)
    return path


def settings(folder: Path) -> Settings:
    return Settings(store=folder / "store", encoder="tiny", text_encoder="tiny", threads=1)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a product and notes, and three images: two spots, one spot, none."""
    folder = tmp_path_factory.mktemp("enrolled")
    app = Application(settings(folder))
    app.enroll("plate", [paint(folder / f"good-{seed}.png", seed) for seed in range(4)])
    (folder / "notes.md").write_text(NOTES)
    app.add_knowledge([folder / "notes.md"], "plate")
    app.close()
    paint(folder / "two.png", 9, (66, 4, 90, 28), (6, 70, 18, 82))
    paint(folder / "one.png", 10, (66, 4, 90, 28))
    paint(folder / "none.png", 11)
    return folder


@pytest.fixture
def folder(enrolled: Path, tmp_path: Path) -> Path:
    """A copy of `enrolled` for one test."""
    shutil.copytree(enrolled, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Any:
    opened = Application(settings(folder))
    yield opened
    opened.close()


@pytest.fixture
def ask(app: Application, folder: Path) -> Callable[..., AnswerRecord]:
    def put(name: str, question: str, thread: str = "T") -> AnswerRecord:
        return app.ask(folder / name, question, product="plate", thread=thread)

    return put


def test_follow_ups_use_the_turns_before(ask: Callable[..., AnswerRecord]) -> None:
    first = ask("two.png", "Is there a defect?")
    assert first.anomalous
    assert len(first.regions) == 2
    how_big = ask("two.png", "and how big is it?")
    assert f"at the {first.regions[0].cell} [size]" in how_big.answer.lower()
    assert "region-1: " in next(one.text for one in how_big.evidence if one.id == "size")
    assert "px" in how_big.answer
    second = ask("two.png", "what about the second region?")
    assert f"at the {first.regions[1].cell} [size]" in second.answer.lower()
    assert "region-2: " in next(one.text for one in second.evidence if one.id == "size")
    third = ask("two.png", "and the third region?")
    assert "no region-3" in third.answer


def test_images_of_a_thread_are_compared_and_recalled(app: Application, folder: Path, ask: Any) -> None:
    ask("two.png", "Is there a defect?")
    compared = ask("none.png", "Compare it with the first one")
    assert not compared.anomalous
    assert 'Compared with "two.png"' in compared.answer
    assert any(item.id == "compare" for item in compared.evidence)
    recalled = ask("none.png", "Is there a defect in the first image?")
    assert recalled.anomalous
    assert Path(recalled.image).name == "two.png"
    by_name = ask("one.png", "compare with none.png")
    assert 'Compared with "none.png"' in by_name.answer
    assert [turn.image for turn in app.conversations.turns("T")] == [1, 2, 1, 3]
    so_far = ask("none.png", "Which images have we seen so far?").answer
    assert 'Defective: "two.png"' in so_far
    assert 'Good: "none.png"' in so_far


def test_an_image_seen_before_is_not_measured_again(app: Application, folder: Path, ask: Any) -> None:
    ask("two.png", "Is there a defect?")
    told: list[Event] = []
    again = app.ask(folder / "two.png", "Where?", product="plate", thread="T", listen=told.append)
    assert again.answer == ask("two.png", "Where?", thread="new").answer
    steps = [event.text for event in told if event.kind == "step"]
    assert "recalled what was measured of it" in steps
    assert "encoded it" not in steps


def test_a_store_that_changed_is_measured_anew(app: Application, folder: Path, ask: Any) -> None:
    assert ask("one.png", "Is it ok?").anomalous
    seen = [folder / "one.png", paint(folder / "like.png", 12, (66, 4, 90, 28))]
    good = [folder / f"good-{seed}.png" for seed in range(4)]
    app.enroll("plate", [*good, *seen], keep_all=True)
    assert not ask("one.png", "Is it ok?").anomalous


def test_threads_do_not_mix(ask: Any) -> None:
    ask("two.png", "How big is the second region?", thread="A")
    alone = ask("none.png", "compare it with the first one", thread="B")
    assert "good part" in alone.answer


def test_a_changed_file_is_refused_when_it_is_recalled(folder: Path, ask: Any) -> None:
    ask("two.png", "Is it ok?")
    ask("none.png", "Is it ok?")
    (folder / "two.png").unlink()
    with pytest.raises(UnreadableImage, match=r"two\.png"):
        ask("none.png", "Is the first image ok?")
    assert not ask("none.png", "Is it ok?").anomalous


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("re-check the left edge", "zoom-left-edge"),
        ("compare it with a good one", "compare"),
        ("how many parts are there?", "count"),
        ("describe the spot at the top right", "describe-top-right"),
    ],
)
def test_a_question_calls_its_tools_and_cites_them(ask: Any, question: str, tool: str) -> None:
    record = ask("two.png", question)
    assert tool in {item.id for item in record.evidence}
    assert f"[{tool}]" in record.answer


def test_causes_come_from_the_notes_word_for_word_or_not_at_all(ask: Any) -> None:
    cause = ask("one.png", "What causes a stain?")
    assert '"It is caused by a leaking nozzle."' in cause.answer
    cited = {item.id for item in cause.evidence if item.kind == "knowledge"}
    assert any(f"[{name}]" in cause.answer for name in cited)
    assert (
        "The notes say nothing on the effect or severity of stain [notes]"
        in ask("one.png", "How severe is a stain?").answer
    )
    assert "lead to failures" in ask("one.png", "What is the effect of a crack?").answer
    assert "wiped off" in ask("one.png", "Should I repair the stain?").answer


QUESTIONS = (
    "Is there a defect?", "Where is it?", "How many are there?", "What type is it?", "How sure are you?",
    "Describe it", "Why?", "Show me a good part", "What is this product?", "compare it with the first one",
    "re-check the left edge", "how many parts are there?", "explain step by step", "how severe is a crack?",
    "what should I do about it?", "is a part missing?", "tell me a story", "which images so far?",
)  # fmt: skip


@pytest.mark.parametrize("name", ["two.png", "none.png"])
def test_every_plain_answer_and_step_passes_the_check(app: Application, folder: Path, name: str) -> None:
    graph = build_dialogue(InMemorySaver())
    config: Any = {"configurable": {"thread_id": "T"}}
    for question in QUESTIONS:
        given: Any = {"image": str(folder / name), "question": question, "named_product": "plate"}
        state: Any = graph.invoke(given, config, context=app.context)
        paths = [template.path for template in state["templates"]] + [t.file_name for t in state["templates"]]
        plain = state["answer"]
        for lead in state["free"]:
            plain = plain.replace(lead, " ", 1)
        told = [(plain, question)]
        told += [
            (f"{step.text} {' '.join(f'[{cited}]' for cited in step.evidence)}", step.kind)
            for step in state["steps"]
        ]
        for text, what in told:
            problems = check_answer(
                text,
                state["evidence"],
                anomalous=state["verdict"].anomalous,
                verdict_sentence=verdict_statement(state),
                names=paths,
            )
            assert problems == [], (what, text)
        kinds = [step.kind for step in state["steps"]]
        assert kinds[:2] == ["object", "expected"]
        assert kinds[-1] == "conclusion"
        assert {"difference", "judgement"} <= set(kinds)


class Killed(BaseException):
    """Ends a run as a kill does: nothing after it is done."""


class DyingSaver(InMemorySaver):
    """Keeps checkpoints until its last one, then ends the run."""

    left: int = 10_000

    def put(self, *arguments: Any) -> Any:
        kept = super().put(*arguments)
        self.left -= 1
        if self.left == 0:
            raise Killed
        return kept


@pytest.mark.slow
def test_a_thread_killed_after_any_step_goes_on_to_the_same_answer(app: Application, folder: Path) -> None:
    """The kill falls after each checkpoint in turn, also within the second question of a thread."""
    config: Any = {"configurable": {"thread_id": "T"}}
    first: Any = {"image": str(folder / "none.png"), "question": "Is it ok?", "named_product": "plate"}
    second: Any = {**first, "image": str(folder / "two.png"), "question": "compare it with the first one"}

    def steady(state: Any) -> str:
        return repr({key: state[key] for key in sorted(state) if key != "timings_ms"})

    whole = build_dialogue(InMemorySaver())
    whole.invoke(first, config, context=app.context)
    expected = steady(whole.invoke(second, config, context=app.context))
    killed = 0
    for k in range(1, 40):
        saver = DyingSaver()
        graph = build_dialogue(saver)
        graph.invoke(first, config, context=app.context, durability="sync")
        saver.left = k
        app.tools.images.clear()
        try:
            reached = graph.invoke(second, config, context=app.context, durability="sync")
        except Killed:
            killed += 1
            # What the process knew is gone; the checkpoints are all there is.
            app.tools.images.clear()
            reached = build_dialogue(saver).invoke(None, config, context=app.context)
        assert steady(reached) == expected, k
    assert killed >= len(graph.nodes) - 4  # every step of the way was the last one once


PROGRAM = """
import sys
from pathlib import Path
from agents.app import Application
from agents.settings import Settings
app = Application(Settings(store=sys.argv[1], encoder="tiny", text_encoder="tiny", threads=1))
def hear(event):
    print(event.text, flush=True)
    if event.text == sys.argv[4]:
        sys.stdin.readline()
record = app.ask(Path(sys.argv[2]), sys.argv[3], product="plate", thread="T", listen=hear)
print(record.answer, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", ["found its product", "put the evidence in order"])
def test_a_killed_process_leaves_a_thread_that_another_one_finishes(
    app: Application, folder: Path, stop_at: str
) -> None:
    question = "Where is it?"
    expected = app.ask(folder / "two.png", question, product="plate", thread="other").answer
    command = [sys.executable, "-c", PROGRAM, str(folder / "store"), str(folder / "two.png"), question]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, stop_at], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == stop_at:
            break
    else:
        pytest.fail("the process ended before the step at which it was to be killed")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    assert app.conversations.pending("T") == (folder / "two.png", question)
    told: list[Event] = []
    reached = app.ask(folder / "two.png", question, product="plate", thread="T", listen=told.append)
    assert reached.answer == expected
    assert "encoded it" not in [event.text for event in told]
    assert app.conversations.pending("T") is None


@pytest.mark.slow
def test_a_long_thread_stays_bounded(app: Application, folder: Path) -> None:
    """Its file, its memory and a turn's checkpoints; benchmarks/overhead.py measures a thousand turns."""
    images = [paint(folder / f"many-{n}.png", 50 + n, (10, 10, 30, 30)) for n in range(MOST_IMAGES + 3)]
    questions = ["Where is it?", "and how sure are you?", "What causes a stain?"]
    threads = folder / "store-threads.sqlite"

    def put(count: int, seed: int) -> int:
        for n in range(count):
            app.ask(images[(seed + n) % len(images)], questions[n % 3], product="plate", thread="long")
        return threads.stat().st_size

    early = put(MOST_TURNS + 5, 0)
    late = put(2 * MOST_TURNS - 5, 7)
    assert late < early + (1 << 19)
    turns = app.conversations.turns("long")
    assert [turn.number for turn in turns] == list(range(2 * MOST_TURNS + 1, 3 * MOST_TURNS + 1))
    saver = app.conversations._threads.saver
    assert len(list(saver.list({"configurable": {"thread_id": "long"}}))) == 1
    (kept,) = saver.list({"configurable": {"thread_id": "long"}})
    seen = kept.checkpoint["channel_values"]["seen"]
    assert len(seen) == MOST_IMAGES
    assert seen[0]["number"] == 1


def test_a_thread_is_one_process_s_at_a_time(app: Application, folder: Path) -> None:
    with app.conversations._threads.held("T"), pytest.raises(ThreadError, match="in use"):
        app.ask(folder / "one.png", "Is it ok?", product="plate", thread="T")


def test_no_review_waits_for_nobody(app: Application, folder: Path) -> None:
    reply = app.ask_or_wait(folder / "one.png", "Is it ok?", product="plate", thread="T", review=True)
    assert not isinstance(reply, Waiting)


def test_notes_on_the_type_that_a_question_names_are_found(app: Application, tmp_path: Path) -> None:
    """Whatever type was found on the part, and in another language than that of the notes."""
    others = "".join(
        f"\n## Type {n}\nLook: a large red square {n}.\nCause: reason {n}.\nAction: do {n}.\n"
        for n in range(12)
    )
    scratch = "## Scratch\nLook: a thin line.\nCause: a worn gripper.\nAction: polish it.\n"
    (tmp_path / "types.md").write_text(f"# Plate\n{others}\n{scratch}")
    app.add_knowledge([tmp_path / "types.md"], "plate")
    reply = app.ask(tmp_path / "two.png", "O que faço com este arranhão?", product="plate")
    assert "polish it" in reply.answer, reply.answer
    assert any(one.id.endswith("Scratch#action") for one in reply.evidence)


def test_certainty_is_affirmed_where_it_is_asked_for_and_a_doubt_is_not(
    ask: Callable[..., AnswerRecord],
) -> None:
    for question, first in (
        ("Are you sure?", "Yes. Quite sure."),
        ("Ist das sicher?", "Ja. "),
        ("could that be a false alarm?", "Quite sure."),
    ):
        reply = ask("two.png", question)
        assert [one.kind for one in reply.understood] == ["confidence"], question
        assert reply.answer.startswith(first), (question, reply.answer)
        assert reply.affirmed is (True if first[0] in "YJ" else None)
