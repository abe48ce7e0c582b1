"""What a thread remembers of its images and turns, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.state import (
    LONGEST_REMEMBERED,
    MOST_IMAGES,
    MOST_TURNS,
    PER_IMAGE,
    Asked,
    DialogueState,
    Seen,
    Turn,
)
from tools.context import Context as Tools
from tools.detect import persons_word
from tools.records import VerdictRecord


def recalled(state: DialogueState, version: int) -> Seen | None:
    """Return what the thread knows of the opened file, if store and product are still the same.

    version: of the store in force.
    """
    digest, named = state["opened"].sha256, state.get("named_product")
    for one in state["seen"]:
        same_product = named is None or one["found"]["product"].name == named
        if one["sha256"] == digest and one["store_version"] == version and same_product:
            return one
    return None


def with_words(seen: Sequence[Seen], tools: Tools) -> list[Seen]:
    """Return a thread's images with what people have said of each last."""
    found = []
    for one in seen:
        verdict: VerdictRecord = one["found"]["verdict"]
        last = persons_word(tools, one["found"]["product"].name, one["sha256"])
        told = {**one["found"], "verdict": verdict.model_copy(update={"person": last})}
        found.append(Seen(**{**one, "found": told}))
    return found


def keep_image(state: DialogueState, version: int) -> list[Seen]:
    """Return the thread's images with the one just measured; the first stays, and those looked at last."""
    values: Mapping[str, Any] = state
    digest = state["opened"].sha256
    same = next((one for one in state["seen"] if one["sha256"] == digest), None)
    number = same["number"] if same else max((one["number"] for one in state["seen"]), default=0) + 1
    entry = Seen(
        number=number,
        # A follow-up may come from another folder.
        image=str(Path(state["image"]).absolute()),
        sha256=digest,
        store_version=version,
        found={key: values[key] for key in PER_IMAGE if key in values},
    )
    others = [one for one in state["seen"] if one["number"] != number]
    first = [one for one in others if one["number"] == 1]
    rest = [one for one in others if one["number"] != 1]
    return [*first, *rest[-(MOST_IMAGES - 1 - len(first)) :], entry]


def turn_of(
    number: int, question: str, answer: str, asked: Asked, *, image: int = 0, region: int | None = None
) -> Turn:
    """Return a turn to be kept. image: its number in the thread, 0 of a question that came without one."""
    return Turn(
        number=number,
        image=image,
        question=question[:LONGEST_REMEMBERED],
        kind=asked.first.kind,
        region=region,
        language=asked.spoken,
        said_in=asked.language,
        meant=asked.question[:LONGEST_REMEMBERED],
        slots=asked.first,
        listed=asked.listed,
        answer=answer[:LONGEST_REMEMBERED],
    )


def keep_turn(state: DialogueState) -> list[Turn]:
    """Return the thread's turns with the one just answered."""
    digest = state["opened"].sha256
    turn = turn_of(
        state["turn"],
        state.get("question") or "",
        state["answer"],
        state["asked"],
        image=next((one["number"] for one in state["seen"] if one["sha256"] == digest), 0),
        region=_focus(state),
    )
    return [*state["turns"], turn][-MOST_TURNS:]


def _focus(state: DialogueState) -> int | None:
    """The region that the next "it" means."""
    if state["asked"].first.region is not None:
        return state["asked"].first.region
    return 1 if state["regions"] else None
