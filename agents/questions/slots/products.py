"""The product that a question means in another language than its name: "Flaschen" for "bottle"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from agents.questions.learned.encoder import encode, normalised
from agents.questions.lexicon.common_words import nameable, without_common
from agents.questions.lexicon.numbered import log_words
from agents.questions.lexicon.patterns import compiled
from agents.questions.lexicon.words import SPACELESS, bounded, words_of
from agents.questions.slots.by_words import type_of, types_of, without_types
from agents.state import Asked, Understanding
from anomaly_core.names import plain_name, spellings

LEAST_SIMILARITY: Final = 0.52
"""Least cosine of a word and a product's name, each thrice: alone, short words are near many names."""
LEAST_LEAD: Final = 0.08
"""Least lead over the product that is second; both are set by a look at fifteen names in nine languages."""
SURE: Final = 0.6
"""Cosine from which a word is surely the product's name in another language: "couvercle" has 0.72 of "lid",
"cuscinetto" 0.69 of "bearing"; by a look at eleven questions."""
ALONE: Final = (0.4, 0.25)
"""Least cosine of a word that is like no other product's name, and its lead over these and `_OF_NONE`."""
_OF_NONE: Final = ("der", "hat", "los", "pareto", "le", "que", "si", "the", "was", "una")
"""Words that name nothing, and are near to some names all the same."""
MOST_WORDS: Final = 40
_TIMES: Final = 3
_PLURALS: Final = (
    ("o", "h?i"), ("a", "h?e"), ("e", "i"), ("io", "i"), ("ão", "(?:õe|ão|ãe)s"), ("m", "ns"), ("l", "is"),
    ("al", "aux"), ("ón", "ones"), ("z", "ces"), ("y", "ies"),
)  # fmt: skip
"""Endings of names, and those of many, in languages that change the last letters: "pupazzi", "botões"."""
_PLACES: Final = ("edge", "top", "bottom", "left", "right", "center")
_INFLECTED: Final = 5
"""Letters from which a German word is read without the ending of a case or of many."""
SHORTEST: Final = 3
"""Letters of a word of a language with spaces."""


def product_meant(
    question: str,
    products: Sequence[str],
    language: str,
    types: Sequence[str] = (),
    called: Mapping[str, Sequence[str]] | None = None,
    *,
    surely: bool = False,
) -> str | None:
    """Return the one of several products that a word of a question is a name of in its language, or None.

    types: of defects, whose names are of no product, as words that questions are put with are of none.
    called: further names of the products, such as their notes' titles have. surely: only one that a word
    is surely a name of.
    """
    text = normalised(question)
    products = nameable(products, text, language)
    if len(products) < 2:
        return None
    said = spellings(text)
    inflected = [one for one in products if any(map(_spoken(one, language).search, said))]
    if len(inflected) == 1:
        return inflected[0]
    told = words_of(language).without(without_types(text, types), *_PLACES)
    told = without_common(words_of(language).without_types(told), language)
    told = compiled(bounded(log_words(language)["polite"], language)).sub(" ", told)
    words = list(dict.fromkeys(_words(told, language)))[:MOST_WORDS]
    if not words:
        return None
    further = called or {}
    named = [(one, name) for one in products for name in (*_names(one), *further.get(one, ()))]
    spoken = [*words, *_OF_NONE, *(name for _, name in named)]
    vectors = encode([" ".join([one] * _TIMES) for one in spoken])
    first = len(words) + len(_OF_NONE)
    alike = vectors[:first] @ vectors[first:].T
    own = [[of == product for of, _ in named] for product in products]
    near = np.stack([alike[:, column].max(axis=1) for column in own], axis=1)
    of_words, of_none = near[: len(words)], near[len(words) :].mean(axis=0)
    cosines = of_words.max(axis=0)
    second, best = np.argsort(cosines)[-2:]
    word = of_words[of_words[:, best].argmax()]
    others = max(np.sort(word)[-2], of_none[best])
    alone = cosines[best] >= ALONE[0] and cosines[best] - others >= ALONE[1]
    named_so = cosines[best] >= SURE if surely else cosines[best] >= LEAST_SIMILARITY or alone
    clear = named_so and cosines[best] - cosines[second] >= LEAST_LEAD
    return products[int(best)] if clear else None


def without_product_as_type(
    one: Understanding, products: Sequence[str], known: Sequence[str], language: str
) -> Understanding:
    """Return an intent without the type that only a product's name seems to be: "the blister" packs tablets.

    products: that notes are about. known: names of defects in the notes.
    """
    text = normalised(one.text)
    if one.type is None or type_of(text, language, known) != one.type:
        return one
    rest = without_products(text, products)
    if rest == text or type_of(rest, language, known) is not None or types_of(text, known):
        return one
    return one.model_copy(update={"type": None})


def without_product_as_zone(asked: Asked, product: str, zones: Sequence[str]) -> Asked:
    """Return a question whose intents have no zone that only the part itself seems to be: "is this lid ok?".

    zones: the product's, which none of its own names.
    """
    own = {plain_name(name).lower() for name in zones}

    def of_the_part(one: Understanding) -> Understanding:
        unset = one.zone is not None and plain_name(one.zone).lower() not in own
        if not unset or one.zone is None or not _is_called(one.zone, product):
            return one
        return one.model_copy(update={"zone": None})

    return asked.model_copy(update={"intents": [of_the_part(one) for one in asked.intents]})


def _is_called(word: str, product: str) -> bool:
    """Return whether a word, of any language, calls a product: "Deckel" a jar-lid."""
    names = _names(product)
    if plain_name(word).lower() in (name.lower() for name in names):
        return True
    vectors = encode([" ".join([one] * _TIMES) for one in (word, *names)])
    return float((vectors[1:] @ vectors[0]).max()) >= LEAST_SIMILARITY


def without_products(text: str, products: Sequence[str]) -> str:
    """Return a text, in lower case, with a blank in place of each product's name."""
    for name in products:
        text = _inflected(name).sub(" ", text)
    ways = [_inflected(said) for name in products for said in spellings(plain_name(name))]

    def kept(word: re.Match[str]) -> str:
        named = any(way.fullmatch(said) for said in spellings(word[0]) for way in ways)
        return " " if named else word[0]

    return compiled(r"[^\W\d_]+").sub(kept, text)


def _inflected(name: str) -> re.Pattern[str]:
    """Return the pattern of a name with the ending of a case or of many: "bei den Blistern"."""
    spoken = plain_name(name).lower()
    ways = [rf"{re.escape(spoken)}(?:e?[nsr]|ern|es|x)?"]
    if len(spoken) > SHORTEST:
        ways += [re.escape(spoken.removesuffix(end)) + many for end, many in _PLURALS if spoken.endswith(end)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)")


def _spoken(name: str, language: str) -> re.Pattern[str]:
    """Return the pattern of a name in a text without accents: "Beläge" of a belag, "chêne" of a chene.

    A German one has it in its compounds too: "Bremsbelag".
    """
    ways = []
    for spelt in spellings(plain_name(name)):
        ways.append(_inflected(spelt).pattern)
        if language == "de" and len(spelt) >= _INFLECTED:
            ways.append(rf"(?<!\w)(?:\w{{4,}})?{re.escape(spelt)}(?:e?[nsr]|e)?(?!\w)")
    return re.compile("|".join(ways))


def _names(product: str) -> list[str]:
    """Return a product's name, and each of its words that is no word for any part: "cell" of "solar-cell"."""
    words = (one for one in re.findall(r"[^\W\d_]+", plain_name(product)) if len(one) >= SHORTEST)
    inspected = words_of("en").by_meaning["inspected"]
    return [plain_name(product), *(one for one in words if inspected.search(one.lower()) is None)]


def _words(text: str, language: str) -> Iterator[str]:
    """Yield the words of a text; where none stand apart, each run of characters that may be one."""
    for word in re.findall(r"[^\W\d_]+", text):
        if language not in SPACELESS:
            if len(word) >= SHORTEST:
                yield word
            if language == "de" and len(word) > _INFLECTED and word.endswith("n"):
                # "Bei den Keksen", "Dichtungen".
                yield from (word[:-1], word.removesuffix("en"))
        elif language == "ko":
            yield word
            # Without its particle; one syllable alone is a name beside a short particle at most.
            yield from (word[:-1], word[:-2])[: max(len(word) - 2, 1)] if len(word) > 1 else ()
        else:
            # One kana is a particle.
            for run in re.findall(r"[\u30a0-\u30ff]{2,}|[\u3040-\u309f]{2,}|[\u4e00-\u9fff]+|[a-z]+", word):
                yield run
                if "\u4e00" <= run[0] <= "\u9fff":
                    yield from (run[at : at + 2] for at in range(len(run) - 1))
