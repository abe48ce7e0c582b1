"""How what a person says of an image is recorded: the command, with its options."""

from __future__ import annotations

import shlex

from agents.answers.topic import Topic


def how_to_record_normal(topic: Topic) -> str:
    """Return the sentence on how to record that what stands out is normal: the region meant, or the image."""
    place, wanted = topic.intent.place, topic.intent.region
    if wanted is None and place is not None:
        there = [n for n, one in enumerate(topic.regions, start=1) if topic.lies_in(one, place, 0.0)]
        wanted = there[0] if there else None
    region = f" --region {wanted}" if wanted is not None and len(topic.regions) > 1 else ""
    return topic.say(
        "If that is normal here, record it: {command}; later verdicts no longer take it for a defect "
        "[score].",
        command=f"iad correct {shown_path(topic)} --normal{region}",
    )


def how_to_record(topic: Topic, said: str) -> str:
    """Return the sentence on how to record what a person says. said: options of `iad correct`."""
    return topic.say(
        "Nothing is recorded by saying so; to record it: {command}; later verdicts learn from it [score].",
        command=f"iad correct {shown_path(topic)} {said}",
    )


def shown_path(topic: Topic) -> str:
    """Return the image's name as a command takes it."""
    return shlex.quote(topic.state.get("shown_name") or topic.state["image"])
