"""Human labels of inspected images: checked against past verdicts, recorded, and learned from."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agents.state import DialogueState, Review
from anomaly_core.errors import ConfigError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage, load_image
from anomaly_core.imaging.zones import Box
from knowledge.products.corrections import Correction, Label, message_of, now, put_correction
from knowledge.products.examples import put_example
from knowledge.store.store import Transaction
from tools.classify.confirm import example_of
from tools.context import Context, Part
from tools.detect import detect, find_product, open_image
from tools.enrollment.enroll import bytes_of
from tools.enrollment.trial import Candidate, Flip, candidate, judged_images, label_of, with_template
from tools.localize import locate
from tools.log import log_correction
from tools.zones import zone_on

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """What became of a correction.

    accepted: whether it was recorded. flips: the verdicts it changes, the worst first, of the `judged` images
    that it was tried on. warnings: what failed beside it.
    """

    correction: Correction
    accepted: bool
    flips: list[Flip] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    judged: int = 0


def correct(
    tools: Context,
    image: Path,
    verdict: Label,
    *,
    product: str | None = None,
    defect_type: str | None = None,
    mask: Path | None = None,
    note: str = "",
    region: int | None = None,
    learn: bool = True,
    against: Sequence[Path] | None = (),
    accept_flips: bool = False,
    record: bool = True,
    shown_name: str | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Record a person's verdict on an image, and learn from it where `learn` is set.

    A defect whose type is named joins the product's examples. A good image joins its templates; before that,
    the images that people judged earlier, and those of `against`, are judged with it: where it would flip
    one against a human label, or one that no person has judged, nothing is recorded unless `accept_flips`
    is set. against: None for those inspected last, by the log. defect_type and mask: of an anomalous image
    only. record: False only says what it would flip. shown_name: of an image whose path is a passing one.

    region: 1-based, the only region that is called good. Beside others it becomes a zone of the product that
    is not judged, after the same check, and the label recorded is the verdict on the rest; alone it is as if
    the whole image were called good.

    Raises ConfigError for a mask that does not fit or a region that there is not, and what an inspection
    raises.
    """
    _check_arguments(verdict, defect_type, mask, region)
    tools.require_store()
    opened = open_image(tools, str(image))
    found = find_product(tools, opened, product)
    part = Part(tools, str(image), opened.sha256, found.name)
    measured = detect(part)
    box = None if region is None else _normal_box(part, region)
    loaded = load_image(image, max_pixels=tools.images.max_pixels)
    drawn = None if mask is None else read_mask(mask, loaded)
    correction = Correction(
        id=uuid.uuid4().hex[:12],
        at=now(),
        image=shown_name or image.name,
        sha256=opened.sha256,
        product=found.name,
        measured=label_of(measured.anomalous),
        p_value=measured.p_value,
        verdict=verdict,
        defect_type=defect_type,
        note=note,
        masked=drawn is not None,
    )
    if not record and not (learn and verdict == "good"):
        return Outcome(correction, accepted=False)
    if learn and defect_type is not None:
        example, features = example_of(tools, found.name, defect_type, image, mask=drawn, id_=correction.id)
        learned = replace(correction, learned="example")
        put = partial(put_example, product=found.name, example=example, features=features)
        return Outcome(learned, True, [], _write(tools, learned, bytes_of(loaded), drawn, put))
    if not (learn and verdict == "good"):
        return Outcome(correction, True, [], _write(tools, correction, bytes_of(loaded), drawn, None))
    with _changed(tools, found.name, loaded, box, correction.id, progress) as made:
        if made is None and not record:
            return Outcome(correction, accepted=False)
        if made is None:
            return Outcome(correction, True, [], _write(tools, correction, bytes_of(loaded), drawn, None))
        past = judged_images(tools, found.name, against, but=opened.sha256)
        flips = made.flips(past, progress)
        learned = replace(correction, learned="template")
        if box is not None:
            rest = label_of(made.judge(image).anomalous)
            learned = replace(correction, verdict=rest, learned="zone")
        if not record or (any(flip.harms for flip in flips) and not accept_flips):
            return Outcome(learned, accepted=False, flips=flips, judged=len(past))
        warnings = _write(tools, learned, bytes_of(loaded), drawn, made.put)
        return Outcome(learned, True, flips, warnings, judged=len(past))


def _normal_box(part: Part, number: int) -> Box | None:
    """Return the box of a region that is not the image's only one, else None. Raises ConfigError."""
    regions = locate(part)
    if not 1 <= number <= len(regions):
        raise ConfigError(
            f"there is no region {number} on {part.image}: an inspection finds {len(regions)} now; name one "
            "of those, or none"
        )
    return regions[number - 1].bbox if len(regions) > 1 else None


@contextmanager
def _changed(
    tools: Context, product: str, image: LoadedImage, box: Box | None, id_: str, progress: Progress | None
) -> Iterator[Candidate | None]:
    """Yield the product with an image as a template, or with a box on it that is not judged."""
    if box is None:
        with with_template(tools, product, image, progress) as made:
            yield made
        return
    model = tools.product(product)
    zone = zone_on(tools, model, tools.read(image.path, model), f"normal-{id_}", box, ignored=True)
    with candidate(tools, product, zones=(*model.zones, zone), progress=progress) as judged:
        yield judged


def record_review(tools: Context, state: DialogueState, said: Review, identity: str) -> tuple[str, list[str]]:
    """Record a human label for a thread's uncertain verdict; return the correction's id, and warnings.

    identity: what the id is made of. The same one records once, however often the step is repeated. Nothing
    is learned here: `correct` does that, since it must first be checked against past verdicts.
    """
    id_ = hashlib.sha256(identity.encode()).hexdigest()[:12]
    if any(one.id == id_ for one in tools.feedback.corrections()):
        return id_, []
    image = tools.images.get(state["image"], state["opened"].sha256).loaded
    correction = Correction(
        id=id_,
        at=now(),
        image=Path(state["image"]).name,
        sha256=state["opened"].sha256,
        product=state["product"].name,
        measured=label_of(state["verdict"].anomalous),
        p_value=state["verdict"].p_value,
        verdict=said.verdict,
        defect_type=said.defect_type,
        note=said.note,
    )
    return id_, _write(tools, correction, bytes_of(image), None, None)


def read_mask(path: Path, image: LoadedImage) -> Mask:
    """Return a mask file as (H, W) bool, at the size of the upright image: true where it is not black.

    Raises ConfigError for a file of another size, or without a marked pixel; UnreadableImage.
    """
    drawn: Mask = load_image(path).pixels.max(axis=2) > 0
    if drawn.shape != image.pixels.shape[:2]:
        size, wanted = drawn.shape[::-1], image.pixels.shape[1::-1]
        raise ConfigError(
            f"{path} is {size[0]} x {size[1]}, the image {wanted[0]} x {wanted[1]}: draw it anew"
        )
    if not drawn.any():
        raise ConfigError(f"{path} marks no pixel: what is not black is the defect")
    return drawn


def _check_arguments(verdict: Label, defect_type: str | None, mask: Path | None, region: int | None) -> None:
    if verdict != "good" and region is not None:
        raise ConfigError(
            "only a region that is normal can be told by its number: call it good, or draw a mask"
        )
    if verdict == "good" and (defect_type is not None or mask is not None):
        raise ConfigError("a good part has no defect type and no mask: leave them out, or say anomalous")
    if defect_type is not None and not (defect_type.strip() and defect_type.isprintable()):
        raise ConfigError(f"{defect_type!r} is no defect type: use printable characters")


def _write(
    tools: Context,
    correction: Correction,
    image: bytes,
    mask: Mask | None,
    learn: Callable[[Transaction], object] | None,
) -> list[str]:
    """Write a correction, and what is learned from it, as one version of the store, and its row in the log.

    Returns what failed of the latter.
    """
    encoded = io.BytesIO()
    if mask is not None:
        Image.fromarray(mask.astype(np.uint8) * 255).save(encoded, format="PNG")
    with tools.store.transaction(message_of(correction)) as tx:
        put_correction(tx, correction, image, encoded.getvalue() or None)
        if learn is not None:
            learn(tx)
    return log_correction(tools, correction)
