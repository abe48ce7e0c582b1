"""Routes of the catalogue of defects: search, list, show, add, remove."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, UploadFile

from agents.catalogue import SourceSummary
from agents.desk import Desk
from agents.interfaces.service.access import Admin, Viewer
from agents.interfaces.service.errors import SENT
from agents.interfaces.service.limits import Queue
from agents.interfaces.service.uploads import shown
from knowledge.catalogue.entries import Entry
from tools.records import PassageRecord


def catalogue_routes(desk: Desk, queue: Queue) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["catalogue"])
    app = desk.app

    @routes.get("/catalogue")
    def sources(_: Viewer) -> list[SourceSummary]:
        """List the files of the catalogue."""
        return desk.catalogue_files()

    @routes.get("/catalogue/search")
    async def search(
        caller: Viewer,
        text: Annotated[str, Query(min_length=1, max_length=4000)],
        product: Annotated[str | None, Query(max_length=255)] = None,
        k: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> list[PassageRecord]:
        """Find passages by meaning and by words, best first."""
        return await queue.run(caller, lambda: app.search_knowledge(text, product, k))

    @routes.get("/catalogue/products/{product}")
    def show(product: str, _: Viewer) -> list[Entry]:
        """Return what the catalogue says of each type of defect of a product."""
        app.tools.require_store()
        return app.catalogue.show(product)

    @routes.post("/catalogue", responses=SENT)
    async def add(
        request: Request,
        caller: Admin,
        file: UploadFile,
        product: Annotated[str | None, Query(max_length=255)] = None,
    ) -> dict[str, Any]:
        """Add a file of notes (Markdown, CSV, workbook, PDF, JSON); one of the same name is replaced."""
        name, data = shown(file.filename), await file.read()
        return (await queue.run(caller, lambda: desk.add_notes(name, data, product))).as_object()

    @routes.delete("/catalogue/{file}")
    def remove(file: str, _: Admin) -> dict[str, int]:
        """Remove a file by its name; return the number of its passages."""
        app.tools.require_store()
        return {"passages": app.catalogue.remove(file)}

    return routes
