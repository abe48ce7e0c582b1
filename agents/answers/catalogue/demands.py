"""Types whose notes say what a question demands: "which defects mean that I have to stop the press?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agents.answers.topic import Topic
from agents.questions.form.alternatives import FATES
from agents.questions.learned.encoder import encode
from agents.questions.learned.generic import subjects_in
from agents.questions.lexicon.words import SPACELESS, Words, pieces_of
from agents.questions.log.unheld import unheld_of
from agents.questions.slots.products import without_products
from agents.questions.slots.types import MOST_WINDOWS, windows
from anomaly_core.names import plain_name
from knowledge.catalogue.fields import names_who
from tools.log_question import LogQuestion
from tools.records import PassageRecord

SAYS_SO: Final = 0.65
"""Least cosine of what a question demands and words of the notes that say so, in whatever language.

By a look at 38 demands in seven languages beside 104 clauses of three catalogues: those that say so had 0.66
to 1, such as "stop the press" and "Presse sofort anhalten", 0.79; the nearest that say something else 0.63,
"stop the line". "Los sperren" has 0.59 of "block the lot" and is not found by it."""
AS_CLEAR: Final = 0.15
"""Cosine below the clearest within which another one says so too; by the same look."""
NONE_SAYS_SO: Final = (
    "None of the notes says so clearly; “what to do about each type?” lists the actions [notes]."
)
_ASKED: Final = (
    *("which_defect", "which_ones", "ask", "who", "to_tell", "every", "matters", "serious", "good", "limit"),
    *("to_do", "effects", "of_causes", "region"),
)
"""Meanings of words that say what is asked, and nothing of what the notes say."""
_DECIDED: Final = ("failed", "passed", "reviewed", "inspected", "corrected", "on_hold")
"""Meanings of words that say what was done with parts."""
_LEAST: Final = 4
"""Letters of a word that a demand is told by."""
_MOST: Final = 4
"""Words of a demand."""
_RUNS: Final = (2, 3, 4, 5, 6, 7, 8)
_CLAUSES: Final = re.compile(r"[;,.\u3001\u3002\uff0c\uff1b]")
_PARTICLES: Final = re.compile(r"^[のはがをにでと的把]+|[のはがにで]+$")


def asks_by_field(words: Words, text: str) -> bool:
    """Return whether a question asks for the types of which the notes say something."""
    return words.has("which_defect", text) or words.has("which_ones", text)


def of_the_notes(log: LogQuestion, words: Words, text: str) -> bool:
    """Return whether a question that was taken for one of the log's parts is of the types of the notes.

    "Which of the board defects can be reworked?" names nothing of the log, "which ones need QA?" neither.
    """
    narrowed = (log.since, log.until, log.lot, log.station, *log.people, log.latest, log.within)
    if log.figure != "list" or any(narrowed):
        return False
    if words.has("which_defect", text):
        return any(words.has(one, text) for one in FATES) and words.has("may", text)
    parts = any(words.has(one, text) for one in (*_DECIDED, "image", "piece"))
    return words.has("which_ones", text) and not parts and any(_demands(text, words))


def demanded(topic: Topic, products: Sequence[str]) -> list[str] | None:
    """Return, type by type, the field that says what a question demands; None where none clearly does.

    products: that there are notes on. None too where what says so is a cause or a look.
    """
    if unheld_of(topic.words, topic.text) is not None:
        return None
    demands = list(_demands(without_products(topic.text, products), topic.words))
    told = [one for one in topic.state["passages"] if one.defect is not None and one.field is not None]
    if not demands or not told:
        return None
    likeness = _likeness(demands, [one.text for one in told])
    least = max(SAYS_SO, max(likeness) - AS_CLEAR)
    found: dict[tuple[str, str], tuple[float, PassageRecord]] = {}
    for one, near in zip(told, likeness, strict=True):
        key = (one.defect or "", one.product or "")
        if near >= least and near > found.get(key, (0.0, one))[0]:
            found[key] = (near, one)
    best = max(found.values(), key=lambda one: one[0], default=None)
    if best is None or (best[1].field in ("cause", "look", "limit") and not names_who(best[1].title)):
        return None
    apart = len({product for _, product in found}) > 1
    return [
        topic.say(
            "{type}: {quote} [{id}].",
            type=f"{plain_name(name)} ({product})" if apart and product else plain_name(name),
            quote=f'"{" ".join(one.text.split())}"'.replace('""', '"'),
            id=one.id,
        )
        for (name, product), (_, one) in found.items()
        if one.field not in ("cause", "look", "limit") or names_who(one.title)
    ]


def _demands(text: str, words: Words) -> Iterator[str]:
    """Yield what a question may demand: its last words, of scripts without spaces runs of characters."""
    # What may be reworked is told by the fates that the notes name.
    rest = words.without(text, *_ASKED, "rework", "may")
    if words.language in SPACELESS and words.language != "ko":
        for run in pieces_of(rest, _RUNS):
            if (plain := _PARTICLES.sub("", run)) == run and subjects_in(plain, words.language):
                yield plain
        return
    said = re.findall(r"[^\W\d_]+", rest)
    if words.language == "ko":
        pairs = (" ".join(said[at : at + 2]) for at in range(len(said)))
        yield from (one for one in pairs if subjects_in(one, words.language))
        return
    long = [at for at, word in enumerate(said) if len(word) >= _LEAST]
    if not subjects_in(" ".join(said), words.language):
        return
    for start in long[-_MOST:-1] or [0][: len(long)]:
        yield " ".join(said[start:])


def _likeness(demands: Sequence[str], texts: Sequence[str]) -> list[float]:
    """Return the cosine of each text's words that are most like one of some demands, and that."""
    pieces = [
        (at, piece)
        for at, text in enumerate(texts)
        for clause in _CLAUSES.split(text.lower())
        for piece in dict.fromkeys([clause.strip(), *_pieces(clause)])
        if piece
    ]
    asked = encode(list(dict.fromkeys(demands))[:MOST_WINDOWS])
    cosines = (encode([piece for _, piece in pieces]) @ asked.T).max(axis=1)
    found = [0.0] * len(texts)
    for (at, _), cosine in zip(pieces, cosines, strict=True):
        found[at] = max(found[at], float(cosine))
    return found


def _pieces(clause: str) -> Iterator[str]:
    yield from (one for one in windows(clause, "en", (1, 2, 3, 4)) if len(one) >= _LEAST)
    yield from pieces_of(clause, (2, 3, 4, 6))
