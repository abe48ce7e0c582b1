"""Charts over time, drawn in the page: p-values, or how images were recorded, and where they drifted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

from knowledge.log.entry import Recorded

WIDTH: Final = 640
HEIGHT: Final = 180
LEFT: Final = 44
"""Room for the labels of the axis, in the chart's own units, as the others."""
EDGE: Final = 8
LEAST_P: Final = 1e-4
"""Smaller p-values are drawn here."""
TICKS: Final = (1.0, 0.1, 0.01, 0.001)
LEAST_SPAN: Final[Mapping[Recorded, float]] = {"sharpness": 1.0, "level": 20.0, "noise": 1.0}
"""Least length of an axis, so that what does not matter looks small."""
LONGEST: Final = 40
"""Characters of a part's name beside a mark."""
COLOURS: Final = {"pass": "var(--pass)", "review": "var(--review)", "fail": "var(--fail)"}


def p_chart(
    rows: Sequence[Mapping[str, Any]], drifts: Sequence[Mapping[str, Any]], title: str, drifted: str
) -> str:
    """Return an SVG of the log's rows, oldest first: p on a logarithmic axis, the certain faults below.

    drifts: of the log's summary; each of the scores is marked at its first part, where that is among the
    rows, with a link to it. drifted: word beside the mark.
    """
    rates = [] if not rows else [(rows[-1]["review"], "review"), (rows[-1]["alpha"], "fail")]
    lines = [
        f'<line x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{_height(rate):.1f}" y2="{_height(rate):.1f}" '
        f'stroke="{COLOURS[kind]}" stroke-dasharray="5 4"/>'
        for rate, kind in rates
    ]
    return _chart(rows, "p_value", "p", TICKS, _height, lines, _of(drifts, "score"), title, drifted)


def recording_chart(
    rows: Sequence[Mapping[str, Any]],
    measure: Recorded,
    drifts: Sequence[Mapping[str, Any]],
    title: str,
    drifted: str,
) -> str:
    """Return an SVG of a measure of the images of rows, all of which have it, oldest first; see `p_chart`.

    The axis is linear, from the least to the largest value.
    """
    values: list[float] = [row[measure] for row in rows]
    middle = (min(values) + max(values)) / 2
    half = max(max(values) - middle, LEAST_SPAN[measure] / 2)

    def height(value: float) -> float:
        return HEIGHT / 2 + (middle - value) / half * (HEIGHT / 2 - EDGE)

    ticks = (middle - half, middle, middle + half)
    return _chart(rows, measure, measure, ticks, height, [], _of(drifts, measure), title, drifted)


def _of(drifts: Sequence[Mapping[str, Any]], measure: str) -> list[str]:
    """Return since when a measure drifted."""
    return [one["since"] for one in drifts if one["measure"] == measure]


def _chart(
    rows: Sequence[Mapping[str, Any]],
    key: str,
    name: str,
    ticks: Sequence[float],
    height: Callable[[float], float],
    lines: Sequence[str],
    since: Sequence[str],
    title: str,
    drifted: str,
) -> str:
    """Return the SVG of a value of rows; height: of a value from the top. lines: further ones, as SVG."""
    step = (WIDTH - LEFT - EDGE) / max(len(rows) - 1, 1)
    body = [
        f'<line x1="{LEFT}" x2="{WIDTH - EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.3g}</text>'
        for tick, y in ((tick, height(tick)) for tick in ticks)
    ]
    body += lines
    body += [
        f'<circle cx="{LEFT + number * step:.1f}" cy="{height(row[key]):.1f}" r="3" '
        f'fill="{COLOURS[row["last_word"]]}">'
        f"<title>{escape(row['name'])}: {name} {row[key]:.3g}</title></circle>"
        for number, row in enumerate(rows)
    ]
    for time in since:
        first = next((number for number, row in enumerate(rows) if row["at"] >= time), None)
        if first is not None:
            x = LEFT + first * step
            side, gap = ("end", -5) if x > WIDTH / 2 else ("start", 5)
            body.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT}" stroke="currentColor"/>'
                f'<a href="/?image={rows[first]["sha256"]}"><text class="mark" x="{x + gap:.1f}" y="24" '
                f'text-anchor="{side}">{escape(drifted)}: {escape(rows[first]["name"][:LONGEST])}</text></a>'
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{escape(title, quote=True)}" '
        f'class="over-time">{"".join(body)}</svg>'
    )


def _height(p_value: float) -> float:
    """Return the place of a p-value from the top."""
    share = math.log10(max(p_value, LEAST_P)) / math.log10(LEAST_P)
    return EDGE + share * (HEIGHT - 2 * EDGE)
