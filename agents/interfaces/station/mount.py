"""Mounting the station into the service, with a sign-in page where keys are set."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.desk.watch import WatchedFolder
from agents.interfaces.service.access import SESSION, Access
from agents.interfaces.station.words import language_of, words_of
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

SIGN_IN: Final = "/sign-in"
ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" '
    'fill="#17803d"/><path d="M8 17l6 6 11-13" fill="none" stroke="#fff" stroke-width="4"/></svg>'
)
_OPEN: Final = ("/api/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", SIGN_IN)
"""Paths that ask for a key themselves, or for none."""


def has_station() -> bool:
    """Return whether NiceGUI is installed."""
    return find_spec("nicegui") is not None


def mount_station(service: FastAPI, watched: Path | None = None) -> None:
    """Mount the pages at `/`. watched: folder whose next image is inspected at a key press.

    Raises ConfigError where NiceGUI is missing, or the folder is none.
    """
    try:
        from nicegui import ui
    except ImportError as error:
        raise ConfigError(
            f"the station needs the package nicegui ({error}): {install('station')}, "
            "or start with --no-station"
        ) from error
    from agents.interfaces.station.pages import register_pages

    if watched is not None and not watched.is_dir():
        raise ConfigError(f"{watched}: no such folder to watch; name one that images are written to")
    state = service.state
    register_pages(state.desk, state.queue, state.access, None if watched is None else WatchedFolder(watched))
    add_sign_in(service)
    ui.run_with(service, title="iad", dark=None, tailwind=False, show_welcome_message=False, favicon=ICON)


class SignedIn:
    """Sends whoever has no key to the sign-in page; a socket without one is closed."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] not in ("http", "websocket") or self._may(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await RedirectResponse(SIGN_IN, status_code=303)(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        return (
            self._access.open
            or scope["path"].startswith(_OPEN)
            or self._access.caller_in(HTTPConnection(scope)) is not None
        )


def add_sign_in(service: FastAPI) -> None:
    """Add the sign-in page to a service, and ask for a key before every other page."""
    access: Access = service.state.access
    service.add_middleware(SignedIn, access=access)
    page = files("agents.interfaces.station").joinpath("sign_in.html").read_text(encoding="utf-8")

    def shown(request: Request, wrong: bool) -> str:
        say = words_of(language_of(request))
        told = say("This key is not known here.") if wrong else ""
        words = {"KEY": say("Your key"), "SIGN_IN": say("Sign in"), "TOLD": told, "LANGUAGE": say.language}
        text = page
        for name, word in words.items():
            text = text.replace(f"[{name}]", escape(word))
        return text

    @service.get(SIGN_IN, include_in_schema=False)
    def ask(request: Request) -> HTMLResponse:
        return HTMLResponse(shown(request, wrong=False))

    @service.post(SIGN_IN, include_in_schema=False)
    def sign_in(request: Request, key: str = Form(max_length=1000)) -> Response:
        service.state.rate.check(request.client.host if request.client else "")
        session = access.sign_in(key.strip())
        if session is None:
            return HTMLResponse(shown(request, wrong=True), status_code=401)
        answer = RedirectResponse("/", status_code=303)
        secure = request.url.scheme == "https"
        answer.set_cookie(SESSION, session, httponly=True, samesite="strict", secure=secure)
        return answer

    @service.get("/sign-out", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        access.sign_out(request.cookies.get(SESSION, ""))
        answer = RedirectResponse(SIGN_IN, status_code=303)
        answer.delete_cookie(SESSION)
        return answer
