"""Inspection of images in order: the next are read while one is computed, and each error is a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from agents.graphs.context import Context, Resources
from agents.graphs.inspection import build_graph
from agents.graphs.printed import inspection_record
from agents.in_flight import in_flight
from anomaly_core.errors import IadError
from anomaly_core.files import make_folder
from tools.context import Context as Tools
from tools.records import FailureRecord, InspectionRecord

if TYPE_CHECKING:
    from agents.graphs.inspection import InspectionGraph
    from agents.state import InspectionState

AHEAD: Final = 3
"""Images read and not yet done: the one in hand, and the two after it."""

K = TypeVar("K")
Found = InspectionRecord | FailureRecord


class ImageInspector(Protocol):
    """Inspects images in order: in this process, or by workers (`agents.engines`)."""

    def inspect_unknown(
        self,
        paths: Iterable[Path],
        known: Callable[[Path], K | None],
        *,
        product: str | None = None,
        out: Path | None = None,
        run: str | None = None,
    ) -> Iterator[Found | K]:
        """Yield for each image, in order, what is known of it, or else inspect it.

        known: called once an image, in a thread of its own. run: name of a run that may be repeated after a
        kill, in which the log holds a file of one content once. The others: see `Application.inspect`.
        """
        ...


class Inspector:
    """Inspects images with model and memory of one application. Thread-safe.

    in_flight: inspections under way at the same time, of which one computes; the others wait for a server.
    """

    def __init__(self, tools: Tools, in_flight: int = 1) -> None:
        self.tools = tools
        self._in_flight = in_flight

    def inspect_unknown(
        self,
        paths: Iterable[Path],
        known: Callable[[Path], K | None],
        *,
        product: str | None = None,
        out: Path | None = None,
        run: str | None = None,
    ) -> Iterator[Found | K]:
        """Yield for each image, in order, what is known of it, or else inspect it; see `ImageInspector`."""
        images = self.tools.images
        images.make_room(self._in_flight)
        self.make_ready(product=product, out=out)

        def look(path: Path) -> tuple[Path, K | None]:
            found = known(path)
            if found is None:
                images.read_ahead(path)
            return path, found

        inspect = partial(self.recorded, product=product, out=out, run=run)

        def one(looked: tuple[Path, K | None]) -> Found | K:
            path, found = looked
            return inspect(path) if found is None else found

        ahead = in_flight(look, paths, AHEAD)
        try:
            if self._in_flight == 1:
                # Not by `one`, which would be one more frame between the command line and the encoder.
                for path, found in ahead:
                    yield inspect(path) if found is None else found
            else:
                yield from in_flight(one, ahead, self._in_flight)
        finally:
            ahead.close()
            images.drop_ahead()

    def make_ready(self, *, product: str | None, out: Path | None) -> None:
        """Raise what every image would meet, so that it is one error, and make what threads share."""
        self.tools.require_store()
        self.tools.templates.products()
        if product is not None:
            self.tools.product(product)
        if out is not None:
            make_folder(out)
        _ = self.tools.model, self._graph, self._context

    def recorded(
        self,
        path: Path,
        *,
        product: str | None = None,
        out: Path | None = None,
        shown_name: str | None = None,
        run: str | None = None,
        failures: type[IadError] | tuple[type[IadError], ...] = IadError,
    ) -> Found:
        """Inspect one image; an error of `failures` becomes a record of it. run: see `inspect_unknown`."""
        start = time.perf_counter()
        try:
            state: InspectionState = self._graph.invoke(  # type: ignore[assignment]
                {
                    "image": str(path),
                    "shown_name": shown_name,
                    "named_product": product,
                    "out": None if out is None else str(out),
                },
                context=self._context if run is None else replace(self._context, run=run),
            )
        except failures as error:
            return FailureRecord.of(path, error)
        return inspection_record(state, total_ms=(time.perf_counter() - start) * 1000)

    @cached_property
    def _graph(self) -> InspectionGraph:
        return build_graph()

    @cached_property
    def _context(self) -> Context:
        """The context of inspections, which no chat model has a part in."""
        return Context(resources=Resources(self.tools))
