"""Answers to what is no question about a part: greetings, thanks, what can be asked, and anything else."""

from __future__ import annotations

from agents.answers.topic import Reply, Topic


def greeting(topic: Topic) -> Reply:
    """Greet, or return thanks."""
    words, text = topic.words, topic.text
    if words.has("bye", text):
        return Reply(topic.say("Goodbye."))
    if words.has("thanks", text):
        return Reply(topic.say("You are welcome."))
    return Reply(f"{topic.say('Hello.')} {_examples(topic)}")


def help_(topic: Topic) -> Reply:
    """Say what can be asked, with examples."""
    can = topic.say(
        "I inspect parts: I say whether one is good, where a defect is, how many there are, what type and "
        "size, how sure that is, and what your notes say of causes, effects and actions; I compare images "
        "and look again at a place."
    )
    return Reply(f"{can} {_examples(topic)}")


def other(topic: Topic) -> Reply:
    """Say that the question is about no part."""
    say = topic.say
    return Reply(f"{say('I only answer questions about parts, products and your notes.')} {_examples(topic)}")


def _examples(topic: Topic) -> str:
    return topic.say(
        "Ask for example: “Is this part ok?”, “Where is the defect?”, “How long is it?”, “What caused it?”, "
        "“What should I do?”"
    )
