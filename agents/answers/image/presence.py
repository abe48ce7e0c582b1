"""Answers on what belongs to a part, and how full it is: only comparison with good parts tells."""

from __future__ import annotations

from agents.answers.image.verdict import finding
from agents.answers.topic import Reply, Topic

UNCOUNTED = "That can't be counted here: only separate pieces are, and this part is one piece [{id}]."
UNFILLED = "How full it is isn't measured; it is compared with good parts as an image [score]."
COMPARED = "Whether something is there that belongs there is told only by comparison with good parts [score]."


def by_comparison(topic: Topic, unmeasured: str) -> Reply:
    """Say what comparison with good parts says of a question for the presence or amount of something.

    A part that passes has what good ones have; of one that does not, the comparison does not say what lacks.
    That two things belong together it does not say at all: each of them may be that of a good part.
    unmeasured: the sentence on what is not measured.
    """
    say, intent = topic.say, topic.intent
    lead, affirmed = "", None
    if topic.verdict.decision == "review":
        lead = say("To be reviewed.")
    elif intent.closed and (topic.verdict.anomalous or topic.words.has("matches", topic.text)):
        lead = say("That can't be told.")
    elif intent.closed:
        affirmed = intent.sense == "good"
        lead = (
            say("Yes, by comparison with good parts.")
            if affirmed
            else say("No, by comparison with good parts.")
        )
    untold = intent.closed and topic.verdict.anomalous
    told = [unmeasured, *finding(topic)] if untold else [*finding(topic)[:2], unmeasured]
    return Reply(lead, [*told, *topic.near_limit()], affirmed)
