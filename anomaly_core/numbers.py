"""Numbers as people write them."""

from __future__ import annotations


def plain_number(value: float, digits: int = 3) -> str:
    """Return a number of so many significant digits without a power of ten, where it is large: "1200"."""
    rounded = f"{value:.{digits}g}"
    return f"{float(rounded):.0f}" if "e+" in rounded else rounded
