"""Trial enrolment of a product with another image or other zones, and the verdicts that it would change."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from anomaly_core.anomalygpt import AnomalyGPT
from anomaly_core.errors import StoreBusy
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.imaging.zones import Zone
from anomaly_core.results import Verdict
from knowledge.log import figures
from knowledge.log.figures import Filter
from knowledge.products.corrections import Label
from knowledge.products.record import product_folder
from knowledge.store.store import Transaction
from tools.context import Context
from tools.detect import rounded_p
from tools.enrollment.enroll import learn
from tools.enrollment.screening import read_images

LATEST: Final = 8
"""How many of the images inspected last a change is tested on."""
WAITING: Final = 16
"""How many of those that wait for a person it is tested on, too."""
Judgement = Label | Literal["review"]


@dataclass(frozen=True)
class JudgedImage:
    """An image that was judged before. confirmed: its human label, or None."""

    name: str
    path: Path
    confirmed: Label | None = None


@dataclass(frozen=True)
class Flip:
    """A verdict that would change. confirmed: its human label, or None.

    p_before, p_after: its p-value with the current templates, and with the new one. A part that waits for a
    person, "review", and would then be good without one, is told too; that one would wait is not.
    """

    name: str
    before: Judgement
    after: Judgement
    p_before: float
    p_after: float
    confirmed: Label | None

    @property
    def harms(self) -> bool:
        """Whether it contradicts the human label, or changes a verdict without one."""
        if self.confirmed is None:
            return self.before != "review"
        return (self.after == "anomalous") != (self.confirmed == "anomalous")


class Candidate:
    """A product enrolled anew from its templates, changed, in a separate store.

    model: that of both enrolments.
    """

    def __init__(
        self, context: Context, product: str, trial: Context, version: int, model: AnomalyGPT
    ) -> None:
        self.product = product
        self._context = context
        self._trial = trial
        self._version = version
        self._model = model

    def flips(self, past: Sequence[JudgedImage], progress: Progress | None = None) -> list[Flip]:
        """Return the verdicts that the candidate would change, the worst first.

        Those that do harm come first, then those whose p-value changes most. Raises UnreadableImage for a
        missing image.
        """
        found = []
        for number, one in enumerate(past):
            if progress is not None:
                progress("checking images judged before", number, len(past))
            before, after = self._judge(self._context, one.path), self.judge(one.path)
            # Of one that a person called good nothing waits.
            passes = (before.decision, after.decision) == ("review", "pass") and one.confirmed != "good"
            if passes or after.anomalous != before.anomalous:
                found.append(
                    Flip(
                        name=one.name,
                        before="review" if passes else label_of(before.anomalous),
                        after=label_of(after.anomalous),
                        p_before=rounded_p(before.p_value),
                        p_after=rounded_p(after.p_value),
                        confirmed=one.confirmed,
                    )
                )
        if progress is not None and past:
            progress("checking images judged before", len(past), len(past))
        return sorted(found, key=lambda flip: (not flip.harms, -abs(flip.p_after - flip.p_before)))

    def judge(self, path: Path) -> Verdict:
        """Return the verdict on an image with the candidate. Raises UnreadableImage."""
        return self._judge(self._trial, path)

    def _judge(self, context: Context, path: Path) -> Verdict:
        """Return the verdict on an image with the product as a context's store holds it."""
        product, (alpha, review) = context.product(self.product), context.rates
        image = context.read(path, product)
        return self._model.inspect(image, product, alpha=alpha, review=review).verdict

    def put(self, tx: Transaction) -> None:
        """Put the product into a transaction of the main store, in place of its enrolment.

        Raises StoreBusy where that store has changed since the candidate was enrolled.
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
    """Yield a product enrolled with its templates and one more good image; None where it is a template.

    Raises UnknownProduct, StoreDamaged, UnreadableImage.
    """
    if any(hit.sha256 == image.sha256 for hit in context.templates.images(product)):
        yield None
        return
    with candidate(context, product, [image.path], progress=progress) as made:
        yield made


@contextmanager
def candidate(
    context: Context,
    product: str,
    further: Sequence[Path] = (),
    *,
    zones: Sequence[Zone] | None = None,
    progress: Progress | None = None,
) -> Iterator[Candidate]:
    """Yield a product enrolled with its templates and further good images, and with these zones, if given.

    Raises UnknownProduct, StoreDamaged, UnreadableImage.
    """
    version, earlier = context.store.snapshot().version, context.product(product)
    kept = context.templates.images(product)
    with TemporaryDirectory(prefix="iad-trial-") as name:
        folder = Path(name)
        paths = []
        for number, hit in enumerate(kept):
            # A folder for each, since two file names may be equal.
            paths.append(folder / str(number) / hit.file_name)
            paths[-1].parent.mkdir()
            shutil.copyfile(hit.path, paths[-1])
        trial = Context(
            store=folder / "store",
            model=lambda: context.model,
            other_model=context.model_with,
            text_encoder=lambda: context.text_encoder,
            max_pixels=context.images.max_pixels,
            rates=context.rates,
        )
        # What an earlier trial encoded of these images isn't encoded again.
        model = context.remembering(context.model_of(earlier))
        chosen = read_images(
            model, [*paths, *further], max_pixels=context.images.max_pixels, progress=progress
        )
        learn(
            trial,
            model,
            product,
            chosen,
            progress,
            zones=earlier.zones if zones is None else zones,
            mm_per_px=earlier.mm_per_px,
        )
        yield Candidate(context, product, trial, version, model)


def label_of(anomalous: bool) -> Label:
    """Return the label of a verdict."""
    return "anomalous" if anomalous else "good"


def judged_images(
    context: Context, product: str, against: Sequence[Path] | None = (), *, but: str | None = None
) -> list[JudgedImage]:
    """Return the images that a change is tested on: those with a human label, and those of `against`.

    against: None for those of `last_inspected` and those that wait for a person, without the one whose
    SHA-256 is `but`.
    """
    log = context.feedback
    held = [one for one in log.corrections(product) if one.undone_at is None]
    judged = [
        JudgedImage(f"{one.image} (correction {one.id})", log.image(one.id), one.verdict) for one in held
    ]
    if against is None:
        known = {one.sha256 for one in held} | {but}
        against = list(
            dict.fromkeys(
                [*last_inspected(context, product, known=known), *_waiting(context, product, known)]
            )
        )
    return [*judged, *(JudgedImage(str(path), path) for path in against)]


def _waiting(context: Context, product: str, known: Container[str | None]) -> list[Path]:
    """Return the images of a product that wait for a person and are still there, the latest first."""
    if context.log is None:
        return []
    rows = context.log.read(lambda held: list(figures.waiting(held, Filter(product=product), WAITING)))
    paths = [Path(row["path"] or ".") for row in rows if row["sha256"] not in known]
    return [path for path in paths if path.is_file()]


def last_inspected(
    context: Context,
    product: str,
    most: int = LATEST,
    *,
    known: Container[str | None] = (),
    kept: Callable[[str], Path | None] = lambda sha256: None,
) -> list[Path]:
    """Return a product's last inspected images of the log that are still there, the latest first.

    known: SHA-256 of images to leave out. kept: where an image is kept, by its SHA-256, else it is where it
    was inspected.
    """
    log = context.log
    if log is None or not most:
        return []
    rows = log.read(lambda held: list(figures.rows(held, Filter(product=product), limit=10 * most)))
    found: dict[str, Path] = {}
    for row in rows:
        path = kept(row["sha256"]) or Path(row["path"] or ".")
        if row["sha256"] not in known and path.is_file():
            found.setdefault(row["sha256"], path)
    return list(found.values())[:most]
