"""What is known of a product since it was enrolled: its good images, scale, zones and rates."""

from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.records import Record


class EnrolledRecord(Record):
    """An enrolled product. images: good ones that it was learned from. alpha, review: rates, in (0, 1)."""

    name: str
    images: int
    mm_per_px: float | None = Field(description="length of a pixel of the image as it is; null if unknown")
    zones: list[str]
    alpha: float
    review: float


def enrolled(context: Context, name: str | None) -> EnrolledRecord | None:
    """Return the record of a product, or None where none of that name is enrolled. Loads no model."""
    found = next((one for one in context.templates.products() if one.name == name), None)
    if found is None:
        return None
    meta = {key: found.meta.get(key) for key in ("mm_per_px", "alpha", "review")}
    zones = found.meta.get("zones") or []
    named = [zone.get("name") for zone in zones if isinstance(zone, dict)] if isinstance(zones, list) else []
    return EnrolledRecord.model_validate(
        {"name": found.name, "images": found.templates, "zones": named, **meta}
    )
