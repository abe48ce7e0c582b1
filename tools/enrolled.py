"""What is known of a product since it was enrolled: its good images, scale, zones and rates."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from anomaly_core.names import plain_name
from tools.context import Context, Part
from tools.records import Record

MOST: Final = 3
"""Products whose records are told where none is named."""


class EnrolledRecord(Record):
    """An enrolled product. images: good ones that it was learned from. alpha, review: now in force."""

    name: str
    images: int
    mm_per_px: float | None = Field(description="length of a pixel of the image as it is; null if unknown")
    zones: list[str]
    alpha: float
    review: float


class ProductsRecord(Record):
    """What is enrolled. told: the product that is asked about, else the first ones. text: all in words."""

    products: list[str]
    told: list[EnrolledRecord]
    text: str


def product_settings(part: Part) -> ProductsRecord:
    """Read which products are enrolled, and this one's good images, zones and rates."""
    return enrolled_products(part.context, part.product or None)


def enrolled_products(context: Context, name: str | None) -> ProductsRecord:
    """Return what is enrolled, with the record of a product, or the first `MOST` where it is None."""
    names = [one.name for one in context.templates.products()]
    told = [one for one in (enrolled(context, each) for each in ([name] if name else names)[:MOST]) if one]
    words = ", ".join(map(plain_name, names)) or "none"
    text = f"enrolled: {words}; " + " ".join(one.model_dump_json() for one in told)
    return ProductsRecord(products=names, told=told, text=text)


def enrolled(context: Context, name: str | None) -> EnrolledRecord | None:
    """Return the record of a product, or None where none of that name is enrolled. Loads no model."""
    found = next((one for one in context.templates.products() if one.name == name), None)
    if found is None:
        return None
    meta = {key: found.meta.get(key) for key in ("mm_per_px", "alpha", "review")}
    zones = found.meta.get("zones") or []
    named = [zone.get("name") for zone in zones if isinstance(zone, dict)] if isinstance(zones, list) else []
    rates = zip(("alpha", "review"), context.rates, strict=True)
    meta |= {key: rate for key, rate in rates if rate is not None}
    return EnrolledRecord.model_validate(
        {"name": found.name, "images": found.templates, "zones": named, **meta}
    )
