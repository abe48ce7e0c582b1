"""Routes of the work at the line: inspect, ask, threads, and pictures of what was inspected."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse

from agents.desk import Desk
from agents.desk.pictures import PictureKind, as_file, within
from agents.graphs.threads import Event
from agents.interfaces.service.access import Caller, Operator, Viewer
from agents.interfaces.service.errors import SENT, THREAD
from agents.interfaces.service.limits import Queue
from agents.interfaces.service.metrics import Metrics
from agents.interfaces.service.models import AskFields, InspectFields, ProductName, Side
from agents.interfaces.service.uploads import body_of, receive
from anomaly_core.errors import IadError
from tools.records import AnswerRecord, InspectionRecord, TextAnswerRecord

EVENTS: Final = "text/event-stream"


_PRODUCT: Final = {"product": {"type": "string", "description": "found from the image if not given"}}
_ASKED: Final = {
    **_PRODUCT,
    "question": {"type": "string"},
    "thread": {"type": "string", "description": "go on with this thread"},
    "stream": {"type": "boolean", "description": "answer by server-sent events"},
}


def inspecting_routes(desk: Desk, queue: Queue, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["inspect and ask"])

    @routes.post(
        "/inspect",
        response_model=InspectionRecord,
        responses=SENT,
        openapi_extra=body_of(_PRODUCT, []),
    )
    async def inspect(request: Request, caller: Operator) -> InspectionRecord:
        """Inspect an image: decision, regions, type, evidence.

        The image is the body, the file `image` of a form, or is named in JSON. Other fields may stand in the
        query too: `curl --data-binary @part.png 'http://127.0.0.1:8080/api/v1/inspect?product=bracket'`.
        """
        received = await receive(request, desk)
        fields, image = received.as_model(InspectFields), received.required
        record = await queue.run(caller, lambda: desk.inspect(image, fields.product))
        metrics.inspected(record)
        return record

    @routes.post(
        "/ask",
        response_model=AnswerRecord | TextAnswerRecord,
        responses={**SENT, **THREAD, 200: {"content": {EVENTS: {}}}},
        openapi_extra=body_of(_ASKED, ["question"]),
    )
    async def ask(request: Request, caller: Operator) -> Response:
        """Answer a question about an image; without one, about the thread's last, the catalogue or the log.

        With `stream`, or `Accept: text/event-stream`, each step of the work is an event `step`, text that was
        checked an event `token`, and the record the event `answer`.
        """
        received = await receive(request, desk)
        fields = received.as_model(AskFields)

        def work(listen: Any = None) -> AnswerRecord | TextAnswerRecord:
            image = received.image or desk.image_of(fields.thread)
            if image is None:
                return desk.app.ask_without_image(
                    fields.question, product=fields.product, thread=fields.thread
                )
            return desk.ask(
                image, fields.question, product=fields.product, thread=fields.thread, listen=listen
            )

        if fields.stream or EVENTS in request.headers.get("accept", ""):
            return StreamingResponse(_events(work, caller, queue), media_type=EVENTS)
        record = await queue.run(caller, work)
        return JSONResponse(record.model_dump(mode="json"))

    @routes.get("/threads")
    def threads(_: Viewer) -> list[str]:
        """List the threads, the one used last first."""
        return desk.app.conversations.names()

    @routes.get("/threads/{thread}", responses=THREAD)
    def thread(thread: str, _: Viewer) -> list[dict[str, Any]]:
        """Return the questions and answers that a thread remembers, oldest first."""
        return [turn.model_dump(mode="json") for turn in desk.app.conversations.turns(thread)]

    @routes.delete("/threads/{thread}", status_code=204, responses=THREAD)
    def forget(thread: str, _: Operator) -> None:
        """Delete a thread."""
        desk.app.conversations.forget(thread)

    @routes.get(
        "/images/{sha256}/{kind}",
        response_class=Response,
        responses={200: {"content": {"image/png": {}, "image/jpeg": {}}}},
    )
    async def picture(
        sha256: str,
        kind: PictureKind,
        _: Viewer,
        product: ProductName | None = None,
        side: Side = 2048,
    ) -> Response:
        """Return a picture of an inspected image: itself, heat map, overlay, mask, or nearest good part.

        `registered` is the nearest good part, turned and shifted to lie as this part does, at this image's
        size; it is as `template` where the two do not match point by point.
        """
        # Not in the queue: a screen shows several, which wait for a thread instead of being refused.
        shown = await run_in_threadpool(desk.picture, sha256, kind, product)
        data, media = await run_in_threadpool(as_file, within(shown, side))
        return Response(data, media_type=media, headers={"Cache-Control": "private, no-cache"})

    return routes


def _events(work: Any, caller: Caller, queue: Queue) -> AsyncIterator[str]:
    """Begin to answer; return what happens on the way to it, and the answer, as server-sent events.

    Raises HTTPException 429 where the queue is full.
    """
    queue.enter()
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def tell(kind: str, data: Any) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, (kind, data))

    def listen(event: Event) -> None:
        tell(event.kind, {"text": event.text})

    def answered() -> None:
        try:
            tell("answer", work(listen).model_dump(mode="json"))
        except IadError as error:
            tell("error", {"error": {"kind": error.kind, "message": str(error)}})
        finally:
            loop.call_soon_threadsafe(queue.leave, time.perf_counter() - start)
            tell("end", None)

    # Begun here, and not cancelled with the request: one that hangs up before it hears anything would keep
    # its place in the queue, and an answer that nobody waits for is still in its thread.
    task = asyncio.create_task(queue.work(caller, answered))

    async def told() -> AsyncIterator[str]:
        while (each := await heard.get())[0] != "end":
            yield f"event: {each[0]}\ndata: {json.dumps(each[1])}\n\n"
        await task

    return told()
