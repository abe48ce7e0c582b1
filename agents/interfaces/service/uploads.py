"""An image of a request: body, file of a form, base64 in JSON, path, or hash of an earlier one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from agents.desk import Desk
from agents.desk.kept import KeptImage
from agents.interfaces.service.errors import invalid_request

M = TypeVar("M", bound=BaseModel)
CHUNK: Final = 1 << 20
FORM: Final = "multipart/form-data"
JSON: Final = "application/json"
HOW: Final = (
    "send the image as the body (Content-Type: image/png), as the file `image` of a form, or as JSON with "
    "`image_base64`, `path` or `sha256`"
)
_MAGIC: Final = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"BM": "BMP", b"II*\0": "TIFF", b"RIFF": "WebP"}
LONGEST_NAME: Final = 255
"""Bytes of a file name, at most, in the file systems of Linux and others."""
IMAGE_KEYS: Final = ("image_base64", "path", "sha256", "name")


def body_of(fields: dict[str, Any], required: list[str], **examples: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body that comes in any of four ways. examples: in JSON, by name."""
    image = {"type": "string", "format": "binary"}
    named = {
        "image_base64": {"type": "string", "description": "the file, in base64"},
        "path": {"type": "string", "description": "of a file below the setting image_root"},
        "sha256": {"type": "string", "description": "of an image that was inspected here"},
        "name": {"type": "string", "description": "file name, for the record"},
    }
    form = {"type": "object", "properties": {"image": image, **fields}, "required": required}
    plain = {"type": "object", "properties": {**named, **fields}, "required": required}
    shown = examples or {"inspected": dict.fromkeys(required, "...")}
    told = {name: {"value": {"sha256": "ab" * 32, **value}} for name, value in shown.items()}
    return {
        "requestBody": {
            "content": {
                "image/*": {"schema": image},
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": plain, "examples": told},
            }
        }
    }  # fmt: skip


@dataclass(frozen=True)
class Received:
    """A request's image, if it has one, and its other fields."""

    image: KeptImage | None
    fields: Mapping[str, Any]

    def as_model(self, model: type[M]) -> M:
        """Return the fields as a model. Raises RequestValidationError."""
        try:
            return model.model_validate(dict(self.fields))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error

    @property
    def required(self) -> KeptImage:
        """The image. Raises HTTPException 400 where there is none."""
        if self.image is None:
            raise invalid_request(HOW)
        return self.image


async def receive(request: Request, desk: Desk) -> Received:
    """Take a request's image in, whichever way it comes.

    Raises HTTPException 400 for a body that is not what its type says, 413; ConfigError for a full disk.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    query = dict(request.query_params)
    with to_the_end():
        if kind == FORM:
            found = await _from_form(request, desk)
        elif kind == JSON:
            found = await _from_json(request, desk)
        else:
            found = Received(await _from_body(request, desk, query.get("name")), {})
    fields = {key: value for key, value in {**query, **found.fields}.items() if key not in IMAGE_KEYS}
    if found.image is not None:
        request.state.image_name = found.image.name
    return Received(found.image, fields)


@contextmanager
def to_the_end() -> Iterator[None]:
    """Have a caller who hangs up while the block reads the body be no error of the service, but a 400."""
    try:
        yield
    except ClientDisconnect as error:
        raise invalid_request("the request broke off before its end") from error


def shown(name: str | None) -> str:
    """Return the file name that an image is called by: one that any folder may hold."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable())
    return plain.encode()[:LONGEST_NAME].decode(errors="ignore") if plain.strip(".") else "image"


async def _from_body(request: Request, desk: Desk, name: str | None) -> KeptImage | None:
    with desk.images.receiving() as incoming:
        async for part in request.stream():
            incoming.write(part)
    if incoming.size == 0:
        desk.images.drop(incoming.path)
        return None
    return KeptImage(incoming.path, shown(name))


async def _from_form(request: Request, desk: Desk) -> Received:
    fields: dict[str, Any] = {}
    image: KeptImage | None = None
    async with request.form(max_files=1, max_fields=20) as form:
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                with desk.images.receiving() as incoming:
                    while data := await value.read(CHUNK):
                        incoming.write(data)
                if incoming.size == 0:
                    desk.images.drop(incoming.path)
                    raise invalid_request(f"the file {shown(value.filename)} of the form is empty: {HOW}")
                image = KeptImage(incoming.path, shown(value.filename))
            elif key == "image":
                raise invalid_request(
                    "the form's field image is text: send it as a file (curl -F image=@part.png)"
                )
            else:
                fields[key] = value
    return Received(image, fields)


async def _from_json(request: Request, desk: Desk) -> Received:
    data = await request.body()
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise invalid_request(
                f"the body is a {name} file, its Content-Type says JSON: say image/{name.lower()}"
            )
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise invalid_request(f"the body is no JSON ({error}): {HOW}") from error
    if not isinstance(fields, dict):
        raise invalid_request('the JSON is no object: send {"image_base64": "..."}')
    given = [key for key in ("image_base64", "path", "sha256") if fields.get(key) is not None]
    if len(given) > 1:
        raise invalid_request(f"{' and '.join(given)} both name an image: send one of them")
    for key in (*given, *(["name"] if fields.get("name") is not None else [])):
        # Half of a surrogate pair is a str, and no text.
        if not isinstance(fields[key], str) or any("\ud800" <= c <= "\udfff" for c in fields[key]):
            raise invalid_request(f"{key} is no text")
    image: KeptImage | None = None
    if given == ["image_base64"]:
        image = _from_base64(fields["image_base64"], desk, fields.get("name"))
    elif given == ["path"]:
        image = _from_path(fields["path"], desk)
    elif given == ["sha256"]:
        image = desk.image(fields["sha256"])
    return Received(image, fields)


def _from_base64(text: str, desk: Desk, name: str | None) -> KeptImage:
    data = decoded(text, "image_base64", "; a path goes into `path`")
    with desk.images.receiving() as incoming:
        incoming.write(data)
    return KeptImage(incoming.path, shown(name))


def decoded(text: str, field: str, advice: str = "") -> bytes:
    """Return the bytes of a field in base64, which may be a data URL. Raises HTTPException 400."""
    plain = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_request(f"{field} is no base64 ({error}){advice}") from error
    if not data:
        raise invalid_request(f"{field} is empty")
    return data


def _from_path(text: str, desk: Desk) -> KeptImage:
    root = desk.app.settings.image_root
    if root is None:
        raise invalid_request("no image is opened by its path here: set image_root, or send the image itself")
    if "\0" in text:
        raise invalid_request("path holds a zero byte")
    # Links are followed first, so that none leads out.
    path = (root / text).resolve()
    if not path.is_relative_to(root.resolve()):
        raise invalid_request(f"{text[:200]}: outside the folder that this service opens images in")
    return KeptImage(path, path.name, passing=False)
