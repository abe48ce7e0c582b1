"""A second look at one place: at the photograph's own resolution, against the same place of good parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from langchain_core.tools import BaseTool, tool
from numpy.typing import NDArray
from pydantic import Field

from anomaly_core.decoders.memory_bank import MemoryBank, anomaly_grid, as_array, image_score, patch_grid
from anomaly_core.detector import EVEN_ODDS, Detector
from anomaly_core.imaging.augment import among_themselves, symmetries
from anomaly_core.imaging.frame import WHOLE_SHARE, frame_of, whole_frame
from anomaly_core.imaging.reading import load_image
from anomaly_core.imaging.registration import align
from anomaly_core.inspection import Region, Verdict
from anomaly_core.product import ProductModel
from anomaly_core.scoring.calibration import calibrate
from anomaly_core.scoring.regions import find_regions
from tools.cache import ImagePass
from tools.context import Services
from tools.detect import PartArgs
from tools.drawing import save_picture
from tools.findings import regions_of
from tools.locations import PLACE_HELP, Box, box_of, cell_of_box, widened
from tools.records import Record, RegionRecord

TEMPLATES: Final = 4
"""Most good parts that the place is compared with, the nearest first."""
LEAST_SHOWN: Final = 0.9
"""Share of the place that a good part must show to be compared there."""
LEAST_MAGNIFICATION: Final = 1.2
"""Below this the second look shows hardly more than the first."""


class ZoomArgs(PartArgs):
    """Arguments of `zoom_region`."""

    place: str = Field(description=f"where: {PLACE_HELP}", max_length=100)
    out: str | None = Field(default=None, description="folder for a picture of the place, or null for none")


class ZoomRecord(Record):
    """A second look. It adds to the verdict of the whole image and does not replace it.

    bbox: what was looked at, [x0, y0, x1, y1], original pixels. magnification: pixels of this look over
    those of the first, along a side. templates: good parts compared at this place; 0 gives no verdict.
    p_value: the chance that this place of a good part scores as high, or null; anomalous: below alpha.
    regions: what stands out in this look, original pixels. picture: path of the crop as PNG, or null.
    """

    id: str
    place: str
    bbox: Box
    cell: str
    magnification: float
    templates: int
    anomalous: bool | None
    p_value: float | None
    alpha: float
    regions: list[RegionRecord]
    picture: str | None

    @property
    def note(self) -> str | None:
        """What the look cannot tell, or None."""
        if self.templates == 0:
            return "no good part shows this place, so there is nothing to compare it with"
        if self.magnification < LEAST_MAGNIFICATION:
            return "the first look already saw this place as large, so the second one shows nothing finer"
        if self.templates < TEMPLATES:
            return f"with only {_parts(self.templates)} to compare, its normal variation is hardly known"
        return None

    @property
    def text(self) -> str:
        """The second look in one sentence."""
        seen = (
            f"{self.place}, box {list(self.bbox)}, seen {self.magnification:.1f} times as large as at first"
        )
        if self.p_value is None:
            return f"{seen}: {self.note}"
        word = "stands out" if self.anomalous else "does not stand out"
        seen += f": it {word} from the same place of {_parts(self.templates)} (p-value {self.p_value:.3g})"
        return f"{seen}; {self.note}" if self.note else seen


def zoom_tools(services: Services) -> list[BaseTool]:
    """Return `zoom_region`."""

    @tool(args_schema=ZoomArgs, response_format="content_and_artifact")
    def zoom_region(
        image: str, sha256: str, product: str, place: str, out: str | None = None
    ) -> tuple[str, ZoomRecord]:
        """Look again at one place at full resolution, against the same place of the product's good parts."""
        image_pass = services.passes.get(image, sha256)
        pixels = image_pass.image.pixels
        height, width = pixels.shape[:2]
        boxes = [each.region.bbox for each in regions_of(services, image_pass, product)]
        side = round(services.config.input_side * WHOLE_SHARE**0.5)
        named = box_of(place, width, height, boxes)
        box = widened(named, 0.1, width, height, least=side)
        crops = _template_crops(services, image_pass, product, box)
        magnification = _magnification(image_pass, box, side, services.detector.encoder.stride)
        crop = np.ascontiguousarray(_crop(pixels, box))
        verdict: Verdict | None = None
        regions: list[Region] = []
        if crops:
            model = _model_of(services.detector, crops, side)
            verdict, regions = _judge(services.detector, model, crop, side)
        picture = None
        if out is not None:
            corners = "-".join(str(value) for value in box)
            picture = save_picture(crop, Path(out) / f"{sha256[:8]}-zoom-{corners}.png")
        record = ZoomRecord(
            id=f"zoom:{','.join(str(value) for value in box)}",
            place=place,
            bbox=box,
            cell=cell_of_box(box, width, height),
            magnification=round(magnification, 2),
            templates=len(crops),
            anomalous=None if verdict is None else verdict.anomalous,
            p_value=None if verdict is None else float(f"{verdict.p_value:.4g}"),
            alpha=services.config.alpha,
            regions=[_on_image(region, box, width, height) for region in regions],
            picture=picture,
        )
        return record.text, record

    return [zoom_region]


def _template_crops(
    services: Services, image_pass: ImagePass, product: str, box: Box
) -> list[NDArray[np.uint8]]:
    """The same place of the nearest good parts, each laid over the image first."""
    encoded = image_pass.encoded()
    crops = []
    for hit in services.templates.nearest(product, encoded.embedding, TEMPLATES):
        other = load_image(hit.path, max_pixels=services.passes.max_pixels).pixels
        frame = frame_of(other, services.config.input_side, services.detector.encoder.stride)
        aligned = align(image_pass.image.pixels, encoded.frame, other, frame)
        if _crop(aligned.shown, box).mean() >= LEAST_SHOWN:
            crops.append(np.ascontiguousarray(_crop(aligned.pixels, box)))
    return crops


def _model_of(detector: Detector, crops: Sequence[NDArray[np.uint8]], side: int) -> ProductModel:
    """Learn the place from good crops as a product is learned: each is scored against the others' views."""
    config = detector.config.few_shot
    views = [[_grid(detector, view, side) for view in symmetries(crop)] for crop in crops]
    one_shot = len(views) == 1
    groups = [[view] for view in views[0]] if one_shot else views
    scores, highest = [], []
    for index, group in enumerate(groups):
        if one_shot:
            bank, own = among_themselves(views[0], index, config.bank_limit)
            values = anomaly_grid(bank, group[0], config, own)
        else:
            rest = [view for i, other in enumerate(groups) if i != index for view in other]
            values = anomaly_grid(MemoryBank.of(rest, config.bank_limit), group[0], config)
        scores.append(image_score(values, config))
        highest.append(float(values.quantile(0.99)))
    calibration = calibrate(scores, detector.config.alpha, one_shot=one_shot)
    threshold = min(max(highest), calibration.limit())
    bank = MemoryBank.of([view for group in groups for view in group], config.bank_limit)
    even_odds = calibration.limit(EVEN_ODDS)
    return ProductModel(bank, calibration, even_odds, threshold, False, detector.made_by)


def _judge(
    detector: Detector, model: ProductModel, crop: NDArray[np.uint8], side: int
) -> tuple[Verdict, list[Region]]:
    """Judge a crop and find the regions of it that stand out, on the crop's grid."""
    values = anomaly_grid(model.bank, _grid(detector, crop, side), detector.config.few_shot)
    verdict = model.judge(image_score(values, detector.config.few_shot))
    if not verdict.anomalous:
        return verdict, []
    frame = whole_frame((crop.shape[0], crop.shape[1]), side, detector.encoder.stride)
    on_crop = frame.to_original(as_array(values))
    threshold = min(model.region_threshold(on_crop), float(on_crop.max()))
    return verdict, find_regions(on_crop, threshold=threshold, scale=model.pixel_threshold)


def _grid(detector: Detector, crop: NDArray[np.uint8], side: int) -> torch.Tensor:
    frame = whole_frame((crop.shape[0], crop.shape[1]), side, detector.encoder.stride)
    return patch_grid(detector.encoder.encode(frame.render(crop)), detector.config.few_shot)


def _on_image(region: Region, box: Box, width: int, height: int) -> RegionRecord:
    x0, y0, x1, y1 = region.bbox
    moved = (x0 + box[0], y0 + box[1], x1 + box[0], y1 + box[1])
    cell = cell_of_box(moved, width, height)
    return RegionRecord(bbox=moved, cell=cell, area_px=region.area_px, score=round(region.score, 4))


def _magnification(image_pass: ImagePass, box: Box, side: int, stride: int) -> float:
    """Pixels that the encoder sees of this place, over those that it saw at the first look, along a side."""
    frame = whole_frame((box[3] - box[1], box[2] - box[0]), side, stride)
    # A pixel that the photograph does not have shows nothing, however often it is enlarged.
    return min(1.0, 1 / frame.scale) / min(1.0, 1 / image_pass.encoded().frame.scale)


def _parts(count: int) -> str:
    return "one good part" if count == 1 else f"{count} good parts"


def _crop(values: NDArray[Any], box: Box) -> NDArray[Any]:
    x0, y0, x1, y1 = box
    return values[y0:y1, x0:x1]
