"""One open page: who is there, in which language, and how work is done for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from fastapi import HTTPException
from nicegui import ui

from agents.desk import Desk
from agents.desk.watch import WatchedFolder
from agents.interfaces.service.access import Caller
from agents.interfaces.service.limits import Queue
from agents.settings import Role
from anomaly_core.errors import IadError
from anomaly_core.good_images import Progress
from tools.phrases import Phrases

T = TypeVar("T")


@dataclass(frozen=True)
class Visit:
    """A page's collaborators. say: the interface's words. watched: None where no folder is watched."""

    desk: Desk
    queue: Queue
    caller: Caller
    say: Phrases
    watched: WatchedFolder | None = None

    async def run(self, work: Callable[[], T]) -> T | None:
        """Do work in a thread, logged as the visitor's; None where it fails, which the visitor is told."""
        try:
            return await self.queue.run(self.caller, work)
        except IadError as error:
            self.tell_error(str(error).replace(str(self.desk.app.settings.store), "the store"))
        except HTTPException as error:
            self.tell_error(str(error.detail))
        return None

    @contextmanager
    def waiting(self, message: str) -> Iterator[Progress]:
        """Say what is being done while the block does it; it may tell how far it is, from any thread."""
        told = ui.notification(message, spinner=True, timeout=None, position="top")
        at: list[str] = []
        clock = ui.timer(0.5, lambda: setattr(told, "message", f"{message} {at[-1]}" if at else message))
        try:
            yield lambda step, done, total: at.append(f"{done}/{total}")
        finally:
            clock.cancel()
            told.dismiss()

    def tell_done(self, message: str, warnings: Sequence[str] = ()) -> None:
        """Say that something was done, and what failed beside it."""
        for warning in warnings:
            self.tell_error(warning)
        ui.notify(message, type="positive", position="top")

    def tell_error(self, message: str) -> None:
        """Show what went wrong until it is read."""
        close = {"label": self.say("Close"), "color": "white"}
        ui.notify(message, type="negative", multi_line=True, timeout=0, actions=[close])

    def may(self, role: Role) -> bool:
        """Return whether the visitor has a role, or a higher one."""
        return self.caller.may(role)
