"""Answers to a question for an image that the conversation does not hold: "show the 6th image"."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from agents.answers.topic import Reply, Topic
from agents.questions.lexicon.words import IMAGE_ENDING

_FILE: Final = re.compile(rf"(?<![\w./\\-])[\w-]+{IMAGE_ENDING}(?!\w)")


def unknown_image(topic: Topic) -> Reply | None:
    """Return that an image which a question names is none of the conversation's, or None."""
    say, seen = topic.say, topic.seen_images
    number = topic.intent.image or topic.intent.other
    if number is not None and seen and all(one["number"] != number for one in seen):
        told = "This conversation holds no image {number}; it has seen {count} [score]."
        return Reply("", [say(told, number=number, count=len(seen))])
    here = [topic.state["image"], topic.state.get("shown_name") or "", *(one["image"] for one in seen)]
    names = {PurePath(one).name.lower() for one in here}
    missing = next((one[0] for one in _FILE.finditer(topic.text) if one[0] not in names), None)
    if missing is None:
        return None
    return Reply("", [say('"{name}" has not been looked at in this conversation [score].', name=missing)])
