"""Routes of operation: /healthz, /readyz, /metrics, and the page of the API, which needs no other server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, select_autoescape

from agents.desk import Desk
from agents.desk.warm import warm
from agents.interfaces.service.access import Viewer
from agents.interfaces.service.errors import ALLOWED
from agents.interfaces.service.metrics import Metrics
from agents.interfaces.service.models import ReadyBody
from anomaly_core.errors import IadError

FIGURES: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Media type of Prometheus' text format."""


class Readiness:
    """Loads the models in the background, and knows how far it is."""

    def __init__(self, desk: Desk, metrics: Metrics, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._metrics = metrics
        self._say = say
        self.ready = False
        self.message = "not started"

    def start(self) -> None:
        """Begin to load."""
        self.message = "loading"
        threading.Thread(target=self._load, name="iad-warm", daemon=True).start()

    def _load(self) -> None:
        try:
            warm(self._desk.app, self._told)
        except IadError as error:
            self._told(f"{error.kind}: {error}")
            return
        self.ready = True
        self._metrics.ready.set(1)

    def _told(self, text: str) -> None:
        self.message = text
        self._say(text)


def operation_routes(service: FastAPI, readiness: Readiness, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @routes.get("/readyz", responses={503: {"model": ReadyBody}})
    async def readyz() -> JSONResponse:
        """Say whether the models are loaded: 200, or 503 with what it is doing."""
        body = ReadyBody(ready=readiness.ready, message=readiness.message)
        return JSONResponse(body.model_dump(), 200 if readiness.ready else 503)

    @routes.get("/metrics", response_class=Response, responses={**ALLOWED, 200: {"content": {FIGURES: {}}}})
    def measured(_: Viewer) -> Response:
        """Return the figures for Prometheus."""
        return Response(metrics.text(), media_type=FIGURES)

    @routes.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(docs_page(service, str(request.base_url).rstrip("/")))

    return routes


def docs_page(service: FastAPI, base: str) -> str:
    """Return the page of the API, from its OpenAPI description, without scripts and other servers."""
    source = files("agents.interfaces.service").joinpath("docs.html").read_text(encoding="utf-8")
    page = Environment(autoescape=select_autoescape(default=True)).from_string(source)
    return page.render(api=service.openapi(), base=base)
