"""The catalogue of defects behind every front end: files added, listed, shown and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from anomaly_core.errors import KnowledgeError, UnknownProduct
from anomaly_core.names import name_key
from knowledge.catalogue.entries import Entry
from knowledge.catalogue.readers.table import MappedColumn
from tools.context import Context

ALIKE: Final = 0.75
"""Least likeness of a product's name in a file to a known one at which it may be a misspelling."""

Confirm = Callable[[str], bool]
"""Asks a person whether a product that is not known, as the question says, is a new one."""


@dataclass(frozen=True)
class AddSummary:
    """What `iad catalogue add` did. errors: of the files that could not be read; the others were added."""

    passages: int
    products: list[str]
    files: int
    entries: int = 0
    columns: list[MappedColumn] = field(default_factory=list)
    errors: list[KnowledgeError | UnknownProduct] = field(default_factory=list)

    def as_object(self) -> dict[str, Any]:
        """Return the printed object."""
        errors = [{"kind": error.kind, "message": str(error)} for error in self.errors]
        columns = [asdict(column) for column in self.columns]
        return {
            "passages": self.passages, "products": self.products, "files": self.files,
            "entries": self.entries, "columns": columns, "errors": errors,
        }  # fmt: skip


@dataclass(frozen=True)
class SourceSummary:
    """A file of the catalogue. source: its path when it was added. entries: its types of defect."""

    file: str
    source: str
    products: list[str]
    entries: list[str]
    passages: int


class Catalogue:
    """What is known of defects, in the store of the tools."""

    def __init__(self, tools: Context) -> None:
        self._tools = tools

    def products(self) -> list[str]:
        """Return the products that are enrolled, or that the catalogue is about."""
        enrolled = [info.name for info in self._tools.templates.products()]
        keys = {name_key(name) for name in enrolled}
        return sorted([*enrolled, *(n for n in self._tools.domain.products() if name_key(n) not in keys)])

    def add(
        self,
        files: Sequence[Path],
        product: str | None = None,
        *,
        new_product: bool = True,
        confirm: Confirm | None = None,
    ) -> AddSummary:
        """Add files, each by itself; one added before is replaced, one that cannot be read stops no other.

        product: of files that name none. new_product: take a product that is not known; else it is asked
        about, and refused where nobody can be asked. Raises UnknownProduct for `product`, StoreError.
        """
        if product is not None and not new_product:
            product = self.known(product, confirm)

        def check(named: Sequence[str]) -> None:
            for name in named:
                if not new_product and name != product and self._nearest(name)[1] >= ALIKE:
                    self.known(name, confirm)

        passages = entries = 0
        products: list[str] = []
        columns: list[MappedColumn] = []
        errors: list[KnowledgeError | UnknownProduct] = []
        for file in dict.fromkeys(files):
            try:
                added = self._tools.domain.add([file], product=product, check=check)
            except (KnowledgeError, UnknownProduct) as error:
                errors.append(error)
                continue
            passages += added.passages
            entries += added.entries
            products += [name for name in added.products if name not in products]
            columns += added.columns
        return AddSummary(passages, products, len(files) - len(errors), entries, columns, errors)

    def sources(self) -> list[SourceSummary]:
        """Return the files of the catalogue, by name."""
        found = []
        for note in self._tools.domain.notes():
            products = list(dict.fromkeys(p.product for p in note.passages if p.product))
            types = list(dict.fromkeys(p.defect for p in note.passages if p.defect))
            found.append(SourceSummary(note.file, note.source, products, types, len(note.passages)))
        return found

    def show(self, product: str) -> list[Entry]:
        """Return the entries for a product, in any spelling. Raises UnknownProduct."""
        return self._tools.domain.entries(self.known(product, None, hint=""))

    def remove(self, source: str) -> int:
        """Remove a file, by path or name; return its number of passages. Raises KnowledgeError."""
        return self._tools.domain.remove(source)

    def _nearest(self, name: str) -> tuple[str | None, float]:
        """Return the known product whose name is most like this one, and how much, in [0, 1]."""
        alike = [
            (SequenceMatcher(None, name_key(name), name_key(other)).ratio(), other)
            for other in self.products()
        ]
        likeness, nearest = max(alike, default=(0.0, None))
        return nearest, likeness

    def known(
        self, name: str, confirm: Confirm | None = None, hint: str = ", or take it as new with --new-product"
    ) -> str:
        """Return a product's name as it is known, or as it is where a person says that it is new."""
        known = self.products()
        for other in known:
            if name_key(other) == name_key(name):
                return other
        nearest, likeness = self._nearest(name)
        near = f"; did you mean {nearest}?" if likeness >= 0.5 else ""
        listed = f"there are {', '.join(known)}" if known else "there is none yet"
        if confirm is not None and confirm(f"{name} is no known product ({listed}{near}). Is it a new one?"):
            return name
        raise UnknownProduct(f"{name}: no known product{near} ({listed}); name one of them{hint}")
