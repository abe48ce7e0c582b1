"""All that the notes say of a type of defect, field by field: "tell me everything about rust"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.answers.catalogue.uncertain import MOST_LISTED
from agents.answers.notes.analysis import about_type
from agents.answers.topic import Reply, Topic
from agents.questions.lexicon.words import Words
from anomaly_core.names import plain_name
from knowledge.catalogue.fields import FIELDS, names_who
from tools.records import PassageRecord

_WHO: Final = "responsible"
_TOLD: Final = (*FIELDS, _WHO)
"""Fields in the order in which they are told; messages of the catalogues of phrases."""


def asks_for_all(words: Words, text: str) -> bool:
    """Return whether a question asks for all that is known of something."""
    return words.has("all_of_it", text)


def whole_entries(topic: Topic, types: Sequence[tuple[str, str | None]]) -> Reply | None:
    """Return each field of the entries of types, or None where their notes have no fields.

    types: each with its product.
    """
    say, body = topic.say, []
    apart = len({product for _, product in types}) > 1
    for name, product in types[:MOST_LISTED]:
        about = about_type(topic.state["passages"], name)
        fields = {_field(one): one for one in about[::-1] if one.product == product}
        shown = f"{plain_name(name)} ({product})" if apart and product else plain_name(name)
        for field in _TOLD:
            if (one := fields.get(field)) is None:
                continue
            label = say(field)
            named = say("{type}, {field}", type=shown, field=label) if len(types) > 1 else say.sentence(label)
            quote = " ".join(one.text.replace('"', "'").split())
            body.append(say("{type}: {quote} [{id}].", type=named, quote=f'"{quote}"', id=one.id))
    return Reply("", body, whole=True) if body else None


def _field(passage: PassageRecord) -> str | None:
    return _WHO if names_who(passage.title) else passage.field
