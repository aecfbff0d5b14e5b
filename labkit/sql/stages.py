"""The rows that each part of a query works on, before they are grouped."""

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

_AFTER = ("distinct", "group", "having", "qualify", "windows", "order", "limit", "offset")


def stages(query: str) -> list[str]:
    """Write, for each SELECT within a query, one that gives the rows that its FROM and WHERE leave.

    Args:
        query: In DuckDB's dialect.

    Returns:
        Queries with the columns that the SELECT mentions, each once; a part that looks at a query
        around it cannot stand alone, and its query does not run. An empty list if the query is
        not understood.

    Examples:
        >>> stages("SELECT sex, count(*) AS n FROM patient WHERE born < 1950 GROUP BY sex")
        ['SELECT sex AS c0, born AS c1 FROM patient WHERE born < 1950']
    """
    try:
        tree = sqlglot.parse_one(query, dialect="duckdb")
        scopes = traverse_scope(tree)
    except sqlglot.errors.SqlglotError:
        return []
    named = tree.args.get("with_")
    found = []
    for scope in scopes:
        if not isinstance(scope.expression, exp.Select):
            continue
        mentioned = scope.find_all(exp.Column)
        columns = list(dict.fromkeys(column.sql(dialect="duckdb") for column in mentioned))
        if not columns or scope.expression.args.get("from_") is None:
            continue
        rows = scope.expression.copy()
        for part in _AFTER:
            rows.set(part, None)
        rows.set("expressions", [exp.alias_(column, f"c{n}") for n, column in enumerate(columns)])
        rows.set("with_", named.copy() if named else None)
        found.append(rows.sql(dialect="duckdb"))
    return list(dict.fromkeys(found))
