"""Zones of a product: named areas that answers speak of, and areas that are not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from anomaly_core.errors import ConfigError
from anomaly_core.good_images import Progress
from anomaly_core.imaging.reading import LoadedImage
from anomaly_core.imaging.zones import Box, Zone, zone_of_box
from anomaly_core.product import ProductModel
from tools.context import Context
from tools.enrollment.settings import change_settings
from tools.enrollment.trial import Flip, candidate, judged_images


@dataclass(frozen=True)
class ZoneOutcome:
    """A change of a product's zones. accepted: False where it would flip verdicts that stand, or is a trial.

    image: name of the image that the box was drawn on. flips: verdicts that it changes.
    """

    product: str
    zone: Zone
    image: str = ""
    accepted: bool = True
    flips: list[Flip] = field(default_factory=list)


def zones_of(context: Context, product: str) -> tuple[Zone, ...]:
    """Return a product's zones. Raises UnknownProduct."""
    context.require_store()
    return context.product(product).zones


def add_zone(
    context: Context,
    product: str,
    name: str,
    box: Box,
    *,
    on: Path | None = None,
    ignored: bool = False,
    against: Sequence[Path] = (),
    accept_flips: bool = False,
    record: bool = True,
    progress: Progress | None = None,
) -> ZoneOutcome:
    """Name an area of a product, or take it out of what is judged; a zone of the same name is replaced.

    box: in pixels of the image `on`, or of the product's first good image. ignored: the area is not judged,
    for which the product is learned anew from its good images; where that would change a verdict against a
    human label, or one without a label, nothing is changed unless `accept_flips` is set. against:
    images whose verdicts are looked at too. record: False only says what it would flip.

    Raises UnknownProduct, UnreadableImage; ConfigError for a box outside the image, or an image whose pose is
    not that of the good images.
    """
    context.require_store()
    model = context.product(product)
    image = _drawn_on(context, product, model, on)
    zone = zone_on(context, model, image, name, box, ignored=ignored)
    others = tuple(each for each in model.zones if each.name != name)
    replaced = any(each.ignored for each in model.zones if each.name == name)
    outcome = ZoneOutcome(product, zone, image.path.name)
    anew = ignored or replaced
    return _changed(context, outcome, (*others, zone), anew, against, accept_flips, record, progress)


def zone_on(
    context: Context, model: ProductModel, image: LoadedImage, name: str, box: Box, *, ignored: bool = False
) -> Zone:
    """Return the zone of a product that a box, in pixels of one of its images, shows.

    Raises ConfigError for a box outside the image, or an image whose pose is not that of the good images.
    """
    frame = context.model_of(model).frame(image.pixels, model)
    if frame.aligned != model.aligned:
        raise ConfigError(
            f"{image.path}: the part's pose is unclear, so a zone can't be placed on it; draw it on another "
            "image."
        )
    return zone_of_box(name, box, frame, ignored=ignored)


def remove_zone(
    context: Context,
    product: str,
    name: str,
    *,
    against: Sequence[Path] = (),
    accept_flips: bool = False,
    progress: Progress | None = None,
) -> ZoneOutcome:
    """Remove a zone; see `add_zone` for one that is not judged. Raises UnknownProduct, ConfigError."""
    zones = zones_of(context, product)
    zone = next((each for each in zones if each.name == name), None)
    if zone is None:
        known = ", ".join(each.name for each in zones) or "none"
        raise ConfigError(f"{product} has no zone {name!r} (it has: {known}): see `iad zone list {product}`.")
    rest = tuple(each for each in zones if each is not zone)
    outcome = ZoneOutcome(product, zone)
    return _changed(context, outcome, rest, zone.ignored, against, accept_flips, True, progress)


def _changed(
    context: Context,
    outcome: ZoneOutcome,
    zones: tuple[Zone, ...],
    judges_anew: bool,
    against: Sequence[Path],
    accept_flips: bool,
    record: bool,
    progress: Progress | None,
) -> ZoneOutcome:
    """Store a product's zones; judges_anew: scores change with them."""
    name = outcome.product
    if not (judges_anew or record):
        return replace(outcome, accepted=False)
    if not judges_anew:
        change_settings(context, name, zones=zones)
        return outcome
    with candidate(context, name, zones=zones, progress=progress) as made:
        flips = made.flips(judged_images(context, name, against), progress)
        if not record or (any(flip.harms for flip in flips) and not accept_flips):
            return replace(outcome, accepted=False, flips=flips)
        with context.store.transaction(f"zones of {name}") as tx:
            made.put(tx)
    return replace(outcome, flips=flips)


def _drawn_on(context: Context, product: str, model: ProductModel, on: Path | None) -> LoadedImage:
    """Return the image that a box refers to."""
    if on is not None:
        return context.read(on, model)
    first = context.templates.images(product)[0]
    return replace(context.read(first.path, model), path=Path(first.file_name))
