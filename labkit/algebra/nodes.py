"""The operators of relational algebra as data: one small class for each, with their headers."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkit.algebra.scalar import (
    AlgebraError,
    Call,
    Case,
    Column,
    Header,
    IsNull,
    Literal,
    Name,
    Operation,
    Position,
    Row,
    Scalar,
    find,
    named,
)
from labkit.messages import say

Columns = Mapping[str, tuple[str, ...]]  # relation -> its column names


@dataclass(frozen=True)
class Relation:
    """A relation of the database, by name."""

    name: str


@dataclass(frozen=True)
class Inline:
    """A relation written out in the expression."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Select:
    """σ: the rows for which the condition is true."""

    condition: Scalar
    child: "Node"


@dataclass(frozen=True)
class Project:
    """π: some columns, or what is calculated from them, each with a new name or None."""

    items: tuple[tuple[Scalar, str | None], ...]
    child: "Node"


@dataclass(frozen=True)
class Rename:
    """ρ: a new name for the relation, or new names for columns (new, old)."""

    relation: str | None
    columns: tuple[tuple[str, Column], ...]
    child: "Node"


@dataclass(frozen=True)
class Sort:
    """τ: rows in order; each item is a column and whether it descends. NULL comes last."""

    items: tuple[tuple[Column | Position, bool], ...]
    child: "Node"


@dataclass(frozen=True)
class Group:
    """γ: one row for each group; aggregates are (function, argument or None for `*`, new name)."""

    by: tuple[Column | Position, ...]
    aggregates: tuple[tuple[str, Scalar | None, str], ...]
    child: "Node"


@dataclass(frozen=True)
class Join:
    """A join: kind is inner, left, right, full, semi, rightsemi, anti or cross.

    Without a condition (and not cross) it is natural: equal in all columns of the same name.
    """

    kind: str
    condition: Scalar | None
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class SetOperation:
    """∪, ∩ or − of two relations with as many columns; the left one names them."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Division:
    """÷: what stands in the left relation together with every row of the right one."""

    left: "Node"
    right: "Node"


Node = (
    Relation | Inline | Select | Project | Rename | Sort | Group
    | Join | SetOperation | Division
)  # fmt: skip
AGGREGATES = ("count", "sum", "avg", "min", "max")


def children(node: Node) -> tuple[Node, ...]:
    """Return the operands of an operator, left to right."""
    if isinstance(node, Relation | Inline):
        return ()
    if isinstance(node, Join | SetOperation | Division):
        return (node.left, node.right)
    return (node.child,)


def header(node: Node, columns: Columns) -> Header:
    """Work out the columns of an expression.

    Raises:
        AlgebraError: If a relation or column is unknown or ambiguous, or two relations do not fit.
    """
    match node:
        case Relation(name=name):
            if name not in columns:
                raise AlgebraError(
                    say("algebra.unknown_relation", name=name, known=named(name, columns))
                )
            return tuple(Name(name, column) for column in columns[name])
        case Inline(columns=names):
            return tuple(Name(None, name) for name in names)
        case Select(condition=condition, child=child):
            below = header(child, columns)
            check(condition, below)
            return below
        case Project(items=items, child=child):
            return _projected(items, header(child, columns))
        case Rename(relation=relation, columns=renamed, child=child):
            return _renamed(relation, renamed, header(child, columns))
        case Sort(items=order, child=child):
            below = header(child, columns)
            for column, _ in order:
                find(below, column)
            return below
        case Group(by=by, aggregates=aggregates, child=child):
            below = header(child, columns)
            for _, argument, _ in aggregates:
                if argument is not None:
                    check(argument, below)
            kept = [below[find(below, column)] for column in by]
            return (*kept, *(Name(None, name) for _, _, name in aggregates))
        case Join():
            return _joined(node, header(node.left, columns), header(node.right, columns))
        case SetOperation(operator=operator, left=left, right=right):
            one, other = header(left, columns), header(right, columns)
            if len(one) != len(other):
                raise AlgebraError(
                    say("algebra.widths", operator=operator, left=len(one), right=len(other))
                )
            return one
        case Division(left=left, right=right):
            one, other = header(left, columns), header(right, columns)
            return tuple(one[i] for i in quotient(one, other))
    raise TypeError(node)


def common(left: Header, right: Header) -> list[tuple[int, int]]:
    """Find the places of the columns that two headers share by name.

    Raises:
        AlgebraError: If a shared name stands twice on one side.
    """
    shared = [name.column for name in left if name.column in {n.column for n in right}]
    names = list(dict.fromkeys(shared))
    return [(find(left, Column(name)), find(right, Column(name))) for name in names]


def quotient(dividend: Header, divisor: Header) -> list[int]:
    """Find the places of the columns that remain after a division.

    Raises:
        AlgebraError: If the divisor has a column that the dividend lacks, or none remains.
    """
    taken = {find(dividend, Column(name.column)) for name in divisor}
    rest = [i for i in range(len(dividend)) if i not in taken]
    if not rest:
        raise AlgebraError(say("algebra.nothing_left"))
    return rest


def check(scalar: Scalar, below: Header) -> None:
    """Raise AlgebraError if a scalar uses a column that is not there."""
    match scalar:
        case Column() | Position():
            find(below, scalar)
        case Operation(operands=parts) | Call(arguments=parts):
            for part in parts:
                check(part, below)
        case IsNull(operand=operand):
            check(operand, below)
        case Case(branches=branches, otherwise=otherwise):
            for condition, result in branches:
                check(condition, below)
                check(result, below)
            if otherwise is not None:
                check(otherwise, below)
        case Literal():
            pass


def _projected(items: tuple[tuple[Scalar, str | None], ...], below: Header) -> Header:
    names = []
    for number, (scalar, name) in enumerate(items, 1):
        check(scalar, below)
        if name is not None:
            names.append(Name(None, name))
        elif isinstance(scalar, Column | Position):
            names.append(below[find(below, scalar)])
        else:
            names.append(Name(None, f"column{number}"))
    return tuple(names)


def _renamed(
    relation: str | None, renamed: tuple[tuple[str, Column], ...], below: Header
) -> Header:
    new = {find(below, old): name for name, old in renamed}
    return tuple(
        Name(relation or name.relation, new.get(i, name.column)) for i, name in enumerate(below)
    )


def _joined(node: Join, left: Header, right: Header) -> Header:
    if node.condition is not None:
        check(node.condition, left + right)
    if node.kind in ("semi", "anti"):
        if node.condition is None:
            common(left, right)
        return left
    if node.kind == "rightsemi":
        return right
    if node.kind == "cross" or node.condition is not None:
        return left + right
    dropped = {j for _, j in common(left, right)}
    return left + tuple(name for j, name in enumerate(right) if j not in dropped)
