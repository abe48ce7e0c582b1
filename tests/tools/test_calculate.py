"""The calculator: arithmetic on numbers of the evidence, and nothing that it was not made for."""

from __future__ import annotations

from pathlib import Path

import pytest

from anomaly_core.errors import ConfigError
from tools.calculate import calculate
from tools.context import Context, Part

KNOWN = (96.5, 12.0, 48.0, 3.0, 0.0)


@pytest.fixture
def part(tmp_path: Path) -> Part:
    def none() -> None:
        raise AssertionError("a calculation loads no model")

    context = Context(store=tmp_path, model=none, text_encoder=none, max_pixels=1)  # type: ignore[arg-type]
    return Part(context, "part.png", "0" * 64, "plate")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("96.5 / 48", 96.5 / 48),
        ("(96.5 - 12) * 3", 253.5),
        ("-12 + 48", 36),
        ("(3**2 + 12**2)**1", 153),
        (" 96.50/48.0 ", 96.5 / 48),
    ],
)
def test_arithmetic_on_numbers_of_the_evidence(part: Part, expression: str, value: float) -> None:
    found = calculate(part, expression, KNOWN)
    assert found.value == pytest.approx(value)
    assert found.text.endswith(f"= {value:.4g}")


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("96.5 / 47", "47 stands nowhere in the evidence"),
        ("0.99", "0.99 stands nowhere"),
        ("12 ** 999999999", "exponent"),
        ("3 ** 3 ** 3 ** 3", "no arithmetic"),
        ("12 ** 0.5", "no arithmetic"),
        ("96.5 / 0", "no value"),
        ("__import__('os').system('true')", "no arithmetic"),
        ("open('/etc/passwd')", "no arithmetic"),
        ("(12).real", "no arithmetic"),
        ("[12 for _ in (3,)][0]", "no arithmetic"),
        ("True + 12", "no arithmetic"),
        ("12 if 3 else 48", "no arithmetic"),
        ("12 < 48", "no arithmetic"),
        ("12; 3", "no arithmetic"),
        ("'12' * 48", "no arithmetic"),
        ("12j", "no arithmetic"),
        ("((((" * 40, "no arithmetic"),
        ("", "no arithmetic"),
        ("12\x00", "no arithmetic"),
    ],
)
def test_all_else_is_refused(part: Part, expression: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        calculate(part, expression, KNOWN)


def test_a_value_without_bounds_is_refused(part: Part) -> None:
    with pytest.raises(ConfigError, match="no value"):
        calculate(part, "(((3e300))) * 3e300", [3e300])
    with pytest.raises(ConfigError, match="no value"):
        calculate(part, "3e300 ** 4", [3e300])
