"""Who calls the service, and what the role of the key allows."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.interfaces.service.errors import problem
from agents.settings import ApiKey, Role

RANKS: Final[dict[Role, int]] = {"viewer": 0, "operator": 1, "admin": 2}
SESSION: Final = "iad_session"
"""Cookie of a signed-in browser; sent to no other site (SameSite=Strict)."""
MOST_SESSIONS: Final = 1000
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_bearer = HTTPBearer(auto_error=False, description="a key of the setting `api_keys`")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="the same, in a header of its own")


@dataclass(frozen=True)
class Caller:
    """Who calls. name: for the log; None where no keys are set."""

    name: str | None
    role: Role

    def may(self, role: Role) -> bool:
        """Return whether the caller has a role, or a higher one."""
        return RANKS[self.role] >= RANKS[role]

    def check(self, role: Role) -> None:
        """Raise HTTPException 403 where the caller has neither a role nor a higher one."""
        if not self.may(role):
            raise HTTPException(403, f"the key of {self.name} is a {self.role}'s: this needs {role}")


class Access:
    """The keys. Without any, whoever reaches the service is its owner."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)
        self._sessions: OrderedDict[str, Caller] = OrderedDict()

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return not self._keys

    def caller_of(self, secret: str | None) -> Caller | None:
        """Return who has a key, or None; the time that this takes does not depend on the key."""
        if self.open:
            return Caller(None, "admin")
        given = (secret or "").encode()
        found = [
            key for key in self._keys if hmac.compare_digest(key.secret.get_secret_value().encode(), given)
        ]
        return Caller(found[0].name, found[0].role) if found else None

    def sign_in(self, secret: str) -> str | None:
        """Return a new session for a key, or None for a wrong one; it lasts as the process does."""
        caller = self.caller_of(secret)
        if caller is None:
            return None
        session = secrets.token_urlsafe(32)
        self._sessions[session] = caller
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def sign_out(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)

    def caller_in(self, connection: HTTPConnection) -> Caller | None:
        """Return who sent a request: by its key, else by its session; None where neither is known."""
        secret = secret_of(connection)
        if secret is not None or self.open:
            return self.caller_of(secret)
        return self._sessions.get(connection.cookies.get(SESSION, ""))


def secret_of(request: HTTPConnection) -> str | None:
    """Return the key of a request's headers."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key")


def needs(role: Role) -> Callable[..., Awaitable[Caller]]:
    """Return a dependency that gives the caller, where the key has this role or a higher one."""

    async def check(
        request: Request, _bearer: object = Depends(_bearer), _key: object = Depends(_header)
    ) -> Caller:
        caller: Caller | None = request.app.state.access.caller_in(request)
        if caller is None:
            raise HTTPException(
                401,
                "give a key of the setting api_keys: Authorization: Bearer KEY",
                headers={"WWW-Authenticate": "Bearer"},
            )
        caller.check(role)
        request.state.caller = caller
        return caller

    return check


Viewer = Annotated[Caller, Depends(needs("viewer"))]
Operator = Annotated[Caller, Depends(needs("operator"))]
Admin = Annotated[Caller, Depends(needs("admin"))]


class ThisMachineAlone:
    """Refuses, where no keys are set, what a web page of another origin sends through a browser here.

    A page can make a browser send requests to loopback: then the Host is foreign (DNS rebinding), or the
    browser says that another site asks. any_host: something in front asks who calls, under its own name.
    """

    def __init__(self, app: ASGIApp, access: Access, *, any_host: bool = False) -> None:
        self._app = app
        self._access = access
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass the request on."""
        if scope["type"] in ("http", "websocket") and self._access.open and not self._is_local(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            message = "without keys this machine alone is answered: set api_keys, and call with one of them"
            await problem(403, message)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_local(self, scope: Scope) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        origin = headers.get("origin", "null").partition("://")[2]
        same = headers.get("sec-fetch-site", "none") in ("none", "same-origin", "same-site")
        return (self._any_host or name in THIS_MACHINE) and (not origin or origin == host) and same
