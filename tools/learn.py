"""Learning from a person: a good image joins its product's templates; what that would flip is told first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from anomaly_core.detector import Fitted, Progress
from anomaly_core.errors import StoreBusy
from anomaly_core.images import LoadedImage, load_image
from knowledge.feedback import Word
from knowledge.products import Template
from knowledge.store import Transaction
from knowledge.templates import put_product
from tools.enroll import bytes_of
from tools.services import Services


@dataclass(frozen=True)
class Past:
    """An image judged before. name: what it is called; path: where it lies; confirmed: a person's verdict."""

    name: str
    path: Path
    confirmed: Word | None = None


@dataclass(frozen=True)
class Flip:
    """A verdict that would change. confirmed: what a person said of the image, or None.

    p_before, p_after: its p-value by the templates in force, and with the new one.
    """

    name: str
    before: Word
    after: Word
    p_before: float
    p_after: float
    confirmed: Word | None

    @property
    def harms(self) -> bool:
        """Whether it goes against a person's word, or against a verdict that no person has judged."""
        return self.confirmed is None or self.after != self.confirmed


@dataclass(frozen=True, eq=False)
class Candidate:
    """A product learned anew with one more good image, not yet in force. version: of the store it is from."""

    product: str
    fitted: Fitted
    templates: tuple[Template, ...]
    encoder: str
    version: int

    def put(self, tx: Transaction) -> None:
        """Put the product into a transaction, in place of its enrolment.

        Raises StoreBusy where the store has changed since the candidate was learned.
        """
        if tx.base.version != self.version:
            raise StoreBusy(f"the store changed while {self.product} was learned: give the correction again")
        arrays, meta = self.fitted.model.to_parts()
        put_product(
            tx,
            self.product,
            self.templates,
            arrays=arrays,
            meta=meta,
            encoder=self.encoder,
            views=self.fitted.view_embeddings,
        )


def with_template(
    services: Services, product: str, image: LoadedImage, progress: Progress | None = None
) -> Candidate | None:
    """Learn a product from its templates and one more good image; None where it is a template already.

    Raises UnknownProduct, StoreDamaged.
    """
    version = services.store.snapshot().version
    kept = services.templates.images(product)
    if any(hit.sha256 == image.sha256 for hit in kept):
        return None
    limit = services.passes.max_pixels
    images = [*(load_image(hit.path, max_pixels=limit) for hit in kept), image]
    names = [*(hit.file_name for hit in kept), image.path.name]
    fitted = services.detector.fit([one.pixels for one in images], progress=progress)
    templates = tuple(
        Template(sha256=one.sha256, file_name=name, data=bytes_of(one), embedding=embedding)
        for one, name, embedding in zip(images, names, fitted.embeddings, strict=True)
    )
    return Candidate(product, fitted, templates, services.detector.encoder.name, version)


def find_flips(services: Services, candidate: Candidate, past: Iterable[Past]) -> list[Flip]:
    """Return the verdicts that a candidate would change. Raises UnreadableImage for an image that is gone."""
    model = services.product_model(candidate.product)
    flips = []
    for one in past:
        image_pass = services.passes.open(one.path)
        _, verdict, _ = image_pass.decoded(candidate.product, model)
        score = services.detector.decode(image_pass.encoded(), candidate.fitted.model).score
        after = candidate.fitted.model.judge(score)
        if after.anomalous != verdict.anomalous:
            flips.append(
                Flip(
                    name=one.name,
                    before=word_of(verdict.anomalous),
                    after=word_of(after.anomalous),
                    p_before=verdict.p_value,
                    p_after=after.p_value,
                    confirmed=one.confirmed,
                )
            )
    return flips


def word_of(anomalous: bool) -> Literal["good", "anomalous"]:
    """The verdict in a word."""
    return "anomalous" if anomalous else "good"


def past_of(services: Services, product: str, against: Sequence[Path] = ()) -> list[Past]:
    """Return what a change is checked against: the images that people judged, and those named by path."""
    log = services.feedback
    judged = [
        Past(f"{one.image} (correction {one.id})", log.image(one.id), one.verdict)
        for one in log.corrections(product)
        if one.undone_at is None
    ]
    return [*judged, *(Past(str(path), path) for path in against)]
