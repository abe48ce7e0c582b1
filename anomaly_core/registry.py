"""Names for what varies: encoders, scorers, language models; code outside the packages adds its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Factories by name. A name that was not registered is looked for among installed entry points.

    kind: what the factories make, for messages. group: the entry points' group, such as "iad.scorers".
    """

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._factories: dict[str, Callable[..., T]] = {}

    def register(self, name: str, factory: Callable[..., T]) -> None:
        """Make a factory known; one that has this name already is replaced."""
        self._factories[name] = factory

    def find(self, name: str) -> Callable[..., T] | None:
        """Return the factory of this name, or None."""
        if name not in self._factories:
            for point in entry_points(group=self.group, name=name):
                self._factories[name] = point.load()
        return self._factories.get(name)

    def names(self) -> list[str]:
        """Return every name that is known, those of entry points included, sorted."""
        return sorted({*self._factories, *(point.name for point in entry_points(group=self.group))})
