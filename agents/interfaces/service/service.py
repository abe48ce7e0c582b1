"""The application over HTTP: routes under /api/v1, operation beside them, limits and access in front."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from starlette.routing import compile_path

from agents.app import Application
from agents.desk import Desk
from agents.interfaces.service.access import Access, ThisMachineAlone
from agents.interfaces.service.errors import RESPONSES, add_handlers
from agents.interfaces.service.history import history_routes
from agents.interfaces.service.inspecting import inspecting_routes
from agents.interfaces.service.limits import BodyLimit, Queue, Rate, count_request, working
from agents.interfaces.service.metrics import Measured, Metrics
from agents.interfaces.service.notes import catalogue_routes
from agents.interfaces.service.operations import Readiness, operation_routes
from agents.interfaces.service.products import product_routes
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

API = "/api/v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]
ABOUT = (
    "Finds, shows, names and explains what is wrong with a part, from a handful of good ones. Errors are "
    '{"error": {"kind", "message"}}; with keys set, send one as Authorization: Bearer KEY.'
)


def create_service(
    app: Application,
    say: Callable[[str], None] = lambda _: None,
    *,
    any_host: bool = False,
    shared: Path | None = None,
) -> FastAPI:
    """Return the service over an application; models load in the background once it starts.

    say: hears what is loaded. any_host: see `ThisMachineAlone`. shared: folder of jobs and rates that
    several services have in common; see `replicas`. Keys, limits and folders are the application's settings.
    """
    settings = app.settings
    desk = Desk(app, shared)
    queue = Queue(settings.queue_length, working(settings))
    app.tools.images.make_room(working(settings))
    metrics = Metrics(queue)
    readiness = Readiness(desk, metrics, say)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        readiness.start()
        yield
        desk.close()
        end_traces()

    service = FastAPI(
        title="iad",
        version=version("iad-agent"),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    service.state.access = Access(settings.api_keys or ())
    service.state.rate = Rate(settings.requests_per_minute, shared=shared)
    service.state.desk = desk
    service.state.queue = queue
    routes = APIRouter(prefix=API, dependencies=[Depends(count_request)], responses=RESPONSES)
    routes.include_router(inspecting_routes(desk, queue, metrics))
    routes.include_router(product_routes(desk, queue))
    routes.include_router(catalogue_routes(desk, queue))
    routes.include_router(history_routes(desk, queue))
    routes.add_api_route("/{path:path}", _nothing_here, methods=METHODS, include_in_schema=False)
    service.include_router(routes)
    service.include_router(operation_routes(service, readiness, metrics))
    for path in ("/healthz", "/readyz", "/metrics"):
        service.add_api_route(path, _nothing_here, methods=METHODS, include_in_schema=False)
    add_handlers(service, str(settings.store))
    service.add_middleware(BodyLimit, megabytes=settings.upload_mb)
    service.add_middleware(ThisMachineAlone, access=service.state.access, any_host=any_host)
    service.add_middleware(Measured, metrics=metrics)
    end_traces = _trace(service, settings.traces)
    return service


def _trace(service: FastAPI, collector: str | None) -> Callable[[], None]:
    """Trace requests to a collector, if any; return what sends those that wait at the end."""
    if collector is None:
        return lambda: None
    try:
        from agents.interfaces.service.traces import Traced, provider_to
    except ImportError as error:
        raise ConfigError(
            f"the setting traces needs OpenTelemetry ({error}): {install('traces')}, or unset it"
        ) from error
    provider = provider_to(collector)
    service.add_middleware(Traced, provider=provider)
    return provider.shutdown


def _nothing_here(request: Request) -> None:
    # Said here, since a station that is mounted beside has a page for what it does not know.
    path = request.url.path
    allowed = [
        method.upper()
        for known, methods in request.app.openapi()["paths"].items()
        if compile_path(known)[0].match(path)
        for method in methods
    ]
    if allowed:
        told = " or ".join(allowed)
        raise HTTPException(405, f"{path} takes {told}: see /docs", headers={"Allow": ", ".join(allowed)})
    raise HTTPException(404, f"there is no {path}: see /docs")
