"""Answers to what is no question about a part: greetings, thanks, what can be asked, and anything else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Final

from agents.answers.catalogue.facts import facts
from agents.answers.log.record import record
from agents.answers.topic import Reply, Topic
from agents.questions.log.code_names import code_name
from agents.questions.log.unheld import Unheld, unheld_of
from agents.state import Order

_CORRECTS: Final = (
    "I change no verdict and release no lot in dialogue. A person corrects one image after the other: iad "
    "correct IMAGE --verdict good or anomalous, or at the station on the page Inspect."
)
_FILES: Final = (
    "I write no files in dialogue. iad report --log --since T --out FILE writes a report, and the page Log "
    "of the station exports the rows as CSV."
)
_ORDERS: Final[Mapping[Order, str]] = {
    "judge": _CORRECTS,
    "release": _CORRECTS,
    "delete": "I delete nothing in dialogue: rows of the log are only ever added. A correction is taken back "
    "by iad feedback undo ID, or at the station on the page Review.",
    "rates": "I set no rates in dialogue. iad inspect --alpha A --review R sets them for one run, the "
    "settings alpha and review set them for all, and the page Products of the station for one product.",
    "learn": "I learn nothing in dialogue. iad enroll PRODUCT PATH learns a product from good parts, iad "
    "calibrate PRODUCT PATH narrows its calibration; at the station the page Products does.",
    "mail": "I send no mail. iad report --log --since T --out FILE.pdf writes a report that you can send; "
    "the page Log of the station exports the rows as CSV.",
    "report": _FILES,
    "write": _FILES,
    "machine": "I run no machines. iad watch --send tells a controller of the line each result and alarm.",
}
"""What an order is answered with. Names of pages are those of the station in the language of the answer."""

_UNHELD: Final[Mapping[Unheld, str]] = {
    "cost": "Neither the notes nor the log say what anything costs.",
    "expiry": "Neither the notes nor the log hold dates of expiry or production.",
    "blame": "Neither the notes nor the log say who is to blame.",
}


def greeting(topic: Topic) -> Reply:
    """Greet, or return thanks."""
    words, text = topic.words, topic.text
    if words.has("bye", text):
        return Reply(topic.say("Goodbye."))
    if words.has("thanks", text):
        return Reply(topic.say("You are welcome."))
    return Reply(f"{topic.say('Hello.')} {_examples(topic)}")


def help_(topic: Topic) -> Reply:
    """Say what can be asked, with examples; to an order, which command or page carries it out."""
    if topic.intent.recorded is not None:
        return record(topic)
    if topic.intent.order is not None:
        return Reply(_of_its_lot(topic, topic.say(_ORDERS[topic.intent.order])))
    can = topic.say(
        "I inspect parts: I say whether one is good, where a defect is, how many there are, what type and "
        "size, how sure that is, and what your notes say of causes, effects and actions; I compare images "
        "and look again at a place."
    )
    return Reply(f"{can} {_examples(topic)}")


def _of_its_lot(topic: Topic, told: str) -> str:
    """Return what is told of a command with the lot that the order names in place of a time."""
    lot = code_name(topic.words, "lot", topic.text)
    if lot is None:
        return told
    typed = re.search(re.escape(lot), topic.intent.text, re.IGNORECASE)
    return told.replace("--since T", f"--lot {shlex.quote(lot if typed is None else typed[0])}")


def other(topic: Topic) -> Reply:
    """Say that the question is about no part, where the notes have no sentence on it."""
    say = topic.say
    unheld = unheld_of(topic.words, topic.text)
    if unheld is not None:
        return Reply(say(_UNHELD[unheld]))
    if topic.state.get("passages") and (told := facts(topic, several=False)):
        # "What torque does the bolt get?"
        return Reply("", told)
    return Reply(f"{say('I only answer questions about parts, products and your notes.')} {_examples(topic)}")


def _examples(topic: Topic) -> str:
    return topic.say(
        "Ask for example: “Is this part ok?”, “Where is the defect?”, “How long is it?”, “What caused it?”, "
        "“What should I do?”"
    )
