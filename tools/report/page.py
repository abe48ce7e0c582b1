"""Report as one HTML page in its language, images embedded, without scripts and external resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import floor, log10
from typing import Final, TypeVar

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from anomaly_core.numbers import plain_number
from anomaly_core.results import CELLS, Decision
from tools.drawing import WARM, heat_colours
from tools.phrases import Phrases
from tools.report.contents import Contents
from tools.report.figures import pareto, trend, type_in_words
from tools.report.pictures import Picture, Shown
from tools.report.records import ASPECTS, DECISIONS, NoteRecord, PartRecord, ReportRegion
from tools.report.words import reasons_in_words, words_of

T = TypeVar("T")
CITATION: Final = re.compile(r"\[([^\[\]\s]+)\]")
MOST_CARDS: Final = 300
"""Cards of a page, of the worst parts; the other parts are in the table, and in JSON, CSV and XLSX."""
MOST_GOOD: Final = 300
"""Passed parts whose thumbnails are shown, the most unusual."""
MOST_WORST: Final = 6
FEW: Final = 10
"""Cards up to which the evidence is shown unfolded, so that it is printed."""
STEPS: Final = ((40, 900), (80, 640), (160, 450), (MOST_CARDS, 320))
"""Longer side of the pictures, in pixels, by the number of cards, so that a page of many stays small."""


@dataclass(frozen=True)
class Span:
    """A piece of text. anchor: the evidence on the page that it cites, or None."""

    text: str
    anchor: str | None = None


@dataclass(frozen=True)
class Look:
    """How a decision is shown: by a symbol and a word as well as by a colour; words are message ids."""

    word: str
    symbol: str
    meaning: str


LOOKS: Final[dict[Decision, Look]] = {
    "fail": Look("Fail", "✕", "unlike the good parts"),
    "review": Look("Review", "?", "a person should look"),
    "pass": Look("Pass", "✓", "like the good parts"),
}


@dataclass(frozen=True)
class Card:
    """A part on the page. number: from 1, in order of inspection. side: that its pictures have at most."""

    number: int
    shown: Shown
    side: int
    say: Phrases

    @property
    def part(self) -> PartRecord:
        """What was found of it."""
        return self.shown.part

    @property
    def plain(self) -> Picture | None:
        """The image."""
        return None if self.shown.pictures is None else self.shown.pictures.plain.at_most(self.side)

    @property
    def marked(self) -> Picture | None:
        """The image with the anomaly map; without one as it is."""
        pictures = self.shown.pictures
        return None if pictures is None else (pictures.heat or pictures.plain).at_most(self.side)

    @property
    def type_name(self) -> str:
        """The defect's type in plain words, or empty."""
        kind = self.part.type_named
        return "" if kind is None else type_in_words(kind, self.say)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Why it did not pass, each with what was measured, in English as it was recorded, or empty."""
        part = self.part
        rate = part.alpha if part.decision == "fail" else part.review
        return reasons_in_words(part.reasons, part.p_value, rate, self.say)

    @property
    def places(self) -> str:
        """Where its regions are."""
        places = (region.zone or self.cell(region) for region in self.part.regions)
        return ", ".join(dict.fromkeys(places))

    def cell(self, region: ReportRegion) -> str:
        """Return the cell of the image that a region is in."""
        return self.say(region.cell) if region.cell in CELLS else region.cell

    @property
    def unusual(self) -> str:
        """How many good parts look as unusual."""
        if self.part.p_value < 1e-3:
            return self.say("fewer than 1 in 1000 good parts look as unusual")
        share = f"{100 * self.part.p_value:.2g}\u00a0%"
        return self.say("about {share} of good parts look as unusual", share=share)

    @property
    def size(self) -> str:
        """The length of the longest region, in millimetres where they are known."""
        in_mm = [region.length_mm for region in self.part.regions if region.length_mm is not None]
        in_px = [region.length_px for region in self.part.regions if region.length_px is not None]
        if in_mm:
            return f"{max(in_mm):.2f} mm"
        return f"{max(in_px):.0f} px" if in_px else ""

    @property
    def notes(self) -> list[tuple[str, list[NoteRecord]]]:
        """What the catalogue says, by aspect."""
        found = [(name, [note for note in self.part.notes if note.aspect == name]) for name in ASPECTS]
        return [(name, notes) for name, notes in found if notes]

    @property
    def analysis(self) -> list[list[Span]]:
        """The lines of the analysis, their citations linked."""
        ids = [item.id for item in self.part.evidence]
        lines = [line for line in self.part.analysis.splitlines() if line.strip()]
        return [cite(line, self.number, ids) for line in lines]

    def anchor(self, id_: str) -> str | None:
        """Return the anchor of a piece of evidence, or None where the card has none such."""
        ids = [item.id for item in self.part.evidence]
        return f"e{self.number}-{ids.index(id_)}" if id_ in ids else None

    @property
    def scale(self) -> tuple[float, str] | None:
        """A round length for the scale bar: in pixels of the original, and in words."""
        if self.shown.pictures is None:
            return None
        per_px, unit = (self.part.mm_per_px, "mm") if self.part.mm_per_px else (1.0, "px")
        length = _round_length(self.shown.pictures.width * per_px / 4)
        return length / per_px, f"{plain_number(length)} {unit}"


def render_page(
    contents: Contents, url: Callable[[Picture], str] = lambda picture: picture.url, *, printed: bool = False
) -> str:
    """Return the page; all texts are escaped.

    url: what an image's source is. printed: without what is folded, which paper does not show.
    """
    parts, held = contents.parts, contents.sealed
    looked_at, others = ranked(parts)
    side = next((side for most, side in STEPS if len(looked_at) <= most), STEPS[-1][1])
    say = words_of(contents.header.language)
    listed = [Card(index + 1, contents.shown[index], side, say) for index in looked_at]
    passed = [Card(index + 1, contents.shown[index], side, say) for index in others]
    return _template().render(
        say=say,
        header=contents.header,
        failures=contents.failures,
        counts=held["counts"],
        total=len(contents.shown),
        hash=held["hash"],
        inspected=contents.inspected,
        worst=[card for card in listed if card.part.last_word != "pass"][:MOST_WORST],
        listed=listed,
        cards=listed[:MOST_CARDS],
        evidence="unfolded" if len(listed) <= FEW else "omitted" if printed else "folded",
        passed=passed[:MOST_GOOD],
        passed_count=len(passed),
        pareto=pareto(parts, say),
        trend=trend(parts),
        rates=_distinct(f"{part.alpha:g} / {part.review:g}" for part in parts
                        if part.alpha is not None and part.review is not None),
        models=_distinct(part.models for part in parts if part.models is not None),
        products=_distinct(part.product for part in parts),
        lots=_distinct(part.lot for part in parts if part.lot),
        stations=_distinct(part.station for part in parts if part.station),
        operators=_distinct(part.operator for part in parts if part.operator),
        url=url,
    )  # fmt: skip


def ranked(parts: Sequence[PartRecord]) -> tuple[list[int], list[int]]:
    """Return indices of the parts to look at, the worst first, and of the others, the most unusual first."""
    order = sorted(range(len(parts)), key=lambda index: parts[index].order)
    return (
        [index for index in order if parts[index].looked_at],
        [index for index in order if not parts[index].looked_at],
    )


def cite(text: str, number: int, evidence_ids: Sequence[str]) -> list[Span]:
    """Return a text, split at each [id] that cites evidence of part `number`."""
    spans: list[Span] = []
    end = 0
    for match in CITATION.finditer(text):
        if match[1] not in evidence_ids:
            continue
        spans += [
            Span(text[end : match.start()]),
            Span(match[0], f"e{number}-{evidence_ids.index(match[1])}"),
        ]
        end = match.end()
    spans.append(Span(text[end:]))
    return [span for span in spans if span.text]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("tools.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"local_time": local_time, "percent": percent}
    environment.globals |= {"looks": LOOKS, "decisions": DECISIONS, "heat_stops": _heat_stops()}
    return environment.get_template("page.html")


def percent(share: float) -> str:
    """Return a share in [0, 1] as a whole percentage, which no line break divides."""
    return f"{100 * share:.0f}\u00a0%"


def local_time(text: str) -> str:
    """Return an ISO 8601 time as a local one, to the minute."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")


def _heat_stops() -> str:
    levels = np.linspace(0, 1, 9, dtype=np.float32)[None]
    colours = heat_colours(WARM + (1 - WARM) * levels)[0]
    return ", ".join(f"rgb({red}, {green}, {blue})" for red, green, blue in colours.tolist())


def _round_length(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten up to `most` > 0."""
    power = 10.0 ** floor(log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def _distinct(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
