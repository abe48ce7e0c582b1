"""Settings of an enrolled product that change nothing it learned: its default rates, and its scale."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from anomaly_core.errors import ConfigError
from tools.context import Context


def set_rates(context: Context, product: str, alpha: float, review: float) -> None:
    """Store a product's false-alarm rate, and the rate below which a person looks.

    Raises UnknownProduct, StoreError; ConfigError unless 0 < alpha < 0.5 and alpha <= review < 1.
    """
    if not (0 < alpha < 0.5 and alpha <= review < 1):
        raise ConfigError(
            f"alpha {alpha:g} and review {review:g} are no rates: "
            "give 0 < alpha < 0.5 and alpha <= review < 1"
        )
    change_settings(context, product, alpha=alpha, review=review)


def set_scale(context: Context, product: str, mm_per_px: float) -> None:
    """Store the length of a pixel of a product's original images.

    Raises UnknownProduct, StoreError; ConfigError unless it is above 0 and finite.
    """
    if not 0 < mm_per_px < math.inf:
        raise ConfigError(
            f"{mm_per_px:g} is no length of a pixel: give millimetres, a number above 0, such as 0.05"
        )
    change_settings(context, product, mm_per_px=mm_per_px)


def change_settings(context: Context, product: str, **changed: Any) -> None:
    """Store other values of fields of a product's model; templates and calibration stay.

    Raises UnknownProduct, StoreError.
    """
    context.require_store()
    _, earlier = context.templates.load(product)
    _, meta = replace(context.product(product), **changed).to_parts()
    context.templates.replace_meta(product, meta, earlier=earlier)
