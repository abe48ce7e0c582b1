"""An MQTT broker as receiver: results, failures and alarms on topics of their own, acknowledged (QoS 1)."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from anyio.from_thread import BlockingPortal, start_blocking_portal

from agents.outbox.outbox import Message
from agents.outbox.receivers import LIMIT_S, Undelivered
from anomaly_core.errors import ConfigError
from anomaly_core.extras import install

if TYPE_CHECKING:
    from aiomqtt import Client

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_RESERVED: Final = re.compile(r"[/+#\x00]")
"""What a product's name may hold and a level of a topic may not."""
# A broker that is away is told of once, by the courier; without a handler each failure would be on stderr.
_LOGGER: Final = logging.getLogger("iad.mqtt")
_LOGGER.addHandler(logging.NullHandler())


class Broker:
    """A broker at mqtt[s]://[USER:PASSWORD@]HOST[:PORT]/PREFIX; see `Receiver`. Raises ConfigError.

    It is taken as delivered what the broker has acknowledged. PREFIX/status, retained, is "online", and
    "offline" once the sender has left, whatever the way.
    """

    def __init__(self, url: str) -> None:
        try:
            import aiomqtt
        except ImportError as error:
            raise ConfigError(
                f"--send to MQTT needs the extra `plant` ({error}): {install('plant')}"
            ) from error
        parts = urlsplit(url)
        prefix = unquote(parts.path).strip("/")
        if not parts.hostname or not prefix or re.search(r"[+#\x00]", prefix):
            raise ConfigError(
                f"--send {parts.scheme}://{parts.hostname or ''}{parts.path[:80]}: give host and prefix of "
                "the topics, such as mqtt://host/plant/line-3"
            )
        port = parts.port or PORTS[parts.scheme]
        self.name = f"{parts.scheme}://{parts.hostname}:{port}/{prefix}"
        self.shown = parts.hostname
        self._prefix = prefix
        self._failed = aiomqtt.MqttError
        self._options: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": port,
            "username": None if parts.username is None else unquote(parts.username),
            "password": None if parts.password is None else unquote(parts.password),
            "tls_context": ssl.create_default_context() if parts.scheme == "mqtts" else None,
            "will": aiomqtt.Will(self._status, "offline", qos=1, retain=True),
            "timeout": LIMIT_S,
            "logger": _LOGGER,
        }
        self._loop = ExitStack()
        self._portal: BlockingPortal | None = None
        self._session: AbstractContextManager[Client] | None = None
        self._client: Client | None = None

    def take(self, message: Message) -> None:
        """Publish a message, and wait until the broker has it."""
        try:
            portal, client = self._connected()
            portal.call(self._publish, client, self._topic(message.body), message.body)
        except self._failed as error:
            self._drop(error)
            raise Undelivered(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Say that this sender leaves, and disconnect."""
        self._drop(None)
        self._loop.close()

    @property
    def _status(self) -> str:
        return f"{self._prefix}/status"

    def _topic(self, body: str) -> str:
        """Return the topic of a result, a failure or an alarm."""
        found = json.loads(body)
        if "error" in found:
            return f"{self._prefix}/failures"
        kind, product = (
            ("alarms", found["product"]) if "alarm" in found else ("results", found["product"]["name"])
        )
        return f"{self._prefix}/{kind}/{_RESERVED.sub('_', product)}"

    def _connected(self) -> tuple[BlockingPortal, Client]:
        """Return the connection, and the thread that keeps it alive between two messages."""
        if self._portal is None:
            self._portal = self._loop.enter_context(start_blocking_portal(name="mqtt"))
        if self._client is None:
            session = self._portal.wrap_async_context_manager(self._open())
            self._client = session.__enter__()
            self._session = session
        return self._portal, self._client

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Client]:
        import aiomqtt

        async with aiomqtt.Client(**self._options) as client:
            await client.publish(self._status, "online", qos=1, retain=True)
            yield client
            await client.publish(self._status, "offline", qos=1, retain=True)

    def _drop(self, error: BaseException | None) -> None:
        session, self._session, self._client = self._session, None, None
        if session is not None:
            with suppress(self._failed):
                session.__exit__(None if error is None else type(error), error, None)

    async def _publish(self, client: Client, topic: str, body: str) -> None:
        """Publish; the client by itself would wait for the whole limit where the connection is lost."""
        sending = asyncio.ensure_future(client.publish(topic, body, qos=1))
        lost = asyncio.ensure_future(anext(client.messages))  # nothing is subscribed to, so no message comes
        await asyncio.wait({sending, lost}, return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        lost.cancel()
        published, _ = await asyncio.gather(sending, lost, return_exceptions=True)
        if isinstance(published, asyncio.CancelledError):
            raise self._failed("the connection was lost")
        if published is not None:
            raise published
