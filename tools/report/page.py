"""Report as one HTML page, images embedded, without scripts and external resources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from tools.records import FailureRecord, InspectionRecord
from tools.report.embed import Embedded, embed_image

CITATION: Final = re.compile(r"\[([^\[\]\s]+)\]")


@dataclass(frozen=True)
class Span:
    """A piece of text. anchor: the evidence on the page that it cites, or None."""

    text: str
    anchor: str | None = None


@dataclass(frozen=True)
class Part:
    """One inspected image on the page. number: from 1. original, overlay: None where the file is gone."""

    number: int
    name: str
    record: InspectionRecord
    original: Embedded | None
    overlay: Embedded | None
    analysis: list[list[Span]]

    @property
    def line(self) -> float:
        """Line width of the boxes, in the original's pixels."""
        return max(self.original.width, self.original.height) / 300 if self.original else 1.0


def render_page(
    records: Sequence[InspectionRecord | FailureRecord],
    title: str,
    made: datetime | None = None,
) -> str:
    """Return the page; texts of records are escaped. made: the date shown; now if None."""
    environment = Environment(
        loader=PackageLoader("tools.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    inspected = [record for record in records if isinstance(record, InspectionRecord)]
    parts = [_part(number, record) for number, record in enumerate(inspected, start=1)]
    return environment.get_template("page.html").render(
        title=title,
        made=made or datetime.now().astimezone(),
        alphas=_distinct(f"{100 * record.alpha:g} %" for record in inspected),
        parts=parts,
        failures=[record for record in records if isinstance(record, FailureRecord)],
        counts=Counter(record.decision for record in inspected),
        products=_distinct(record.product.name for record in inspected),
        encoders=_distinct(record.models.encoder for record in inspected),
        decoders=_distinct(record.models.decoder for record in inspected),
        llms=_distinct(record.models.llm or "none" for record in inspected),
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


def _part(number: int, record: InspectionRecord) -> Part:
    ids = [item.id for item in record.evidence]
    original = embed_image(record.image)
    return Part(
        number=number,
        name=PurePath(record.image).name,
        record=record,
        original=original,
        overlay=embed_image(record.files.overlay) if record.files.overlay else original,
        analysis=[cite(line, number, ids) for line in record.analysis.splitlines() if line.strip()],
    )


def _distinct(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(names))
