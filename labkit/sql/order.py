"""The sort keys of a query, so that order is judged and ties are not."""

from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp

from labkit.sql.result import plain


@dataclass(frozen=True)
class SortKeys:
    """A query with the sort keys that its result lacks added as last columns."""

    query: str
    places: tuple[int, ...]  # where each key stands among the columns of `query`

    def key(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the sort keys of one row."""
        return tuple(plain(row[i]) for i in self.places)


def sort_keys(query: str) -> SortKeys | None:
    """Find the keys of a query's outermost ORDER BY.

    Returns:
        The keys, or None if there is no such ORDER BY or its keys cannot be told (then order is
        not judged).

    Examples:
        >>> sort_keys("SELECT sex, count(*) AS n FROM patient GROUP BY sex ORDER BY n DESC").places
        (1,)
        >>> sort_keys("SELECT id FROM patient ORDER BY birth_date").query
        'SELECT id, birth_date AS _key0 FROM patient ORDER BY birth_date'
        >>> sort_keys("SELECT id FROM patient") is None
        True
    """
    try:
        tree = sqlglot.parse_one(query, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return None
    order = tree.args.get("order")
    if order is None or not isinstance(tree, exp.Query):
        return None
    columns = tree.selects
    if any(column.is_star for column in columns):
        return _star_keys(query, tree, order)
    names = [column.alias_or_name.lower() for column in columns]
    written = [column.unalias().sql(dialect="duckdb").lower() for column in columns]
    places: list[int] = []
    added: list[exp.Expr] = []
    for item in order.expressions:
        key = item.this
        text = key.sql(dialect="duckdb").lower()
        if isinstance(key, exp.Literal) and not key.is_string:
            places.append(int(key.this) - 1)
        elif isinstance(key, exp.Column) and not key.table and key.name.lower() in names:
            places.append(names.index(key.name.lower()))
        elif text in written:
            places.append(written.index(text))
        else:
            places.append(len(columns) + len(added))
            added.append(key)
    if not added:
        return SortKeys(query, tuple(places))
    if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
        return None
    longer = tree.copy()
    for n, key in enumerate(added):
        longer.append("expressions", exp.alias_(key.copy(), f"_key{n}"))
    return SortKeys(longer.sql(dialect="duckdb"), tuple(places))


def _star_keys(query: str, tree: exp.Expr, order: exp.Expr) -> SortKeys | None:
    """Put the keys of a `SELECT *` in front by counting from the end of the row."""
    if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
        return None
    if any(isinstance(item.this, exp.Literal) for item in order.expressions):
        return None
    longer = tree.copy()
    keys = [item.this for item in order.expressions]
    for n, key in enumerate(keys):
        longer.append("expressions", exp.alias_(key.copy(), f"_key{n}"))
    return SortKeys(longer.sql(dialect="duckdb"), tuple(range(-len(keys), 0)))
