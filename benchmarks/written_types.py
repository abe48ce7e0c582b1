"""Naming the defect from a catalogue's entries alone, and with one and two confirmed examples a type.

    python benchmarks/written_types.py --data ROOT [--per-type N]

Screw, capsule and magnetic tile (see decisions.py for ROOT) are enrolled from eight good images each, and the
catalogues in benchmarks/asking are added, which were written from the pictures in plain words and hold types
that no image shows. Then each defective image that fails is named as `iad inspect` names it; images that pass
have no type, and are counted apart. The examples are confirmed with their masks, and are not judged.

Chance is one over the number of types in the catalogue. The first choice is the type that is named, or the
likeliest candidate where none is. `confirmed_wrong` is how often a type said to be confirmed is another one.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from decisions import MVTEC
from harness import parser, write
from sets import Labelled, Set, mvtec_set

from agents.app import Application
from agents.settings import Settings
from anomaly_core.config import DEFAULT_ENCODER
from anomaly_core.names import name_key
from knowledge.products.examples import put_example
from tools.classify.classify import UNKNOWN, classify
from tools.classify.confirm import example_of
from tools.context import Context, Part
from tools.detect import detect, open_image
from tools.localize import locate
from tools.records import DefectRecord

CATALOGUES: Final = {"screw": "screw", "capsule": "capsule", "magnetic_tile": "tile"}
"""Catalogue of each set."""
SHOTS: Final = 8
HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Named:
    """A defective image that failed. truth: its type; found: the type that it was given."""

    truth: str
    found: DefectRecord

    @property
    def first(self) -> str:
        """The first choice."""
        if self.found.name != UNKNOWN or not self.found.alternatives:
            return self.found.name
        return self.found.alternatives[0].name

    @property
    def right(self) -> bool:
        return name_key(self.first) == name_key(self.truth)


def drawn(part: Set, per_type: int) -> dict[str, list[Labelled]]:
    """Return images of each type that have a mask, in an order of their own; at most per_type each."""
    by_type: dict[str, list[Labelled]] = defaultdict(list)
    for test in part.of(True):
        if isinstance(test.source, Path) and test.truth is not None:
            by_type[test.label].append(test)
    rng = np.random.default_rng(0)
    return {
        name: [found[i] for i in rng.permutation(len(found))[:per_type]]
        for name, found in sorted(by_type.items())
    }


def confirm(context: Context, product: str, tests: Sequence[Labelled]) -> None:
    """Put images into the product's examples, each with its mask and type."""
    for test in tests:
        assert isinstance(test.source, Path)
        example, features = example_of(context, product, test.label, test.source, mask=test.mask)
        with context.store.transaction(f"example of {test.label}") as tx:
            put_example(tx, product=product, example=example, features=features)


def named(context: Context, product: str, tests: Sequence[Labelled]) -> Iterator[Named | None]:
    """Yield what each image is named, or None where it passes or shows no region."""
    for test in tests:
        path = str(test.source)
        opened = open_image(context, path)
        part = Part(context, path, opened.sha256, product)
        regions = locate(part) if detect(part).anomalous else []
        if not regions:
            yield None
            continue
        share = min(1.0, sum(one.area_px for one in regions) / (opened.width * opened.height))
        yield Named(test.label, classify(part, regions[0].text, share))


def figures(found: Sequence[Named | None], types: int) -> dict[str, Any]:
    """Return the shares of first choices that are right, and of those said to be confirmed that are wrong."""
    judged = [one for one in found if one is not None]
    confirmed = [one for one in judged if one.found.status == "confirmed"]
    said = [one for one in judged if one.found.name != UNKNOWN]
    by_type: dict[str, list[bool]] = defaultdict(list)
    for one in judged:
        by_type[one.truth].append(one.right)
    return {
        "images": len(found),
        "judged": len(judged),
        "first_choice": _share([one.right for one in judged]),
        "balanced": _share([float(np.mean(right)) for right in by_type.values()]),
        "chance": round(1 / types, 4),
        "named": len(said),
        "named_right": _share([one.right for one in said]),
        "confirmed": len(confirmed),
        "confirmed_wrong": _share([not one.right for one in confirmed]),
        "by_type": {name: _share(right) for name, right in sorted(by_type.items())},
    }


def _share(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def main() -> None:
    options = parser(__doc__, out="written_types.json")
    options.add_argument("--data", type=Path, required=True, help="folder of the sets")
    options.add_argument("--only", choices=tuple(CATALOGUES), nargs="+", default=list(CATALOGUES))
    options.add_argument("--per-type", type=int, default=20)
    options.add_argument("--examples", type=int, nargs="+", default=[0, 1, 2], help="a type, rising")
    options.add_argument("--encoder", default=DEFAULT_ENCODER)
    given = options.parse_args()
    result: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Application(Settings(store=Path(folder) / "store", encoder=given.encoder)) as app,
    ):
        for name in given.only:
            result[name] = of_set(app, mvtec_set(given.data / MVTEC[name], name), given)
            print(name, *(f"\n  {label}: {row}" for label, row in result[name].items()), flush=True)
    write(given, {"sets": result})


def of_set(app: Application, part: Set, given: Any) -> dict[str, Any]:
    """Return the figures of one set, by number of examples a type."""
    catalogue = HERE / "asking" / f"catalogue-{CATALOGUES[part.name]}.md"
    types = len(re.findall(r"^## ", catalogue.read_text(encoding="utf-8"), re.MULTILINE))
    order = np.random.default_rng(0).permutation(len(part.pool))[:SHOTS]
    app.enroll(part.name, [path for i in order if isinstance(path := part.pool[i], Path)], keep_all=True)
    app.add_knowledge([catalogue], part.name)
    by_type, most = drawn(part, given.per_type), max(given.examples)
    # The same images are judged whatever the number of examples is.
    tests = [test for found in by_type.values() for test in found[most:]]
    rows, known = {}, 0
    for count in sorted(given.examples):
        confirm(app.tools, part.name, [test for found in by_type.values() for test in found[known:count]])
        known = count
        label = "entries alone" if count == 0 else f"{count} examples a type"
        rows[label] = figures(list(named(app.tools, part.name, tests)), types)
    return rows


if __name__ == "__main__":
    main()
