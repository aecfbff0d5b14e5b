"""Work out an expression on DataFrames, operator by operator, so that each step can be looked at.

Sets by default: every result is without duplicates. With `bags` duplicates count, as in SQL: ∪ adds
them up, ∩ takes the smaller number, − the difference; ÷ is about sets alone, as in the books. In
∪ ∩ − ÷ γ, and when duplicates are removed, two NULLs are the same; in conditions and joins they
never are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.algebra.nodes import (
    Division,
    Group,
    Inline,
    Join,
    Node,
    Project,
    Relation,
    Rename,
    Select,
    SetOperation,
    Sort,
    children,
    common,
    header,
    quotient,
)
from labkit.algebra.scalar import (
    AlgebraError,
    Column,
    Compiled,
    Header,
    Operation,
    Row,
    Scalar,
    compiled,
    find,
    labels,
    truth,
)
from labkit.messages import say

if TYPE_CHECKING:
    from pandas import DataFrame

Database = Mapping[str, "DataFrame"]


class Result(NamedTuple):
    """An intermediate relation."""

    header: Header
    rows: list[Row]


def columns_of(db: Database) -> dict[str, tuple[str, ...]]:
    """Return the column names of each relation."""
    return {name: tuple(str(c) for c in frame.columns) for name, frame in db.items()}


def evaluate(node: Node, db: Database, *, bags: bool = False) -> list[tuple[Node, Result]]:
    """Evaluate every operator of an expression, operands first; the last item is the whole."""
    columns = columns_of(db)
    header(node, columns)  # so that a fault anywhere is found before any work
    done: list[tuple[Node, Result]] = []
    _walk(node, db, columns, bags, done)
    return done


def to_frame(result: Result) -> "DataFrame":
    """Make a DataFrame; columns of one name get their relation in front."""
    from pandas import DataFrame

    return DataFrame(result.rows, columns=labels(result.header), dtype=object).infer_objects()


def plain(value: Any) -> Any:
    """Turn what a DataFrame holds into a plain Python value; every kind of missing is None."""
    if value is None or value != value:
        return None
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    elif hasattr(value, "item"):
        value = value.item()
    if isinstance(value, datetime) and not (
        value.hour or value.minute or value.second or value.microsecond
    ):
        return value.date()
    return value


def _walk(
    node: Node,
    db: Database,
    columns: Mapping[str, tuple[str, ...]],
    bags: bool,
    done: list[tuple[Node, Result]],
) -> Result:
    below = [_walk(child, db, columns, bags, done) for child in children(node)]
    rows = _rows(node, below, db)
    if not bags:
        rows = list(dict.fromkeys(rows))
    result = Result(header(node, columns), rows)
    done.append((node, result))
    return result


def _rows(node: Node, below: list[Result], db: Database) -> list[Row]:
    match node:
        case Relation(name=name):
            return _read(db[name])
        case Inline(rows=rows):
            return list(rows)
        case Select(condition=condition):
            keep = compiled(condition, below[0].header)
            return [row for row in below[0].rows if truth(keep(row), "σ")]
        case Project(items=items):
            makers = [compiled(scalar, below[0].header) for scalar, _ in items]
            return [tuple(make(row) for make in makers) for row in below[0].rows]
        case Rename():
            return below[0].rows
        case Sort(items=items):
            return _sorted(below[0], [(find(below[0].header, c), down) for c, down in items])
        case Group():
            return _grouped(node, below[0])
        case Join():
            return _joined(node, *below)
        case SetOperation(operator=operator):
            return _combined(operator, below[0].rows, below[1].rows)
        case Division():
            return _divided(*below)
    raise TypeError(node)


def _read(frame: "DataFrame") -> list[Row]:
    columns = [[plain(v) for v in frame[name]] for name in frame.columns]
    return list(zip(*columns, strict=True)) if columns else []


def _sorted(relation: Result, order: Sequence[tuple[int, bool]]) -> list[Row]:
    rows = relation.rows
    for place, descending in reversed(order):
        there = [row for row in rows if row[place] is not None]
        nulls = [row for row in rows if row[place] is None]
        there.sort(key=_at(place), reverse=descending)
        rows = there + nulls
    return rows


def _at(place: int) -> Compiled:
    return lambda row: _comparable(row[place])


def _comparable(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def _grouped(node: Group, below: Result) -> list[Row]:
    places = [find(below.header, column) for column in node.by]
    groups: dict[Row, list[Row]] = {} if places else {(): []}
    for row in below.rows:
        groups.setdefault(tuple(row[p] for p in places), []).append(row)
    inputs = [
        (function, None if argument is None else compiled(argument, below.header))
        for function, argument, _ in node.aggregates
    ]
    return [(*key, *(_aggregate(f, i, rows) for f, i in inputs)) for key, rows in groups.items()]


def _aggregate(function: str, argument: Compiled | None, rows: list[Row]) -> Any:
    if argument is None:
        return len(rows)
    values = [v for v in map(argument, rows) if v is not None]
    if function == "count":
        return len(values)
    if not values:
        return None
    if function in ("min", "max"):
        return (min if function == "min" else max)(values, key=_comparable)
    if any(isinstance(v, str | date) for v in values):
        raise AlgebraError(say("algebra.not_a_number", operator=function, came=repr(values[0])))
    total = sum(values)
    return total if function == "sum" else total / len(values)


def _joined(node: Join, left: Result, right: Result) -> list[Row]:
    if node.kind == "rightsemi":
        return _joined(Join("semi", node.condition, node.right, node.left), right, left)
    natural = node.condition is None and node.kind != "cross"
    equal, test = _split(node, left.header, right.header)
    index: dict[Row, list[int]] = defaultdict(list)
    for number, row in enumerate(right.rows):
        key = tuple(_comparable(row[j]) for _, j in equal)
        if None not in key:
            index[key].append(number)
    dropped = {j for _, j in equal} if natural else set()
    kept = [j for j in range(len(right.header)) if j not in dropped]
    rows: list[Row] = []
    found: set[int] = set()
    for row in left.rows:
        key = tuple(_comparable(row[i]) for i, _ in equal)
        partners = [] if None in key else index.get(key, [])
        if test is not None:
            partners = [n for n in partners if truth(test(row + right.rows[n]), "⋈")]
        found.update(partners)
        if node.kind in ("semi", "anti"):
            if bool(partners) == (node.kind == "semi"):
                rows.append(row)
            continue
        rows += [row + tuple(right.rows[n][j] for j in kept) for n in partners]
        if not partners and node.kind in ("left", "full"):
            rows.append(row + (None,) * len(kept))
    if node.kind in ("right", "full"):
        blank: list[Any] = [None] * len(left.header)
        for number, row in enumerate(right.rows):
            if number not in found:
                start = list(blank)
                for i, j in equal if natural else ():
                    start[i] = row[j]
                rows.append((*start, *(row[j] for j in kept)))
    return rows


def _split(node: Join, left: Header, right: Header) -> tuple[list[tuple[int, int]], Any]:
    """Part a join's condition into equal columns, which are looked up, and the rest."""
    if node.kind == "cross":
        return [], None
    if node.condition is None:
        return common(left, right), None
    equal, rest = [], []
    both = left + right
    for part in _conjuncts(node.condition):
        pair = _equality(part, both, len(left))
        if pair:
            equal.append(pair)
        else:
            rest.append(part)
    if not rest:
        return equal, None
    test: Scalar = rest[0]
    for part in rest[1:]:
        test = Operation("and", (test, part))
    return equal, compiled(test, both)


def _conjuncts(condition: Scalar) -> Iterable[Scalar]:
    if isinstance(condition, Operation) and condition.operator == "and":
        for part in condition.operands:
            yield from _conjuncts(part)
    else:
        yield condition


def _equality(part: Scalar, both: Header, width: int) -> tuple[int, int] | None:
    if not (isinstance(part, Operation) and part.operator == "="):
        return None
    if not all(isinstance(operand, Column) for operand in part.operands):
        return None
    one, other = sorted(find(both, o) for o in part.operands if isinstance(o, Column))
    return (one, other - width) if one < width <= other else None


def _combined(operator: str, left: list[Row], right: list[Row]) -> list[Row]:
    if operator == "∪":
        return left + right
    counts = Counter(right)
    rows = []
    for row in left:
        inside = counts[row] > 0
        counts[row] -= inside
        if inside == (operator == "∩"):
            rows.append(row)
    return rows


def _divided(dividend: Result, divisor: Result) -> list[Row]:
    rest = quotient(dividend.header, divisor.header)
    wanted = [find(dividend.header, Column(name.column)) for name in divisor.header]
    needed = set(divisor.rows)
    partners: dict[Row, set[Row]] = {}
    for row in dividend.rows:
        key = tuple(row[i] for i in rest)
        partners.setdefault(key, set()).add(tuple(row[i] for i in wanted))
    return [key for key, there in partners.items() if needed <= there]
