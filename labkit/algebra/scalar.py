"""What stands inside σ, π, γ and joins: columns, literals, conditions and calculations.

Conditions follow SQL's three-valued logic: a comparison with NULL is unknown, and only what is true
is kept. A compiled scalar gives None for unknown.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
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


def labels(names: Header) -> list[str]:
    """Name the columns of a result: plain names, with the relation where two would be alike."""
    plain = Counter(name.column for name in names)
    wanted = [str(n) if plain[n.column] > 1 else n.column for n in names]
    seen: Counter[str] = Counter()
    found = []
    for label in wanted:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label}_{seen[label]}")
    return found


def find(header: Header, wanted: Column | Position) -> int:
    """Find the place of a column in a header.

    Raises:
        AlgebraError: If it is not there, or more than one column has the name.
    """
    if isinstance(wanted, Position):
        if not 1 <= wanted.number <= len(header):
            columns = ", ".join(labels(header))
            raise AlgebraError(say("algebra.position", number=wanted.number, columns=columns))
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
        columns = named(wanted.name, labels(header))
        raise AlgebraError(say("algebra.unknown_column", column=wanted, columns=columns))
    return places[0]


def named(wanted: str, known: Iterable[str]) -> str:
    """List known names, with those most like the wanted one, which there is none of."""
    names = list(known)
    plain = {name.rpartition(".")[2].lower(): name for name in reversed(names)}
    near = [f"'{plain[n]}'" for n in get_close_matches(wanted.lower(), plain, 2, 0.7)]
    more = ""
    if near:
        more = " " + say("algebra.did_you_mean", names=" / ".join(near))
    elif not wanted.islower():  # as "E11", where 'E11' is meant
        more = " " + say("algebra.text_quotes", text=wanted)
    return ", ".join(names) + "." + more


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
            return lambda row: next((r for c, r in pairs if truth(c(row), "when")), last)(row)
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
    left, right = truth(left, operator), truth(right, operator)
    if left is decides or right is decides:
        return decides
    return None if left is None or right is None else not decides


def _operate(operator: str, values: list[Any]) -> Any:
    if None in values:
        return None
    if operator == "not":
        return not truth(values[0], operator)
    if operator == "neg":
        return -_number(values[0], operator="-")
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
            return truth(left, operator) != truth(right, operator)
        case "like" | "ilike":
            return _like(left, right, ignore_case=operator == "ilike")
    left, right = _number(left, operator=operator), _number(right, operator=operator)
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
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, date) != isinstance(
        right, date
    ):
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


def truth(came: Any, operator: str) -> bool | None:
    """Take a value for true, false or None: unknown. A database without truth values has 0 and 1.

    Raises:
        AlgebraError: If it is something else.
    """
    if came is None or came in (0, 1):
        return None if came is None else bool(came)
    raise AlgebraError(say("algebra.not_a_condition", operator=operator, came=repr(came)))


def _number(came: Any, *, operator: str) -> Any:
    if isinstance(came, str | date):
        raise AlgebraError(say("algebra.not_a_number", operator=operator, came=repr(came)))
    return came


def _like(text: Any, pattern: Any, *, ignore_case: bool) -> bool:
    if not (isinstance(text, str) and isinstance(pattern, str)):
        came = pattern if isinstance(text, str) else text
        raise AlgebraError(say("algebra.not_a_text", operator="like", came=repr(came)))
    parts = {"%": ".*", "_": "."}
    wanted = "".join(parts.get(c, re.escape(c)) for c in pattern)
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(wanted, text, flags) is not None
