"""One computes, others wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from anomaly_core.errors import LanguageModelDown
from anomaly_core.language.base import LanguageModel, Message
from anomaly_core.language.fakes import ScriptedLanguageModel
from tools.turns import Turns
from tools.waiting_lm import WaitingLanguageModel

MESSAGES = [Message("user", "Is it good?")]


def test_one_holds_at_a_time() -> None:
    turns = Turns()
    inside, most = 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        with turns.hold(), turns.hold():
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.002)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert most == 1


def test_all_can_wait_at_the_same_time_and_then_take_turns() -> None:
    turns = Turns()
    together = threading.Barrier(4, timeout=2.0)
    holding: list[int] = []

    def work(number: int) -> None:
        with turns.hold(), turns.hold():
            with turns.aside():
                together.wait()
            holding.append(number)
            assert holding[-1] == number

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(holding) == [0, 1, 2, 3]


def test_a_failure_leaves_the_turn_free() -> None:
    turns = Turns()
    with pytest.raises(LanguageModelDown), turns.hold(), turns.aside():
        raise LanguageModelDown("down")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: turns.hold().__enter__() is None).result(timeout=1.0)


def test_aside_without_a_turn_does_nothing() -> None:
    with Turns().aside():
        pass


class Slow(ScriptedLanguageModel):
    """Answers once as many callers as it was told of are asking."""

    def __init__(self, callers: int) -> None:
        super().__init__(["Yes, at the top."])
        self._all = threading.Barrier(callers, timeout=2.0)

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self._all.wait()
        return super().choose(messages, choices)

    def generate(self, messages: Sequence[Message], max_new_tokens: int = 128) -> Iterator[str]:
        self._all.wait()
        return super().generate(messages, max_new_tokens)


def test_waiting_for_a_model_blocks_nobody() -> None:
    turns = Turns()
    model = WaitingLanguageModel(Slow(3), turns)
    assert isinstance(model, LanguageModel)
    assert (model.name, model.hidden_size) == ("scripted", 16)

    def inspect(_: int) -> tuple[list[float], str]:
        with turns.hold():
            return model.choose(MESSAGES, ["Yes", "No"]), "".join(model.generate(MESSAGES))

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(inspect, range(3)))
    assert [reply for _, reply in found] == ["Yes, at the top."] * 3
