"""Errors of the service: one body for all, and the HTTP status of each kind."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException as StarletteHTTPException

from anomaly_core.errors import (
    IadError,
    LanguageModelDown,
    StoreBusy,
    ThreadError,
    UnknownProduct,
    WeightsError,
)
from tools.records import ErrorRecord

STATUS: Final[tuple[tuple[type[IadError], int], ...]] = (
    (UnknownProduct, 404),
    (StoreBusy, 503),
    (LanguageModelDown, 503),
    (WeightsError, 503),
    (ThreadError, 409),
)
"""Statuses of errors; of all others 422."""


class Problem(BaseModel):
    """The body of every error. kind: class name of the error, or the status in words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "kind": "UnreadableImage",
                        "message": "part.png: not an image; send a PNG or JPEG",
                    }
                }
            ]
        }
    )

    error: ErrorRecord
    image: str | None = None


ALLOWED: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "No key, or a wrong one."},
    403: {"model": Problem, "description": "The key's role does not allow it."},
}
"""Errors of routes that ask for a key, for their description."""
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **ALLOWED,
    404: {"model": Problem, "description": "There is no such product."},
    422: {"model": Problem, "description": "What was sent cannot be used; the message says why."},
    429: {"model": Problem, "description": "Too many requests; Retry-After says when to come again."},
    503: {
        "model": Problem,
        "description": "Store, weights or a language model are not to be had now.",
    },
}
"""Errors of every route under /api/v1."""
SENT: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The request does not hold what it says."},
    413: {"model": Problem, "description": "The body is larger than the setting upload_mb."},
}
"""Errors of routes that take a body."""
THREAD: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "The thread is in use, waits for a person, or does not exist."},
}
"""Errors of routes of a thread."""


def problem(
    status: int, message: str, kind: str | None = None, headers: dict[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return an error's response."""
    name = kind or HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    return JSONResponse({**more, "error": {"kind": name, "message": message}}, status, headers)


def status_of(error: IadError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 422)


def add_handlers(service: FastAPI, store: str) -> None:
    """Have every error answered with a `Problem`; store: path that messages do not show."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, IadError)
        status = status_of(error)
        image = getattr(request.state, "image_name", None)
        return problem(
            status,
            str(error).replace(store, "the store"),
            error.kind,
            {"Retry-After": "2"} if status == 503 else None,
            **({} if image is None else {"image": image}),
        )

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StarletteHTTPException)
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, str(error.detail), headers=headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem(422, problems_of(error.errors()), "InvalidRequest")

    service.add_exception_handler(IadError, known)
    service.add_exception_handler(StarletteHTTPException, refused)
    service.add_exception_handler(RequestValidationError, invalid)


def problems_of(errors: Any) -> str:
    """Return pydantic's errors in a line: the field, and what is wrong with it."""
    told = []
    for each in errors:
        where = ".".join(str(part) for part in each["loc"] if part not in ("body", "query", "path"))
        message = str(each["msg"]).removeprefix("Value error, ")
        told.append(f"{where}: {message}" if where else message)
    return "; ".join(told)


def invalid_request(message: str) -> HTTPException:
    """Return the error of a request that is put wrongly."""
    return HTTPException(400, message)
