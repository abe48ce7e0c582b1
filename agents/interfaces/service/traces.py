"""Traces for OpenTelemetry: a span for each request, in it one for each node of a graph and each tool."""

from __future__ import annotations

from contextvars import ContextVar
from importlib.metadata import version
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A graph takes the handler from here, whichever command or route runs it.
_STEPS: Final[ContextVar[Steps | None]] = ContextVar("steps", default=None)
register_configure_hook(_STEPS, inheritable=True)


def provider_to(collector: str) -> TracerProvider:
    """Return what sends spans to a collector, in batches and in a thread of its own.

    collector: address for OTLP over HTTP, without the path `/v1/traces`.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": "iad", "service.version": version("iad-agent")})
    )
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{collector.rstrip('/')}/v1/traces"))
    )
    return provider


class Traced:
    """Makes a span for every request; it continues the trace that the caller's `traceparent` names."""

    def __init__(self, app: ASGIApp, provider: TracerProvider) -> None:
        self._app = app
        self._tracer = provider.get_tracer("iad")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on within its span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        with self._tracer.start_as_current_span(
            method, propagate.extract(headers), trace.SpanKind.SERVER, {"http.request.method": method}
        ) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            before = _STEPS.set(Steps(self._tracer))
            try:
                await self._app(scope, receive, noted)
            finally:
                _STEPS.reset(before)
                route = getattr(scope.get("route"), "path", None)
                if route is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)


class Steps(BaseCallbackHandler):
    """Makes spans of one request's graph runs, nodes and tools, each within the one that called it."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        # Of runs that have no span of their own: their caller's.
        self._spans: dict[UUID, trace.Span] = {}
        self._own: set[UUID] = set()

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: object,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Begin a span where a graph or one of its nodes begins."""
        name = more.get("name")
        # What a node consists of runs under its metadata, too, by other names.
        of_its_own = parent_run_id is None or name == (metadata or {}).get("langgraph_node")
        self._begin(run_id, parent_run_id, str(name) if of_its_own else None)

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        """Begin a span where a tool begins."""
        self._begin(run_id, parent_run_id, f"tool {more.get('name') or (serialized or {}).get('name')}")

    def on_chain_end(self, outputs: object, *, run_id: UUID, **_: Any) -> None:
        """End a node's span."""
        self._end(run_id)

    def on_tool_end(self, output: object, *, run_id: UUID, **_: Any) -> None:
        """End a tool's span."""
        self._end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End a node's span with its error."""
        self._end(run_id, error)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End a tool's span with its error."""
        self._end(run_id, error)

    def _begin(self, run: UUID, parent: UUID | None, name: str | None) -> None:
        above = self._spans.get(parent) if parent is not None else None
        if above is None:
            above = trace.get_current_span()
        if name is not None:
            above = self._tracer.start_span(name, trace.set_span_in_context(above))
            self._own.add(run)
        self._spans[run] = above

    def _end(self, run: UUID, error: BaseException | None = None) -> None:
        span = self._spans.pop(run, None)
        if span is not None and run in self._own:
            self._own.discard(run)
            if error is not None:
                span.record_exception(error)
                span.set_status(trace.StatusCode.ERROR)
            span.end()
