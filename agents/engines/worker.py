"""The work of a worker process: models loaded once, the store read only, nothing logged."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from agents.app import Application
from agents.engines.base import Inspected, Task
from agents.inspecting import Inspector
from anomaly_core.errors import ConfigError, IadError
from tools.log import logged_elsewhere


class BatchWorker:
    """Inspects the images of one task, in a process of its own, whose current folder becomes the task's."""

    def __init__(self, task: Task) -> None:
        self._task = task
        # The log has one writer, which need not be on this machine.
        self._app = Application(task.settings.model_copy(update={"log": "none"}))

    def load(self) -> IadError | None:
        """Load the models; return the error that every image would meet, if any."""
        try:
            os.chdir(self._task.folder)
        except OSError as error:
            return ConfigError(
                f"{self._task.folder}: a worker on {platform.node()} cannot work there ({error.strerror}): "
                "images, store and --out must have the same paths on all machines, as on a shared disk"
            )
        try:
            self._inspector.make_ready(product=self._task.product, out=self._task.out)
        except IadError as error:
            return error
        return None

    def inspect(self, path: Path) -> Inspected:
        """Inspect an image."""
        task = self._task
        with logged_elsewhere() as entries:
            found = self._inspector.recorded(path, product=task.product, out=task.out, run=task.run)
        return Inspected(found, entries)

    @property
    def _inspector(self) -> Inspector:
        return self._app.inspector
