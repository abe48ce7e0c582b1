"""The receiver of a target of `--send`: by the scheme of its URL, or a folder."""

from __future__ import annotations

from pathlib import Path

from agents.outbox.receivers import Folder, Receiver, Webhook
from anomaly_core.errors import ConfigError


def receiver_of(target: str) -> Receiver:
    """Return the receiver of a URL or a folder. Raises ConfigError."""
    scheme, separator, _ = target.partition("://")
    if not separator:
        return Folder(Path(target))
    match scheme.lower():
        case "http" | "https":
            return Webhook(target)
        case "mqtt" | "mqtts":
            from agents.outbox.mqtt import Broker

            return Broker(target)
        case "opc.tcp":
            from agents.outbox.opcua import TagServer

            return TagServer(target)
    raise ConfigError(
        f"--send {scheme}://...: no such scheme; give http, https, mqtt, mqtts or opc.tcp, or a folder"
    )
