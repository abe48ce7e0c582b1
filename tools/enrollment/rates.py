"""Default rates of an enrolled product: its false-alarm rate, and the rate below which a person looks."""

from __future__ import annotations

from dataclasses import replace

from anomaly_core.errors import ConfigError
from tools.context import Context


def set_rates(context: Context, product: str, alpha: float, review: float) -> None:
    """Store a product's default rates; templates and calibration stay.

    Raises UnknownProduct, StoreError; ConfigError unless 0 < alpha < 0.5 and alpha <= review < 1.
    """
    if not (0 < alpha < 0.5 and alpha <= review < 1):
        raise ConfigError(
            f"alpha {alpha:g} and review {review:g} are no rates: "
            "give 0 < alpha < 0.5 and alpha <= review < 1"
        )
    context.require_store()
    _, earlier = context.templates.load(product)
    _, meta = replace(context.product(product), alpha=alpha, review=review).to_parts()
    context.templates.replace_meta(product, meta, earlier=earlier)
