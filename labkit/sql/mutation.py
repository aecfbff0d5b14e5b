"""Small mistakes put into a query on purpose, one at a time.

A task's databases should catch them: what no database tells from the reference is either equal to
it or a mistake that students could make unseen.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import sqlglot
from sqlglot import exp

from labkit.messages import say
from labkit.sql.errors import SqlError

Made = Iterator[exp.Expr | None]  # what to put in a node's place; None removes it
_LIMITS: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
}
_AGGREGATES: dict[type[exp.Expr], tuple[type[exp.Expr], ...]] = {
    exp.Sum: (exp.Avg, exp.Max),
    exp.Avg: (exp.Sum, exp.Median),
    exp.Min: (exp.Max,),
    exp.Max: (exp.Min,),
    exp.Median: (exp.Avg,),
    exp.Lag: (exp.Lead,),
    exp.Lead: (exp.Lag,),
    exp.Rank: (exp.RowNumber,),
    exp.DenseRank: (exp.Rank,),
    exp.RowNumber: (exp.Rank,),
}


@dataclass(frozen=True)
class Mutant:
    """A query with one mistake.

    Attributes:
        sql: The query.
        kind: Which mistake: `join`, `null`, `distinct`, `aggregate`, `limit`, `date`, `set`,
            `precedence`, `condition`, `pattern`, `window`, `order`, `arithmetic`.
    """

    sql: str
    kind: str

    def __str__(self) -> str:
        return f"{say(f'sql.mutant_{self.kind}')}: {self.sql}"

    @property
    def id(self) -> str:
        """Name by which an author accepts it: the same until its query changes."""
        return hashlib.sha256(self.sql.encode()).hexdigest()[:6]


def mutants(reference: str) -> list[Mutant]:
    """Put one mistake at a time into a query.

    Args:
        reference: A query that sqlglot can parse.

    Returns:
        The mutants, each once, in the order of the mistakes above; some may not run, since a
        mistake can make a query invalid.

    Raises:
        SqlError: If the query does not parse.

    Source:
        The classes of mistakes follow Tuya, Suárez-Cabal, de la Riva, "Mutating database queries",
        Information and Software Technology 49 (2007).

    Examples:
        >>> for mutant in mutants("SELECT DISTINCT id FROM lab WHERE value > 5"):
        ...     print(mutant.kind, mutant.sql)
        distinct SELECT id FROM lab WHERE value > 5
        limit SELECT DISTINCT id FROM lab WHERE value >= 5
        limit SELECT DISTINCT id FROM lab WHERE value > 4
        limit SELECT DISTINCT id FROM lab WHERE value > 6
        condition SELECT DISTINCT id FROM lab
    """
    try:
        tree = sqlglot.parse_one(reference, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise SqlError(say("sql.other", said=str(error)), kind="syntax") from None
    found: dict[str, Mutant] = {tree.sql(dialect="duckdb"): Mutant("", "")}
    nodes = list(tree.walk())
    for kind, rule in _RULES:
        for place, node in enumerate(nodes):
            for n in range(len(list(rule(node)))):
                text = _replaced(tree, place, rule, n)
                if text is not None:
                    found.setdefault(text, Mutant(text, kind))
    return list(found.values())[1:]


def _replaced(tree: exp.Expr, place: int, rule: Callable[[exp.Expr], Made], n: int) -> str | None:
    """Write the tree with the n-th of a rule's replacements for the node at a place."""
    copy = tree.copy()
    there = list(copy.walk())[place]
    new = list(rule(there))[n]
    if there is copy:
        return None if new is None else new.sql(dialect="duckdb")
    if new is None:
        there.pop()
    elif new is not there:
        there.replace(new)
    return copy.sql(dialect="duckdb")


def _join(node: exp.Expr) -> Made:
    if not isinstance(node, exp.Join) or node.kind == "CROSS" or node.method:
        return
    for side in ("", "LEFT", "RIGHT", "FULL") if node.side else ("", "LEFT"):
        if side != node.side:
            new = node.copy()
            new.set("side", side or None)
            new.set("kind", None)
            yield new


def _null(node: exp.Expr) -> Made:
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        yield exp.EQ(this=node.this.copy(), expression=exp.Null())
        if not isinstance(node.parent, exp.Not):
            yield exp.Not(this=node.copy())
    elif isinstance(node, exp.Coalesce | exp.Nullif):
        yield node.this.copy()
    elif isinstance(node, exp.NullSafeNEQ):
        yield exp.NEQ(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, exp.NullSafeEQ):
        yield exp.EQ(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, exp.Case) and node.args.get("default") is None:
        new = node.copy()
        new.set("default", exp.Literal.number(0))
        yield new


def _distinct(node: exp.Expr) -> Made:
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        new = node.copy()
        new.set("distinct", None)
        yield new
    elif isinstance(node, exp.Count):
        inner = node.this
        if isinstance(inner, exp.Distinct):
            yield exp.Count(this=inner.expressions[0].copy())
        elif isinstance(inner, exp.Star):
            return
        else:
            yield exp.Count(this=exp.Distinct(expressions=[inner.copy()]))
            yield exp.Count(this=exp.Star())


def _aggregate(node: exp.Expr) -> Made:
    for other in _AGGREGATES.get(type(node), ()):
        if isinstance(node, exp.Lag | exp.Lead):
            yield other(**{k: v.copy() for k, v in node.args.items() if isinstance(v, exp.Expr)})
        elif issubclass(other, exp.Rank | exp.RowNumber | exp.DenseRank):
            yield other()
        else:
            yield other(this=node.this.copy())


def _limit(node: exp.Expr) -> Made:
    other = _LIMITS.get(type(node))
    if other is not None:
        yield other(this=node.args["this"].copy(), expression=node.args["expression"].copy())
    elif isinstance(node, exp.Between):
        low, high = node.args["low"], node.args["high"]
        for least, most in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
            yield exp.paren(
                exp.And(
                    this=least(this=node.this.copy(), expression=low.copy()),
                    expression=most(this=node.this.copy(), expression=high.copy()),
                )
            )
    elif isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        beside = node.parent
        if isinstance(beside, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.EQ | exp.Between | exp.Add):
            yield exp.Literal.number(max(0, int(node.this) - 1))
            yield exp.Literal.number(int(node.this) + 1)


def _date(node: exp.Expr) -> Made:
    if isinstance(node, exp.Interval) and node.this is not None and node.this.name.isdigit():
        for n in (int(node.this.name) - 1, int(node.this.name) + 1):
            yield exp.Interval(this=exp.Literal.string(str(n)), unit=node.args["unit"].copy())
    elif isinstance(node, exp.Cast) and node.to.is_type("date") and node.this.is_string:
        try:
            day = date.fromisoformat(node.this.name)
        except ValueError:
            return
        for step in (-1, 1):
            yield exp.cast(exp.Literal.string((day + timedelta(days=step)).isoformat()), "date")
    elif isinstance(node, exp.Cast) and node.to.is_type("date"):
        yield node.this.copy()


def _set(node: exp.Expr) -> Made:
    if not isinstance(node, exp.SetOperation):
        return
    new = node.copy()
    new.set("distinct", not node.args.get("distinct"))
    if isinstance(node, exp.Union):
        yield new
    for other in (exp.Union, exp.Intersect, exp.Except):
        if not isinstance(node, other):
            yield other(**{**_parts(node), "distinct": True})
    if isinstance(node, exp.Except):
        yield exp.Except(
            **{
                **_parts(node),
                "this": node.expression.copy(),
                "expression": node.this.copy(),
            }
        )


def _parts(node: exp.Expr) -> dict[str, object]:
    return {k: v.copy() if isinstance(v, exp.Expr) else v for k, v in node.args.items()}


def _precedence(node: exp.Expr) -> Made:
    if isinstance(node, exp.And | exp.Or):
        other = exp.Or if isinstance(node, exp.And) else exp.And
        yield other(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, exp.Paren) and isinstance(node.this, exp.Or | exp.And):
        yield node.this.copy()
    elif isinstance(node, exp.Not) and not isinstance(node.this, exp.Is):
        yield node.this.copy()


def _condition(node: exp.Expr) -> Made:
    if isinstance(node, exp.Where | exp.Having | exp.Qualify):
        if not isinstance(node.this, exp.And) and not isinstance(node.parent, exp.Filter):
            yield None
    elif isinstance(node, exp.And):
        yield node.this.copy()
        yield node.expression.copy()
    elif isinstance(node, exp.Filter):
        yield node.this.copy()


def _pattern(node: exp.Expr) -> Made:
    if isinstance(node, exp.Like) and node.expression.is_string:
        core = node.expression.name.strip("%")
        for text in (core, core + "%", "%" + core + "%"):
            if text != node.expression.name:
                yield exp.Like(this=node.this.copy(), expression=exp.Literal.string(text))


def _window(node: exp.Expr) -> Made:
    if isinstance(node, exp.Window):
        if node.args.get("partition_by"):
            new = node.copy()
            new.set("partition_by", None)
            yield new
        if node.args.get("order") and isinstance(node.this, exp.AggFunc):
            new = node.copy()
            new.set("order", None)
            yield new


def _order(node: exp.Expr) -> Made:
    if isinstance(node, exp.Ordered):
        yield exp.Ordered(this=node.this.copy(), desc=not node.args.get("desc"))
    elif isinstance(node, exp.Limit) and node.expression.is_int:
        yield exp.Limit(expression=exp.Literal.number(int(node.expression.name) + 1))


def _arithmetic(node: exp.Expr) -> Made:
    if isinstance(node, exp.Div):
        yield exp.IntDiv(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, exp.Sub):
        yield exp.Add(this=node.this.copy(), expression=node.expression.copy())


_RULES: tuple[tuple[str, Callable[[exp.Expr], Made]], ...] = (
    ("join", _join),
    ("null", _null),
    ("distinct", _distinct),
    ("aggregate", _aggregate),
    ("limit", _limit),
    ("date", _date),
    ("set", _set),
    ("precedence", _precedence),
    ("condition", _condition),
    ("pattern", _pattern),
    ("window", _window),
    ("order", _order),
    ("arithmetic", _arithmetic),
)
