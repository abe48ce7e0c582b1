"""Questions of one thread to the log, without an image."""

from __future__ import annotations

from agents.answers.without_image import answer_in_thread
from agents.graphs.memory import turn_of
from agents.state import Turn
from tools.context import Context


def told(logged: Context, *questions: str) -> str:
    """Return the answer to the last of the questions of one thread."""
    turns: list[Turn] = []
    for number, question in enumerate(questions, 1):
        record, asked = answer_in_thread(logged, question, turns=turns)
        turns.append(turn_of(number, question, record.answer, asked))
    return turns[-1].answer
