"""Registry of factories by name, for encoders, scorers and tools; open to other packages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Factories by name; a name that was not registered is looked up among installed entry points.

    kind: what the factories make, for messages. group: of the entry points, such as "iad.scorers".
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._factories: dict[str, Callable[..., T]] = {}

    def register(self, name: str, factory: Callable[..., T]) -> None:
        """Register a factory, in place of an earlier one of the same name."""
        self._factories[name] = factory

    def find(self, name: str) -> Callable[..., T] | None:
        """Return the factory of this name, or None."""
        if name not in self._factories:
            for point in entry_points(group=self.group, name=name):
                self._factories[name] = point.load()
        return self._factories.get(name)

    def names(self) -> list[str]:
        """Return all known names, entry points included, sorted."""
        return sorted({*self._factories, *(point.name for point in entry_points(group=self.group))})
