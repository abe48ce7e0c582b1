"""The application over HTTP: an image as the request's body, the same JSON as the command line prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from agents.app import Application
from anomaly_core.errors import IadError
from tools.records import FailureRecord

MOST_BYTES: Final = 256 * 1024 * 1024
"""A larger body is refused; reading stops there."""

Name = Query(default="image", max_length=255, description="file name of the image, for the record")
Product = Query(default=None, max_length=255, description="product; found from the image if not given")


def create_server(app: Application) -> FastAPI:
    """Return the server over an application.

    GET /health, GET /products, POST /inspect?name=&product= and POST /ask?question=&name=&product=&thread=,
    the image as the body of both. An error is `{"image", "error": {"kind", "message"}}` with status 422.
    It has no accounts: give it to callers that you trust, or put it behind a proxy that asks who they are.
    """
    server = FastAPI(title="iad", docs_url=None, redoc_url=None)

    async def on_upload(request: Request, name: str, work: Callable[[Path], dict[str, Any]]) -> JSONResponse:
        shown = _shown(name)
        with TemporaryDirectory(prefix="iad-upload-") as folder:
            path = Path(folder) / "image"
            await _receive(request, path)
            try:
                record = await run_in_threadpool(work, path)
            except IadError as error:
                failure = FailureRecord.of(shown, error).model_dump(mode="json")
                failure["error"]["message"] = failure["error"]["message"].replace(str(path), shown)
                return JSONResponse(failure, status_code=422)
        return JSONResponse({**record, "image": shown})

    @server.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @server.get("/products")
    def products() -> JSONResponse:
        try:
            return JSONResponse([asdict(product) for product in app.products()])
        except IadError as error:
            body = {"error": {"kind": error.kind, "message": str(error)}}
            return JSONResponse(body, status_code=422)

    @server.post("/inspect")
    async def inspect(request: Request, name: str = Name, product: str | None = Product) -> JSONResponse:
        return await on_upload(
            request,
            name,
            lambda path: app.inspect_one(path, product=product, shown_name=_shown(name)).model_dump(
                mode="json"
            ),
        )

    @server.post("/ask")
    async def ask(
        request: Request,
        question: str = Query(min_length=1, max_length=4000),
        name: str = Name,
        product: str | None = Product,
        thread: str | None = Query(default=None, max_length=255),
    ) -> JSONResponse:
        return await on_upload(
            request,
            name,
            lambda path: app.ask(
                path, question, product=product, thread=thread, shown_name=_shown(name)
            ).model_dump(mode="json"),
        )

    return server


def _shown(name: str) -> str:
    """Return the file name that an upload is called by; nothing is opened by it."""
    return PurePosixPath(name.replace("\\", "/")).name or "image"


async def _receive(request: Request, path: Path) -> None:
    """Write the body to a file. Raises HTTPException 413 for one that is too large, 400 for none."""
    size = 0
    with path.open("wb") as file:
        async for part in request.stream():
            size += len(part)
            if size > MOST_BYTES:
                raise HTTPException(413, f"an image may have {MOST_BYTES} bytes")
            file.write(part)
    if size == 0:
        raise HTTPException(400, "send the image as the body of the request")
