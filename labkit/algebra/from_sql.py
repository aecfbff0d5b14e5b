"""A simple SELECT as algebra, so that both directions can be taught."""

from datetime import date
from typing import Any

from labkit.algebra.nodes import (
    AGGREGATES,
    Group,
    Join,
    Node,
    Project,
    Relation,
    Rename,
    Select,
    SetOperation,
    Sort,
)
from labkit.algebra.scalar import (
    FUNCTIONS,
    AlgebraError,
    Call,
    Case,
    Column,
    IsNull,
    Literal,
    Operation,
    Scalar,
)
from labkit.messages import say

BINARY = {"EQ": "=", "NEQ": "≠", "LT": "<", "LTE": "≤", "GT": ">", "GTE": "≥", "And": "and",
          "Or": "or", "Like": "like", "ILike": "ilike", "Add": "+", "Sub": "-", "Mul": "*",
          "Div": "/"}  # fmt: skip
SETS = {"Union": "∪", "Intersect": "∩", "Except": "−"}


def read_sql(text: str) -> Node:
    """Turn a simple SELECT into algebra.

    Understood are SELECT with columns and calculations, FROM, joins (inner, left, right, full,
    cross, NATURAL, ON), WHERE with IN-lists, BETWEEN and LIKE, GROUP BY with aggregates, HAVING,
    ORDER BY, UNION, INTERSECT and EXCEPT, and subqueries in FROM.

    Raises:
        AlgebraError: If the text is no SQL, or has something with no simple form in algebra.
    """
    import sqlglot

    try:
        tree: Any = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        raise AlgebraError(say("algebra.sql_unread", said=str(error).splitlines()[0])) from None
    return _query(tree)


def _refuse(tree: Any) -> AlgebraError:
    return AlgebraError(say("algebra.not_simple", what=tree.sql(dialect="duckdb")[:60]))


def _query(tree: Any) -> Node:
    kind = type(tree).__name__
    if kind == "Subquery" and not tree.alias:
        return _query(tree.this)
    if kind in SETS:
        node: Node = SetOperation(SETS[kind], _query(tree.this), _query(tree.expression))
        return _ordered(node, tree)
    if kind != "Select":
        raise _refuse(tree)
    for part in ("limit", "offset", "qualify", "windows", "with", "with_"):
        if tree.args.get(part):
            raise _refuse(tree.args[part])
    source = tree.args.get("from") or tree.args.get("from_")
    if source is None:
        raise _refuse(tree)
    node = _table(source.this)
    for join in tree.args.get("joins") or []:
        node = _join(node, join)
    if where := tree.args.get("where"):
        node = Select(_scalar(where.this), node)
    return _ordered(_shown(node, tree), tree)


def _ordered(node: Node, tree: Any) -> Node:
    order = tree.args.get("order")
    if not order:
        return node
    items = []
    for item in order.expressions:
        column = _scalar(item.this)
        if not isinstance(column, Column):
            raise _refuse(item)
        items.append((column, bool(item.args.get("desc"))))
    return Sort(tuple(items), node)


def _table(tree: Any) -> Node:
    kind = type(tree).__name__
    if kind == "Table":
        node: Node = Relation(tree.name)
        for join in tree.args.get("joins") or []:
            node = _join(node, join)
    elif kind == "Subquery":
        node = _query(tree.this)
    else:
        raise _refuse(tree)
    return Rename(tree.alias, (), node) if tree.alias else node


def _join(left: Node, join: Any) -> Node:
    right = _table(join.this)
    if join.args.get("using"):
        raise _refuse(join)
    side, word = (join.side or "").lower(), (join.kind or "").lower()
    kind = word if word in ("semi", "anti", "cross") else side or "inner"
    on = join.args.get("on")
    if (join.method or "").lower() == "natural":
        return Join(kind, None, left, right)
    if on is None:
        return Join("cross", None, left, right)
    return Join(kind, _scalar(on), left, right)


def _shown(node: Node, tree: Any) -> Node:
    items = [(e.this if type(e).__name__ == "Alias" else e, e.alias or None)
             for e in tree.expressions]  # fmt: skip
    grouped = tree.args.get("group")
    having = tree.args.get("having")
    calls = [call for item, _ in items for call in _aggregates(item)]
    calls += _aggregates(having.this) if having else []
    if grouped or calls:
        return _grouped(node, items, grouped, having)
    if len(items) == 1 and type(items[0][0]).__name__ == "Star":
        return node
    return Project(tuple((_scalar(item), name) for item, name in items), node)


def _grouped(node: Node, items: list[Any], grouped: Any, having: Any) -> Node:
    by = [_scalar(e) for e in grouped.expressions] if grouped else []
    columns = [c for c in by if isinstance(c, Column)]
    if len(columns) < len(by):
        raise _refuse(grouped)
    aggregates: dict[str, tuple[str, Scalar | None, str]] = {}
    for item, name in items:
        for call in _aggregates(item):
            wanted = name if call is item and name else None
            _collect(aggregates, call, wanted)
    if having:
        for call in _aggregates(having.this):
            _collect(aggregates, call, None)
    names = {text: Column(made[2]) for text, made in aggregates.items()}
    node = Group(tuple(columns), tuple(aggregates.values()), node)
    if having:
        node = Select(_scalar(having.this, names), node)
    shown = tuple((_scalar(item, names), name) for item, name in items)
    shown = tuple((s, None if isinstance(s, Column) and s.name == n else n) for s, n in shown)
    natural = [*columns, *(Column(made[2]) for made in aggregates.values())]
    return node if [s for s, n in shown if not n] == natural else Project(shown, node)


def _aggregates(tree: Any) -> list[Any]:
    return [part for part in tree.walk() if type(part).__name__.lower() in AGGREGATES]


def _collect(
    aggregates: dict[str, tuple[str, Scalar | None, str]], call: Any, name: str | None
) -> None:
    text = call.sql(dialect="duckdb")
    function = type(call).__name__.lower()
    if type(call.this).__name__ == "Distinct":
        raise _refuse(call)
    argument = None if type(call.this).__name__ == "Star" else _scalar(call.this)
    if text not in aggregates or name:
        free = f"{function}{len(aggregates) + 1}"
        aggregates[text] = (function, argument, name or free)


def _scalar(tree: Any, names: dict[str, Column] | None = None) -> Scalar:
    if names and (column := names.get(tree.sql(dialect="duckdb"))):
        return column
    kind = type(tree).__name__

    def inner(part: Any) -> Scalar:
        return _scalar(part, names)

    if kind in BINARY:
        return Operation(BINARY[kind], (inner(tree.this), inner(tree.expression)))
    match kind:
        case "Column":
            return Column(tree.name, tree.table or None)
        case "Paren":
            return inner(tree.this)
        case "Not":
            negated = inner(tree.this)
            if isinstance(negated, IsNull):
                return IsNull(negated.operand, not negated.negated)
            return Operation("not", (negated,))
        case "Neg":
            return Operation("neg", (inner(tree.this),))
        case "Is" if type(tree.expression).__name__ == "Null":
            return IsNull(inner(tree.this))
        case "Null" | "Boolean" | "Literal":
            return Literal(_constant(tree))
        case "Cast" if tree.to.sql().upper() == "DATE" and type(tree.this).__name__ == "Literal":
            return Literal(date.fromisoformat(tree.this.name))
        case "Between":
            low = Operation("≥", (inner(tree.this), inner(tree.args["low"])))
            return Operation(
                "and", (low, Operation("≤", (inner(tree.this), inner(tree.args["high"]))))
            )
        case "In" if tree.expressions:
            return _any([Operation("=", (inner(tree.this), inner(e))) for e in tree.expressions])
        case "Case" if tree.this is None:
            branches = tuple((inner(b.this), inner(b.args["true"])) for b in tree.args["ifs"])
            last = tree.args.get("default")
            return Case(branches, None if last is None else inner(last))
        case "Coalesce":
            return Call("coalesce", (inner(tree.this), *map(inner, tree.expressions)))
    if kind.lower() in FUNCTIONS:
        return Call(kind.lower(), (inner(tree.this),))
    raise _refuse(tree)


def _any(conditions: list[Scalar]) -> Scalar:
    found = conditions[0]
    for condition in conditions[1:]:
        found = Operation("or", (found, condition))
    return found


def _constant(tree: Any) -> Any:
    match type(tree).__name__:
        case "Null":
            return None
        case "Boolean":
            return tree.this
    if tree.is_string:
        return tree.this
    return float(tree.this) if "." in tree.this else int(tree.this)
