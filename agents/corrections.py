"""Human labels of inspected images: checked against past verdicts, recorded, and learned from."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agents.state import DialogueState, Review
from anomaly_core.detector import Progress
from anomaly_core.errors import ConfigError
from anomaly_core.imaging.reading import LoadedImage, load_image
from knowledge.products.corrections import Correction, Label, message_of, now, put_correction
from knowledge.products.examples import put_example
from knowledge.store.store import Transaction
from tools.classify.confirm import example_of
from tools.context import Services
from tools.enrollment.enroll import bytes_of
from tools.enrollment.trial import Flip, label_of, past_of, with_template
from tools.registry import Toolbox, build_tools

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """What became of a correction. accepted: whether it was recorded; flips: the verdicts it changes."""

    correction: Correction
    accepted: bool
    flips: list[Flip] = field(default_factory=list)


def correct(
    services: Services,
    image: Path,
    verdict: Label,
    *,
    product: str | None = None,
    defect_type: str | None = None,
    mask: Path | None = None,
    note: str = "",
    learn: bool = True,
    against: Sequence[Path] = (),
    accept_flips: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Record a person's verdict on an image, and learn from it where `learn` is set.

    A defect whose type is named joins the product's examples. A good image joins its templates; before that,
    the images that people judged earlier, and those of `against`, are judged with it: where it would flip
    one against a person's word, or one that no person has judged, nothing is recorded unless `accept_flips`
    is set. defect_type and mask: of an anomalous image only.

    Raises ConfigError for a mask that does not fit, and what an inspection raises.
    """
    _check_arguments(verdict, defect_type, mask)
    services.require_store()
    toolbox = Toolbox(build_tools(services))
    opened = toolbox.call("open_image", image=str(image))
    part = {"image": str(image), "sha256": opened.sha256}
    found = toolbox.call("find_product", **part, product=product)
    measured = toolbox.call("detect_anomaly", **part, product=found.name)
    loaded = load_image(image, max_pixels=services.passes.max_pixels)
    drawn = None if mask is None else read_mask(mask, loaded)
    correction = Correction(
        id=uuid.uuid4().hex[:12],
        at=now(),
        image=image.name,
        sha256=opened.sha256,
        product=found.name,
        measured=label_of(measured.anomalous),
        p_value=measured.p_value,
        verdict=verdict,
        defect_type=defect_type,
        note=note,
        masked=drawn is not None,
    )
    if learn and defect_type is not None:
        example, features = example_of(
            services, found.name, defect_type, image, mask=drawn, id_=correction.id
        )
        learned = replace(correction, learned="example")
        put = partial(put_example, product=found.name, example=example, features=features)
        _write(services, learned, bytes_of(loaded), drawn, put)
        return Outcome(learned, accepted=True)
    if not (learn and verdict == "good"):
        _write(services, correction, bytes_of(loaded), drawn, None)
        return Outcome(correction, accepted=True)
    with with_template(services, found.name, loaded, progress) as candidate:
        if candidate is None:
            _write(services, correction, bytes_of(loaded), drawn, None)
            return Outcome(correction, accepted=True)
        flips = candidate.flips(past_of(services, found.name, against))
        learned = replace(correction, learned="template")
        if any(flip.harms for flip in flips) and not accept_flips:
            return Outcome(learned, accepted=False, flips=flips)
        _write(services, learned, bytes_of(loaded), drawn, candidate.put)
        return Outcome(learned, accepted=True, flips=flips)


def record_review(services: Services, state: DialogueState, said: Review, identity: str) -> str:
    """Record a person's word on a thread's uncertain verdict; return the correction's id.

    identity: what the id is made of. The same one records once, however often the step is repeated. Nothing
    is learned here: `correct` does that, since it must first be checked against past verdicts.
    """
    id_ = hashlib.sha256(identity.encode()).hexdigest()[:12]
    if any(one.id == id_ for one in services.feedback.corrections()):
        return id_
    image = services.passes.get(state["image"], state["opened"].sha256).image
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
    _write(services, correction, bytes_of(image), None, None)
    return id_


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


def _check_arguments(verdict: Label, defect_type: str | None, mask: Path | None) -> None:
    if verdict == "good" and (defect_type is not None or mask is not None):
        raise ConfigError("a good part has no defect type and no mask: leave them out, or say anomalous")
    if defect_type is not None and not (defect_type.strip() and defect_type.isprintable()):
        raise ConfigError(f"{defect_type!r} is no defect type: use printable characters")


def _write(
    services: Services,
    correction: Correction,
    image: bytes,
    mask: Mask | None,
    learn: Callable[[Transaction], object] | None,
) -> None:
    """Write a correction, and what is learned from it, as one version of the store."""
    encoded = io.BytesIO()
    if mask is not None:
        Image.fromarray(mask.astype(np.uint8) * 255).save(encoded, format="PNG")
    with services.store.transaction(message_of(correction)) as tx:
        put_correction(tx, correction, image, encoded.getvalue() or None)
        if learn is not None:
            learn(tx)
