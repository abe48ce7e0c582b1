"""An OPC UA server as receiver: the last result and alarm as tags, counts, a method to acknowledge."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from anyio.from_thread import start_blocking_portal

from agents.outbox.outbox import Message
from agents.outbox.receivers import LIMIT_S, Undelivered
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

if TYPE_CHECKING:
    from asyncua import ua
    from asyncua.common.node import Node

PORT: Final = 4840
NAMESPACE: Final = "urn:iad:results"
RESULT: Final[Mapping[str, object]] = {
    "Image": "", "Product": "", "Decision": "", "PValue": 1.0, "DefectType": "", "Regions": 0, "Reason": "",
    "Json": "", "Id": "",
}  # fmt: skip
"""Tags of the last result with their values before the first; `Id` is written last."""
COUNTS: Final = ("Inspected", "Passed", "Review", "Failed", "Errors")
"""Tags that count from the server's start."""
ALARM: Final = ("AlarmProduct", "AlarmStation", "AlarmSince", "AlarmText", "AlarmId")
ACKNOWLEDGED: Final = "Acknowledged"
_COUNTED: Final = {"pass": "Passed", "review": "Review", "fail": "Failed", "error": "Errors"}


class TagServer:
    """A server at opc.tcp://ADDRESS[:PORT]/PATH[?acknowledge]; see `Receiver`. Raises ConfigError.

    A result is taken as delivered once the tags hold it; with `?acknowledge` once a client has called
    Acknowledge with its id, and the next one is not shown before.
    """

    def __init__(self, url: str) -> None:
        try:
            import asyncua  # noqa: F401
        except ImportError as error:
            raise ConfigError(
                f"--send to OPC UA needs the extra `plant` ({error}): {install('plant')}"
            ) from error
        parts = urlsplit(url)
        if not parts.hostname or parts.query not in ("", "acknowledge"):
            raise ConfigError(
                f"--send {url[:80]}: give the address to serve at, such as opc.tcp://0.0.0.0:4840/iad, with "
                "?acknowledge where a client has to acknowledge each result"
            )
        self.name = url
        self.shown = f"OPC UA on port {parts.port or PORT}"
        self._acknowledging = bool(parts.query)
        self._acknowledged = threading.Event()
        self._tags: dict[str, Node] = {}
        self._id = ""
        self._counts = dict.fromkeys(COUNTS, 0)
        # What it warns of, such as that nothing is encrypted, stands in the docs.
        logging.getLogger("asyncua").setLevel(logging.ERROR)
        address = f"opc.tcp://{parts.hostname}:{parts.port or PORT}{parts.path}"
        self._serving = ExitStack()
        with ExitStack() as opening:
            self._portal = opening.enter_context(start_blocking_portal(name="opcua"))
            try:
                opening.enter_context(self._portal.wrap_async_context_manager(self._served(address)))
            except OSError as error:
                raise ConfigError(
                    f"--send {url[:80]}: cannot serve there ({error.strerror or error}); give an address of "
                    "this machine and a free port"
                ) from error
            self._serving = opening.pop_all()

    def take(self, message: Message) -> None:
        """Show a result or an alarm; one that is shown already is not counted again."""
        found = json.loads(message.body)
        if "alarm" in found:
            self._portal.call(self._write, _alarm(found))
            return
        if message.id != self._id:
            self._portal.call(self._show, self._result(found, message))
        if self._acknowledging and not self._acknowledged.wait(LIMIT_S):
            raise Undelivered(f"no client has acknowledged {message.id}")

    def close(self) -> None:
        """Stop serving."""
        self._serving.close()

    def _result(self, found: Mapping[str, Any], message: Message) -> dict[str, Any]:
        """Return the tags of a result, in the order in which they are written."""
        error = found.get("error")
        decision = "error" if error else found["decision"]
        for name in ("Inspected", _COUNTED[decision]):
            self._counts[name] += 1
        kind = found.get("defect_type")
        return {
            **self._counts,
            "Image": found["image"],
            "Product": "" if error else found["product"]["name"],
            "Decision": decision,
            "PValue": float("nan") if error else found["p_value"],
            "DefectType": kind["name"] if kind else "",
            "Regions": len(found.get("regions", ())),
            "Reason": error["message"] if error else " ".join(found["reasons"]),
            "Json": message.body,
            "Id": message.id,
        }

    @asynccontextmanager
    async def _served(self, address: str) -> AsyncIterator[None]:
        from asyncua import ua
        from asyncua.server.server import Server

        server = Server()
        await server.init()
        server.set_endpoint(address)
        server.set_server_name("iad")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        space = await server.register_namespace(NAMESPACE)

        def named(name: str, id_: str) -> tuple[ua.NodeId, ua.QualifiedName]:
            return ua.NodeId.from_string(f"ns={space};s={id_}"), ua.QualifiedName(name, space)

        parent = await server.nodes.objects.add_object(*named("iad", "iad"))
        first = {**RESULT, **dict.fromkeys(COUNTS, 0), **dict.fromkeys((*ALARM, ACKNOWLEDGED), "")}
        for name, value in first.items():
            self._tags[name] = await parent.add_variable(*named(name, f"iad.{name}"), _variant(value))
        await parent.add_method(
            *named("Acknowledge", "iad.Acknowledge"),
            self._acknowledge,
            [ua.VariantType.String],
            [ua.VariantType.Boolean],
        )
        async with server:
            yield

    async def _show(self, values: Mapping[str, Any]) -> None:
        # In the thread of the method, and at once: what is acknowledged from now on is this result.
        self._id = values["Id"]
        self._acknowledged.clear()
        await self._write(values)

    async def _write(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            await self._tags[name].write_value(_variant(value))

    async def _acknowledge(self, _parent: ua.NodeId, id_: ua.Variant) -> list[ua.Variant]:
        """Take the id of the result that a client has taken; return whether it is the one that is shown."""
        if known := bool(self._id) and id_.Value == self._id:
            await self._write({ACKNOWLEDGED: self._id})
            self._acknowledged.set()
        return [_variant(known)]


def _alarm(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "AlarmProduct": found["product"],
        "AlarmStation": found["station"] or "",
        "AlarmSince": found["since"],
        "AlarmText": found["advice"],
        "AlarmId": found["id"],
    }


def _variant(value: object) -> ua.Variant:
    from asyncua import ua

    kinds = {
        bool: ua.VariantType.Boolean,
        int: ua.VariantType.UInt32,
        float: ua.VariantType.Double,
        str: ua.VariantType.String,
    }
    return ua.Variant(value, kinds[type(value)])
