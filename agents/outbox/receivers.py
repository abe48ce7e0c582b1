"""Receivers of results, and the two simplest: a webhook, and a folder that gets a JSON file each."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from agents.outbox.outbox import Message
from anomaly_core.errors import ConfigError
from anomaly_core.files import make_folder, replace_file

LIMIT_S: Final = 10.0
"""Seconds that a receiver has for its whole reply."""
BUSY: Final = frozenset({408, 425, 429})
"""Statuses of the 4xx family that speak of the receiver's state, not of the message."""


class Undelivered(Exception):
    """A receiver did not take a message; refused: this one, whatever becomes of others."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Receiver(Protocol):
    """Takes messages. name: what the outbox knows it by. shown: what people are told, without secrets."""

    name: str
    shown: str

    def take(self, message: Message) -> None:
        """Take a message; one that was taken before changes nothing. Raises Undelivered."""

    def close(self) -> None:
        """Let connections go."""


class Webhook:
    """A URL that each message is posted to, with its id as Idempotency-Key. Raises ConfigError."""

    def __init__(self, url: str) -> None:
        # Here, not above: the client takes a second to load, and few runs send anything.
        import httpx2

        from anomaly_core.language.vllm.http_client import limited_client

        host = urlsplit(url).hostname
        if not host:
            raise ConfigError(f"--send {url[:80]}: no host in the URL; give one such as https://host/path")
        self.name = url
        self.shown = host
        self._failed = httpx2.HTTPError
        self._client = limited_client(1)

    def take(self, message: Message) -> None:
        """Post a message; see `Receiver`."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
        try:
            reply = self._client.post(self.name, content=message.body, headers=headers, timeout=LIMIT_S)
        except self._failed as error:
            raise Undelivered(str(error) or type(error).__name__) from error
        if not reply.is_success:
            refused = reply.status_code < 500 and reply.status_code not in BUSY
            raise Undelivered(f"status {reply.status_code}", refused=refused)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


class Folder:
    """A folder that gets a file `<id>.json` a message. Raises ConfigError where it cannot be made."""

    def __init__(self, folder: Path) -> None:
        self.name = self.shown = str(folder.absolute())
        self._folder = folder
        make_folder(folder)

    def take(self, message: Message) -> None:
        """Write a message whole; see `Receiver`."""
        try:
            replace_file(self._folder / f"{message.id}.json", message.body, synced=True)
        except OSError as error:
            raise Undelivered(error.strerror or str(error)) from error

    def close(self) -> None:
        """Nothing is open."""
