"""A calculator for chat models: arithmetic on numbers of the evidence, and nothing else."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Final

from pydantic import Field

from anomaly_core.errors import ConfigError
from tools.context import Part
from tools.records import Record

MOST_EXPONENT: Final = 4
_OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class CalculateArgs(Record):
    """Arguments of `calculate`."""

    expression: str = Field(
        description="such as (96.5 - 12) / 48, of numbers in the evidence alone", max_length=200
    )


class CalculationRecord(Record):
    """An expression and its value."""

    expression: str
    value: float

    @property
    def text(self) -> str:
        """The calculation in words."""
        return f"{self.expression} = {self.value:.4g}"


def calculate(part: Part, expression: str, known: Collection[float] = ()) -> CalculationRecord:
    """Calculate with numbers of the evidence: +, -, *, /, parentheses, and ** up to 4.

    known: the numbers that may be used. Raises ConfigError for anything else, and where there is no value.
    """
    del part
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body, known)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"{expression!r} is no arithmetic: give one such as (96.5 - 12) / 48") from error
    except (ZeroDivisionError, OverflowError) as error:
        raise ConfigError(f"{expression!r} has no value ({error}): give another") from error
    if not math.isfinite(value):
        raise ConfigError(f"{expression!r} has no value: give another")
    return CalculationRecord(expression=" ".join(expression.split()), value=value)


def _value(node: ast.expr, known: Collection[float]) -> float:
    """Return the value of an expression's node. Raises ValueError for one that is no arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if not any(math.isclose(number, each) for each in known):
                raise ConfigError(f"{number:g} stands nowhere in the evidence: use its numbers, as written")
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, known)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as exponent)):
            if not 0 <= exponent <= MOST_EXPONENT:
                raise ConfigError(
                    f"the exponent {exponent} is not in 0 to {MOST_EXPONENT}: give a smaller one"
                )
            return _value(base, known) ** exponent
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATORS:
            return _OPERATORS[type(operation)](_value(left, known), _value(right, known))
    raise ValueError(f"{type(node).__name__} is no arithmetic")
