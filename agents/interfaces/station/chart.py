"""The chart of p-values over time, drawn in the page: a dot a part, the rates, and where scores drifted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

WIDTH: Final = 640
HEIGHT: Final = 180
LEFT: Final = 44
"""Room for the labels of the axis, in the chart's own units, as the others."""
EDGE: Final = 8
LEAST_P: Final = 1e-4
"""Smaller p-values are drawn here."""
TICKS: Final = (1.0, 0.1, 0.01, 0.001)
COLOURS: Final = {"pass": "var(--pass)", "review": "var(--review)", "fail": "var(--fail)"}


def p_chart(
    rows: Sequence[Mapping[str, Any]], drifts: Sequence[Mapping[str, Any]], title: str, drifted: str
) -> str:
    """Return an SVG of the log's rows, oldest first: p on a logarithmic axis, the certain faults below.

    drifts: of the log's summary; each is marked at its first part, where that is among the rows.
    drifted: word beside the mark.
    """
    step = (WIDTH - LEFT - EDGE) / max(len(rows) - 1, 1)
    body = []
    for tick in TICKS:
        y = _height(tick)
        body.append(
            f'<line x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    if rows:
        for rate, kind in ((rows[-1]["review"], "review"), (rows[-1]["alpha"], "fail")):
            y = _height(rate)
            body.append(
                f'<line x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{y:.1f}" y2="{y:.1f}" '
                f'stroke="{COLOURS[kind]}" stroke-dasharray="5 4"/>'
            )
    for number, row in enumerate(rows):
        told = f"{row['name']}: p {row['p_value']:.3g}"
        body.append(
            f'<circle cx="{LEFT + number * step:.1f}" cy="{_height(row["p_value"]):.1f}" r="3" '
            f'fill="{COLOURS[row["last_word"]]}"><title>{escape(told)}</title></circle>'
        )
    for drift in drifts:
        first = next((number for number, row in enumerate(rows) if row["at"] >= drift["since"]), None)
        if first is not None:
            x = LEFT + first * step
            side, gap = ("end", -5) if x > WIDTH / 2 else ("start", 5)
            body.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT}" stroke="currentColor"/>'
                f'<text class="mark" x="{x + gap:.1f}" y="24" text-anchor="{side}">{escape(drifted)}</text>'
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}" '
        f'class="over-time">{"".join(body)}</svg>'
    )


def _height(p_value: float) -> float:
    """Return the place of a p-value from the top."""
    share = math.log10(max(p_value, LEAST_P)) / math.log10(LEAST_P)
    return EDGE + share * (HEIGHT - 2 * EDGE)
