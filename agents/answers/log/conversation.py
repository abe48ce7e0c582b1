"""Answers on this conversation: which images it has seen, and which of them were bad."""

from __future__ import annotations

from collections.abc import Sequence

from agents.answers.topic import Reply, Topic, image_name
from agents.state import Seen
from anomaly_core.numbers import plain_number


def conversation(topic: Topic) -> Reply:
    """Say what this conversation has seen: how many images, and which of them were bad."""
    say, log = topic.say, topic.intent.log
    seen = sorted(topic.seen_images, key=lambda one: one["number"])
    names = {one["number"]: image_name(seen, one["number"]) for one in seen}
    if log is not None and log.figure == "largest":
        return _largest(topic, seen, names)
    bad = [one["number"] for one in seen if one["found"]["verdict"].anomalous]
    one = "In this conversation one image was inspected; defective: {bad} [thread]."
    several = "In this conversation {count} images were inspected, {bad} of them defective [thread]."
    told = [say.counted(one, several, len(seen), bad=len(bad))]
    if log is not None and log.figure == "worst" and seen:
        worst = min(seen, key=lambda one: float(one["found"]["verdict"].p_value))
        p = f"{worst['found']['verdict'].p_value:.3g}"
        told.insert(0, say("The worst is {image}, p-value {p} [thread].",
                           image=_images(names, [worst["number"]]), p=p))  # fmt: skip
    unclear = [one["number"] for one in seen if one["found"]["verdict"].decision == "review"]
    good = [number for number in names if number not in (*bad, *unclear)]
    if bad:
        told.append(say("Defective: {images} [thread].", images=_images(names, bad)))
    if unclear:
        told.append(say("To be reviewed: {images} [thread].", images=_images(names, unclear)))
    if good:
        told.append(say("Good: {images} [thread].", images=_images(names, good)))
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
        regions = one["found"]["regions"] if one["found"]["verdict"].anomalous else []
        measured = [region for region in regions if region.length_px is not None]
        if measured:
            longest = max(measured, key=lambda region: region.length_px)
            in_mm = longest.length_mm is not None
            sizes[one["number"]] = (longest.length_mm, "mm") if in_mm else (longest.length_px, "px")
    if not sizes:
        return Reply(say("None."), [say("There is no defect to measure [thread].")])
    told = [
        say("{image}: the largest defect is {length} long [thread].", image=_images(names, [number]),
            length=f"{plain_number(length)} {unit}")
        for number, (length, unit) in sizes.items()
    ]  # fmt: skip
    if len({unit for _, unit in sizes.values()}) > 1:
        return Reply("", told)
    largest = max(sizes, key=lambda number: sizes[number][0])
    return Reply(f"{_images(names, [largest])}.", told)


def _images(names: dict[int, str], numbers: Sequence[int]) -> str:
    return ", ".join(f'"{names[number]}"' for number in numbers)
