"""What stands inside σ, π, γ and joins: columns, literals, conditions and calculations.

Conditions follow SQL's three-valued logic: a comparison with NULL is unknown, and only what is true
is kept. A compiled scalar gives None for unknown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from labkit.errors import InputError
from labkit.messages import say


class AlgebraError(InputError):
    """An expression that cannot be read, or does not fit the relations it is used on."""


class Name(NamedTuple):
    """A column of an intermediate relation: the relation it came from, and its name."""

    relation: str | None
    column: str

    def __str__(self) -> str:
        return f"{self.relation}.{self.column}" if self.relation else self.column


Header = tuple[Name, ...]
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Column:
    """A column by name, by relation and name, or by its number from 1."""

    name: str
    relation: str | None = None

    def __str__(self) -> str:
        return f"{self.relation}.{self.name}" if self.relation else self.name


@dataclass(frozen=True)
class Position:
    """A column by its place, from 1: `[2]`."""

    number: int


@dataclass(frozen=True)
class Literal:
    """A number, text, date, truth value, or None for NULL."""

    value: Any


@dataclass(frozen=True)
class Operation:
    """An operator on one or two values: `+ - * /`, comparisons, `and or xor not`, `like ilike`."""

    operator: str
    operands: tuple["Scalar", ...]


@dataclass(frozen=True)
class IsNull:
    """`x is null`, or with `negated` `x is not null`: never unknown."""

    operand: "Scalar"
    negated: bool = False


@dataclass(frozen=True)
class Call:
    """A function of values: see `FUNCTIONS`."""

    function: str
    arguments: tuple["Scalar", ...]


@dataclass(frozen=True)
class Case:
    """`case when … then … else … end`; without a match and an `else`, NULL."""

    branches: tuple[tuple["Scalar", "Scalar"], ...]
    otherwise: "Scalar | None" = None


Scalar = Column | Position | Literal | Operation | IsNull | Call | Case
COMPARISONS = ("=", "≠", "<", "≤", ">", "≥")
CONNECTIVES = ("and", "or", "xor", "not")


FUNCTIONS: dict[str, tuple[int | None, Callable[..., Any]]] = {
    "upper": (1, str.upper),
    "lower": (1, str.lower),
    "length": (1, len),
    "abs": (1, abs),
    "year": (1, lambda day: _day(day).year),
    "coalesce": (None, lambda *values: next((v for v in values if v is not None), None)),
}


def is_condition(scalar: Scalar) -> bool:
    """Tell whether a scalar is true, false or unknown by its form."""
    if isinstance(scalar, Operation):
        return scalar.operator in (*COMPARISONS, *CONNECTIVES, "like", "ilike")
    return isinstance(scalar, IsNull) or (
        isinstance(scalar, Literal) and isinstance(scalar.value, bool)
    )


def find(header: Header, wanted: Column | Position) -> int:
    """Find the place of a column in a header.

    Raises:
        AlgebraError: If it is not there, or more than one column has the name.
    """
    known = ", ".join(str(name) for name in header)
    if isinstance(wanted, Position):
        if not 1 <= wanted.number <= len(header):
            raise AlgebraError(say("algebra.position", number=wanted.number, columns=known))
        return wanted.number - 1
    places = [
        i
        for i, name in enumerate(header)
        if name.column == wanted.name and wanted.relation in (None, name.relation)
    ]
    if len(places) > 1:
        options = ", ".join(str(header[i]) for i in places)
        raise AlgebraError(say("algebra.ambiguous", column=wanted, options=options))
    if not places:
        raise AlgebraError(say("algebra.unknown_column", column=wanted, columns=known))
    return places[0]


Compiled = Callable[[Row], Any]


def compiled(scalar: Scalar, header: Header) -> Compiled:
    """Turn a scalar into a function of one row; None is NULL, or unknown for a condition.

    Raises:
        AlgebraError: If a column is not in the header, or means more than one.
    """
    match scalar:
        case Column() | Position():
            return itemgetter(find(header, scalar))
        case Literal(value=constant):
            return lambda row: constant
        case IsNull(operand=operand, negated=negated):
            inner = compiled(operand, header)
            return lambda row: (inner(row) is None) != negated
        case Case(branches=branches, otherwise=otherwise):
            pairs = [(compiled(c, header), compiled(r, header)) for c, r in branches]
            last = compiled(otherwise or Literal(None), header)
            return lambda row: next((r for c, r in pairs if c(row) is True), last)(row)
        case Call(function=function, arguments=arguments):
            inputs = [compiled(a, header) for a in arguments]
            return lambda row: _call(function, [i(row) for i in inputs])
        case Operation(operator="and" | "or" as operator, operands=(left, right)):
            one, other = compiled(left, header), compiled(right, header)
            return lambda row: _both(operator, one(row), other(row))
        case Operation(operator=operator, operands=operands):
            inputs = [compiled(o, header) for o in operands]
            return lambda row: _operate(operator, [i(row) for i in inputs])
    raise TypeError(scalar)


def _call(function: str, values: list[Any]) -> Any:
    if function != "coalesce" and None in values:
        return None
    return FUNCTIONS[function][1](*values)


def _both(operator: str, left: Any, right: Any) -> bool | None:
    decides = operator == "or"  # true decides an or, false decides an and
    if left is decides or right is decides:
        return decides
    return None if left is None or right is None else not decides


def _operate(operator: str, values: list[Any]) -> Any:
    if None in values:
        return None
    if operator == "not":
        return not values[0]
    if operator == "neg":
        return -values[0]
    left, right = values
    if operator in COMPARISONS:
        left, right = _alike(left, right)
    match operator:
        case "=":
            return left == right
        case "≠":
            return left != right
        case "<":
            return left < right
        case "≤":
            return left <= right
        case ">":
            return left > right
        case "≥":
            return left >= right
        case "xor":
            return left != right
        case "like" | "ilike":
            return _like(left, right, ignore_case=operator == "ilike")
    if isinstance(left, str) or isinstance(right, str):
        raise AlgebraError(say("algebra.not_numbers", operator=operator, left=left, right=right))
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return None if right == 0 else left / right
    raise ValueError(operator)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, date) and isinstance(right, date | str):
        return _day(left), _day(right)
    if isinstance(right, date) and isinstance(left, str):
        return _day(left), _day(right)
    if isinstance(left, str) != isinstance(right, str):
        raise AlgebraError(say("algebra.not_comparable", left=repr(left), right=repr(right)))
    return left, right


def _day(moment: date | str) -> datetime:
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment)
        except ValueError:
            raise AlgebraError(say("algebra.not_a_date", came=moment)) from None
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day)


def _like(text: Any, pattern: Any, *, ignore_case: bool) -> bool:
    parts = {"%": ".*", "_": "."}
    wanted = "".join(parts.get(c, re.escape(c)) for c in pattern)
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(wanted, text, flags) is not None
