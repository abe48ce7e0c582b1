"""Whether this machine can do the job: one check a line."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from agents.factory import needed_weights
from agents.settings import Settings
from anomaly_core.errors import IadError
from anomaly_core.extras import install

PACKAGES: Final = ("torch", "transformers", "numpy", "pillow", "langgraph", "langchain-core", "pydantic")
LOW_DISK: Final = 2_000_000_000
"""Bytes; less than this free and pulling weights may fail."""


class Check(BaseModel):
    """One finding. state: ok, note (works, but worth knowing) or broken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    state: Literal["ok", "note", "broken"]
    found: str


def examine(settings: Settings) -> list[Check]:
    """Run every check; one that is broken does not stop the others."""
    checks: list[Check] = []
    for name, check in CHECKS.items():
        try:
            checks.extend(check(settings))
        except (IadError, OSError, ImportError, PackageNotFoundError) as error:
            checks.append(Check(name=name, state="broken", found=f"{type(error).__name__}: {error}"))
    return checks


def _python(settings: Settings) -> Iterator[Check]:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Check(name="python", state="ok" if sys.version_info >= (3, 11) else "broken", found=found)


def _packages(settings: Settings) -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name=name, state="ok", found=version(name))
        except PackageNotFoundError:
            yield Check(name=name, state="broken", found=f"not installed: {install()}")


def _faiss(settings: Settings) -> Iterator[Check]:
    try:
        import faiss
    except ImportError:
        yield Check(name="faiss", state="broken", found=f"not installed: {install('cpu')}")
        return
    import numpy as np

    points = np.eye(4, dtype=np.float32)
    index = faiss.IndexFlatIP(4)
    index.add(points)
    right = bool((index.search(points, 1)[1][:, 0] == np.arange(4)).all())
    found = f"{faiss.__version__}, a search {'answers right' if right else 'answers wrong'}"
    yield Check(name="faiss", state="ok" if right else "broken", found=found)


def _device(settings: Settings) -> Iterator[Check]:
    import torch

    from anomaly_core.encoders.registry import TINY, load_image_encoder

    threads = settings.threads or torch.get_num_threads()
    found = f"{settings.device}, {settings.runtime}, {threads} threads, {os.cpu_count()} cores"
    # Raises where this machine has not what the runtime needs.
    load_image_encoder(TINY, device=settings.device, runtime=settings.runtime)
    if settings.device.startswith("cuda") and not torch.cuda.is_available():
        yield Check(name="device", state="broken", found=f"{found}: no CUDA device; set device to cpu")
    else:
        yield Check(name="device", state="ok", found=found)


def _weights(settings: Settings) -> Iterator[Check]:
    from anomaly_core.weights.resolve import list_weights

    needed = set(needed_weights(settings))
    for item in list_weights():
        if item.state == "damaged":
            advice = f"damaged: iad weights pull {item.name}"
            yield Check(name=f"weights {item.name}", state="broken", found=advice)
        elif item.state == "missing" and item.name in needed:
            advice = f"not here yet: iad weights pull {item.name}"
            yield Check(name=f"weights {item.name}", state="note", found=advice)
        elif item.state == "cached":
            yield Check(name=f"weights {item.name}", state="ok", found=str(item.path))


def _disk(settings: Settings) -> Iterator[Check]:
    from anomaly_core.weights.resolve import cache_dir

    for name, folder in (("store", settings.store), ("weights", cache_dir())):
        existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        state: Literal["ok", "note"] = "ok" if free >= LOW_DISK else "note"
        yield Check(name=f"disk of the {name}", state=state, found=f"{free / 1e9:.1f} GB free at {existing}")


def _store(settings: Settings) -> Iterator[Check]:
    from agents.app import Application

    if not settings.store.exists():
        yield Check(name="store", state="note", found=f"{settings.store}: nothing enrolled yet")
        return
    with Application(settings) as app:
        products = app.products()
    yield Check(name="store", state="ok", found=f"{settings.store}: {len(products)} products")


def _self_test(settings: Settings) -> Iterator[Check]:
    """Enrol painted squares with the tiny encoder, and inspect one with a blot: from end to end."""
    import numpy as np
    from PIL import Image

    from agents.app import Application
    from tools.records import InspectionRecord

    with TemporaryDirectory(prefix="iad-doctor-") as name:
        folder = Path(name)
        draw = np.random.default_rng(0)
        paths = []
        for number in range(6):
            pixels = draw.integers(100, 110, (96, 96, 3)).astype(np.uint8)
            if number == 5:
                pixels[30:60, 30:60] = (250, 20, 20)
            paths.append(folder / f"{number}.png")
            Image.fromarray(pixels).save(paths[-1])
        tiny = {
            "store": folder / "store",
            "encoder": "tiny",
            "device": "cpu",
        }
        with Application(settings.model_copy(update=tiny)) as app:
            app.enroll("square", paths[:4])
            good, bad = app.inspect(paths[4:], product="square")
    if not isinstance(good, InspectionRecord) or not isinstance(bad, InspectionRecord):
        raise IadError("the painted squares could not be inspected")
    right = bad.score > good.score
    found = f"a blot scores {bad.score:.2f}, a good square {good.score:.2f}"
    yield Check(name="self test", state="ok" if right else "broken", found=found)


CHECKS: Final[dict[str, Callable[[Settings], Iterator[Check]]]] = {
    "python": _python,
    "packages": _packages,
    "faiss": _faiss,
    "device": _device,
    "weights": _weights,
    "disk": _disk,
    "store": _store,
    "self test": _self_test,
}
