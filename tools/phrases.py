"""Phrases in nine languages, from gettext catalogues that Babel reads.

The English text is the message id; `<code>.po` in a folder of catalogues holds its translations. A message
without one is said in English, which a test rules out.
"""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path


class Phrases:
    """Messages of one language. Call it with a message id and the values of its fields.

    folder: of the catalogues.
    """

    def __init__(self, language: str, folder: Path) -> None:
        self.language = language
        self._catalogue = _catalogue(folder / f"{language}.po", language)

    def __call__(self, message: str, **values: object) -> str:
        """Return a message with its fields filled in."""
        return self._catalogue.gettext(message).format(**values)

    def counted(self, one: str, several: str, count: int, **values: object) -> str:
        """Return the message for one thing, or that for a number of them with the field `count`."""
        return self(one, **values) if count == 1 else self(several, count=count, **values)

    def listed(self, items: list[str]) -> str:
        """Return items as a list with "and" before the last."""
        if len(items) < 2:
            return "".join(items)
        comma = "、" if self.language in ("zh", "ja") else ", "
        return self("{items} and {last}", items=comma.join(items[:-1]), last=items[-1])

    def joined(self, parts: Sequence[str]) -> str:
        """Return sentences as one text; Chinese and Japanese have no space between them."""
        text = " ".join(part for part in parts if part)
        return text.replace("\u3002 ", "\u3002") if self.language in ("zh", "ja") else text

    def sentence(self, text: str) -> str:
        """Return a text that begins with a capital letter."""
        return text[:1].upper() + text[1:]


def _catalogue(path: Path, language: str) -> gettext.NullTranslations:
    if not path.is_file():
        return gettext.NullTranslations()
    # Here, not above: only what is said in another language needs them.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as text:
        write_mo(compiled, read_po(text, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
