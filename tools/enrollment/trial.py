"""Enrolling a product on trial with one more good image, and the earlier verdicts that this would change."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from anomaly_core.anomalygpt import Progress
from anomaly_core.errors import StoreBusy
from anomaly_core.imaging.reading import LoadedImage
from knowledge.products.corrections import Label
from knowledge.products.record import product_folder
from knowledge.store.store import Transaction
from tools.context import Context, Part
from tools.detect import detect, open_image
from tools.enrollment.enroll import enroll
from tools.records import VerdictRecord


@dataclass(frozen=True)
class Past:
    """An image judged before. name: what it is called; path: where it lies; confirmed: its human label."""

    name: str
    path: Path
    confirmed: Label | None = None


@dataclass(frozen=True)
class Flip:
    """A verdict that would change. confirmed: its human label, or None.

    p_before, p_after: its p-value by the templates in force, and with the new one.
    """

    name: str
    before: Label
    after: Label
    p_before: float
    p_after: float
    confirmed: Label | None

    @property
    def harms(self) -> bool:
        """Whether it goes against the human label, or changes a verdict that has none."""
        return self.confirmed is None or self.after != self.confirmed


class Candidate:
    """A product enrolled anew with one more good image, in a store of its own: not yet in force.

    It is judged as the product in force is, so that whatever makes a verdict is compared.
    """

    def __init__(self, context: Context, product: str, trial: Context, version: int) -> None:
        self.product = product
        self._context = context
        self._trial = trial
        self._version = version

    def flips(self, past: Iterable[Past]) -> list[Flip]:
        """Return the verdicts that the candidate would change. Raises UnreadableImage for an image gone."""
        found = []
        for one in past:
            before = _judge(self._context, self.product, one.path)
            after = _judge(self._trial, self.product, one.path)
            if after.anomalous != before.anomalous:
                found.append(
                    Flip(
                        name=one.name,
                        before=label_of(before.anomalous),
                        after=label_of(after.anomalous),
                        p_before=before.p_value,
                        p_after=after.p_value,
                        confirmed=one.confirmed,
                    )
                )
        return found

    def put(self, tx: Transaction) -> None:
        """Put the product into a transaction of the store in force, in place of its enrolment.

        Raises StoreBusy where that store has changed since the candidate was learned.
        """
        if tx.base.version != self._version:
            raise StoreBusy(f"the store changed while {self.product} was learned: give the correction again")
        folder, trial = product_folder(self.product), self._trial.store.snapshot()
        for key in tx.keys(folder):
            tx.delete(key)
        for key in trial.keys(folder):
            tx.put(key, trial.read(key))


@contextmanager
def with_template(
    context: Context, product: str, image: LoadedImage, progress: Progress | None = None
) -> Iterator[Candidate | None]:
    """Enrol a product's templates and one more good image on trial; None where it is a template already.

    Raises UnknownProduct, StoreDamaged, UnreadableImage.
    """
    version = context.store.snapshot().version
    kept = context.templates.images(product)
    if any(hit.sha256 == image.sha256 for hit in kept):
        yield None
        return
    with TemporaryDirectory(prefix="iad-trial-") as name:
        folder = Path(name)
        paths = []
        for number, hit in enumerate(kept):
            # Under its own name, which the enrolment keeps; a folder each, since two names may be equal.
            paths.append(folder / str(number) / hit.file_name)
            paths[-1].parent.mkdir()
            shutil.copyfile(hit.path, paths[-1])
        trial = Context(
            store=folder / "store",
            model=lambda: context.model,
            text_encoder=lambda: context.text_encoder,
            max_pixels=context.images.max_pixels,
            rates=context.rates,
        )
        enroll(trial, product, [*paths, image.path], progress)
        yield Candidate(context, product, trial, version)


def _judge(context: Context, product: str, path: Path) -> VerdictRecord:
    return detect(Part(context, str(path), open_image(context, str(path)).sha256, product))


def label_of(anomalous: bool) -> Label:
    """The verdict as a label."""
    return "anomalous" if anomalous else "good"


def past_of(context: Context, product: str, against: Sequence[Path] = ()) -> list[Past]:
    """Return what a change is checked against: the images that people judged, and those named by path."""
    log = context.feedback
    judged = [
        Past(f"{one.image} (correction {one.id})", log.image(one.id), one.verdict)
        for one in log.corrections(product)
        if one.undone_at is None
    ]
    return [*judged, *(Past(str(path), path) for path in against)]
