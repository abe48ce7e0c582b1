"""Answers on this conversation: which images it has seen, and which of them were bad."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.image.two import how_long, longest_of
from agents.answers.topic import JUDGED, Reply, Topic, image_name
from agents.state import Seen
from knowledge.log.entry import shown_time


def conversation(topic: Topic) -> Reply:
    """Say what this conversation has seen: how many images, and which of them were bad."""
    say, log = topic.say, topic.intent.log
    seen = sorted(topic.seen_images, key=lambda one: one["number"])
    names = {one["number"]: image_name(seen, one["number"]) for one in seen}
    if log is not None and log.figure == "largest":
        return _largest(topic, seen, names)
    decided = {one["number"]: one["found"]["verdict"].decided for one in seen}
    bad = [number for number, decision in decided.items() if decision == "fail"]
    one = "In this conversation one image was inspected; defective: {bad} [thread]."
    several = "In this conversation {count} images were inspected, {bad} of them defective [thread]."
    told = [say.counted(one, several, len(seen), bad=len(bad))]
    if log is not None and log.figure == "worst" and seen:
        worst = min(seen, key=lambda one: float(one["found"]["verdict"].p_value))
        p = f"{worst['found']['verdict'].p_value:.3g}"
        told.insert(0, say("The worst is {image}, p-value {p} [thread].",
                           image=_images(names, [worst["number"]]), p=p))  # fmt: skip
    unclear = [number for number, decision in decided.items() if decision == "review"]
    good = [number for number in names if number not in (*bad, *unclear)]
    if bad:
        told.append(say("Defective: {images} [thread].", images=_images(names, bad)))
    if unclear:
        told.append(say("To be reviewed: {images} [thread].", images=_images(names, unclear)))
    if good:
        told.append(say("Good: {images} [thread].", images=_images(names, good)))
    words = [(one["number"], one["found"]["verdict"].person) for one in seen]
    told += [
        say(JUDGED[said.verdict], name=names[number], time=shown_time(said.at), id="thread")
        for number, said in words
        if said is not None
    ]
    return Reply(_chosen(topic, bad, unclear, good, names), told)


def _chosen(
    topic: Topic, bad: Sequence[int], unclear: Sequence[int], good: Sequence[int], names: dict[int, str]
) -> str:
    """Return the names of the images that a question asks to choose, as first words; "" without a choice."""
    log = topic.intent.log
    if log is None or log.figure not in ("list", "worst") or log.decision is None:
        return ""
    chosen = good if log.decision == "pass" else bad
    if chosen:
        return f"{_images(names, chosen)}."
    return topic.say("To be reviewed.") if unclear else topic.say("None.")


def _largest(topic: Topic, seen: Sequence[Seen], names: dict[int, str]) -> Reply:
    """Say which image has the largest defect, and how large that of each is."""
    say, sizes = topic.say, {}
    for one in seen:
        if (longest := longest_of(one["found"])) is not None:
            sizes[one["number"]] = longest
    if not sizes:
        return Reply(say("None."), [say("There is no defect to measure [thread].")])
    told = [how_long(topic, _images(names, [number]), longest) for number, longest in sizes.items()]
    if len({unit for _, unit in sizes.values()}) > 1:
        return Reply("", told)
    largest = max(sizes, key=lambda number: sizes[number][0])
    return Reply(f"{_images(names, [largest])}.", told)


def _images(names: dict[int, str], numbers: Sequence[int]) -> str:
    return ", ".join(f'"{names[number]}"' for number in numbers)
