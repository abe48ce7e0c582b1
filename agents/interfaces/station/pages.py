"""The pages' addresses."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from nicegui import ui

from agents.desk import Desk
from agents.desk.watch import WatchedFolder
from agents.interfaces.service.access import Access, Caller
from agents.interfaces.service.limits import Queue
from agents.interfaces.station.frame import add_style, frame
from agents.interfaces.station.inspect_page import InspectPage
from agents.interfaces.station.log_page import LogPage
from agents.interfaces.station.products_page import ProductsPage
from agents.interfaces.station.review_page import ReviewPage
from agents.interfaces.station.visit import Visit
from agents.interfaces.station.words import language_of, words_of

BUILD_S: Final = 60.0
"""Longest time that a page of large images, or of a long log, takes to build, in seconds."""


def register_pages(desk: Desk, queue: Queue, access: Access, watched: WatchedFolder | None) -> None:
    """Register the pages; whoever opens one has signed in before, see `SignedIn`."""

    def visit_of(request: Request) -> Visit:
        caller = access.caller_in(request) or Caller(None, "viewer")
        return Visit(desk, queue, caller, words_of(language_of(request)), watched)

    add_style()

    @ui.page("/")
    async def inspect(request: Request, image: str | None = None) -> None:
        visit = visit_of(request)
        with frame(visit, "/"):
            await InspectPage(visit).build(image)

    @ui.page("/review")
    async def review(request: Request) -> None:
        visit = visit_of(request)
        with frame(visit, "/review"):
            await ReviewPage(visit).build()

    @ui.page("/products", response_timeout=BUILD_S)
    async def products(request: Request, product: str | None = None) -> None:
        visit = visit_of(request)
        with frame(visit, "/products"):
            await ProductsPage(visit).build(product)

    @ui.page("/log", response_timeout=BUILD_S)
    async def log(request: Request) -> None:
        visit = visit_of(request)
        with frame(visit, "/log"):
            await LogPage(visit).build()
