"""The chart over the sliders of the rates: how unusual past parts and the good images are, by decision."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from agents.interfaces.station.chart import COLOURS
from knowledge.log.figures import Decision

STEPS: Final = 20
"""Steps of a slider, and of the axis, in a factor of ten."""
FIRST: Final = -64
"""Step at which the axis begins; it ends at p = 1, step 0."""
WIDE: Final = 4
"""Steps of a bar. The first one holds whatever lies below it too."""
WIDTH: Final = 400
PANEL: Final = 96
"""Height of one series: its title, the counts, and the bars, which are at most `BARS` high."""
BARS: Final = 58
TOP: Final = 18
BOTTOM: Final = 36


@dataclass(frozen=True)
class Series:
    """Parts of one kind. parts: (p-value, what it is decided at the rates) of each."""

    title: str
    parts: Sequence[tuple[float, Decision]]


def step_of(rate: float) -> int:
    """Return the step of a rate or a p-value in (0, 1]."""
    return round(STEPS * math.log10(rate))


def rates_chart(
    series: Sequence[Series], alpha: float, review: float, title: str, axis: str, words: dict[Decision, str]
) -> str:
    """Return an SVG of bars over p on a logarithmic axis, coloured by decision, with the two rates as lines.

    title: what a screen reader says. axis: name of the axis. words: of the decisions.
    """
    bottom = TOP + PANEL * len(series)
    bounds = (0.0, _across(alpha), _across(review), float(WIDTH))
    areas: tuple[tuple[Decision, float, float], ...] = tuple(
        zip(("fail", "review", "pass"), bounds[:-1], bounds[1:], strict=True)
    )
    body = [
        f'<rect x="{x0:.1f}" y="0" width="{x1 - x0:.1f}" height="{bottom}" fill="{COLOURS[kind]}" '
        f'opacity="0.13"/>{_word(words[kind], x0, x1)}'
        for kind, x0, x1 in areas
    ]
    for number, one in enumerate(series):
        body += _bars(one, TOP + PANEL * number)
    body += [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom}" stroke="currentColor" stroke-dasharray="4 3"/>'
        for x in bounds[1:3]
    ]
    for tick in (0.001, 0.01, 0.1, 1.0):
        side = "end" if tick == 1 else "middle"
        body.append(
            f'<text x="{_across(tick):.1f}" y="{bottom + 14}" text-anchor="{side}">{100 * tick:g}%</text>'
        )
    body.append(f'<text x="{WIDTH / 2}" y="{bottom + 31}" text-anchor="middle">{escape(axis)}</text>')
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom + BOTTOM}" role="img" aria-label="{escape(title, quote=True)}" '
        f'class="rates-chart">{"".join(body)}</svg>'
    )


def _bars(series: Series, top: int) -> list[str]:
    """Return title, bars and counts of a series, whose panel begins at this height."""
    first, count = FIRST // WIDE, -FIRST // WIDE
    held: list[Counter[Decision]] = [Counter() for _ in range(count)]
    for p_value, kind in series.parts:
        place = math.floor(STEPS * math.log10(max(p_value, 1e-9)) / WIDE) - first
        held[min(max(place, 0), count - 1)][kind] += 1
    most = max((each.total() for each in held), default=0)
    foot, wide = top + PANEL - 4, WIDTH / count
    drawn = [
        f'<text class="series" x="4" y="{top + 13}">{escape(series.title)}</text>',
        f'<line x1="0" x2="{WIDTH}" y1="{foot}" y2="{foot}" stroke="currentColor" opacity="0.5"/>',
    ]
    for place, counted in enumerate(held):
        y = float(foot)
        for kind in ("fail", "review", "pass"):
            if counted[kind]:
                height = BARS * counted[kind] / most
                y -= height
                drawn.append(
                    f'<rect x="{place * wide + 1:.1f}" y="{y:.1f}" width="{wide - 2:.1f}" '
                    f'height="{height:.1f}" fill="{COLOURS[kind]}"/>'
                )
        if counted:
            middle = (place + 0.5) * wide
            drawn.append(
                f'<text x="{middle:.1f}" y="{y - 3:.1f}" text-anchor="middle">{counted.total()}</text>'
            )
    return drawn


def _word(word: str, x0: float, x1: float) -> str:
    """Return a decision's word over its area, where it has room."""
    if x1 - x0 < 11 * len(word):
        return ""
    return f'<text class="word" x="{(x0 + x1) / 2:.1f}" y="13" text-anchor="middle">{escape(word)}</text>'


def _across(p_value: float) -> float:
    """Return the place of a p-value from the left."""
    return WIDTH * (1 - max(STEPS * math.log10(p_value), FIRST) / FIRST)
