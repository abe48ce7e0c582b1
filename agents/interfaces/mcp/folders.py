"""The folders that a program may name files in, and paths as it sees them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from anomaly_core.errors import ConfigError
from anomaly_core.imaging.reading import find_images


class Folders:
    """Files in some folders alone, links followed; relative paths are of the first, taken and told.

    Raises ConfigError for a folder that is none.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._roots = [folder.resolve() for folder in folders]
        for folder, root in zip(folders, self._roots, strict=True):
            if not root.is_dir():
                raise ConfigError(f"{folder}: no such folder; name one that holds images")
        first = self._roots[0]
        self._prefix = "" if first == Path(first.anchor) else f"{first}{os.sep}"

    def path(self, given: str | Path) -> Path:
        """Return the path of a file. Raises ConfigError where it lies outside, or a link leads out."""
        try:
            path = (self._roots[0] / given).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise ConfigError(f"{given}: no path of a file ({error}); check it") from error
        if not any(path.is_relative_to(root) for root in self._roots):
            raise ConfigError(
                f"{given}: outside the folders that this server opens; give a path in them, or start it with "
                "--root of that folder"
            )
        return path

    def images(self, given: Sequence[str]) -> list[Path]:
        """Return the images of files, folders and globs. Raises ConfigError as `path` does, and NoImages."""
        return [self.path(found) for found in find_images([self.path(one) for one in given])]

    def told(self, value: Any) -> Any:
        """Return a record, its texts with paths in the first folder relative to it."""
        if isinstance(value, str):
            return value.replace(self._prefix, "") if self._prefix else value
        if isinstance(value, BaseModel):
            return type(value).model_validate(self.told(value.model_dump(mode="json")))
        if isinstance(value, dict):
            return {key: self.told(one) for key, one in value.items()}
        return [self.told(one) for one in value] if isinstance(value, list) else value
