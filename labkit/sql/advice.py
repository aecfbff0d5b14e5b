"""What runs but seldom does what was meant."""

from labkit.messages import say


def notices(text: str) -> list[str]:
    """Point out what runs without an error and is usually a misunderstanding.

    Looks for comparisons with NULL by `=`, tables listed without a condition that ties them, two
    whole columns divided without care for zero, and an outer join whose other side is filtered in
    WHERE.

    Args:
        text: A query; one that does not parse has no notices.

    Returns:
        Sentences in the language in use, in order of importance.

    Examples:
        >>> from labkit.messages import set_language
        >>> set_language("en")
        >>> notices("SELECT * FROM patient WHERE death_date = NULL")
        ['A comparison with NULL is never true. Write IS NULL or IS NOT NULL.']
        >>> set_language("nb")
    """
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return []
    found = []
    equals_null = any(
        isinstance(side, exp.Null)
        for node in tree.find_all(exp.EQ, exp.NEQ)
        for side in (node.left, node.right)
        if not isinstance(node.parent, exp.Select)
    )
    if equals_null:
        found.append(say("sql.equals_null"))
    for select in tree.find_all(exp.Select):
        loose = _untied(select)
        if loose:
            found.append(say("sql.untied", tables=", ".join(loose)))
        lost = _outer_filtered(select)
        if lost:
            found.append(say("sql.outer_filtered", table=lost))
    for node in tree.find_all(exp.Div, exp.IntDiv):
        by = node.right.unnest()
        if isinstance(by, exp.Literal) and not by.is_string and float(by.this) == 0:
            found.append(say("sql.division"))
        elif isinstance(by, exp.Column | exp.Sum):
            found.append(say("sql.maybe_zero", by=by.sql(dialect="duckdb")))
    return list(dict.fromkeys(found))


def _untied(select: "exp.Select") -> list[str]:  # type: ignore[name-defined]  # noqa: F821
    """Return the tables of a FROM list that no condition ties together."""
    from sqlglot import exp

    source = select.args.get("from_") or select.args.get("from")
    joins = select.args.get("joins") or []
    if source is None or not joins:
        return []
    tables = [source.this, *(join.this for join in joins)]
    if not all(isinstance(table, exp.Table | exp.Subquery) for table in tables):
        return []
    loose = [
        join.this.alias_or_name
        for join in joins
        if not join.args.get("on")
        and not join.args.get("using")
        and join.kind != "CROSS"
        and join.method != "NATURAL"
        and join.method != "POSITIONAL"
    ]
    where = select.args.get("where")
    tied = {
        column.table
        for node in (where.find_all(exp.EQ, exp.GT, exp.LT, exp.GTE, exp.LTE) if where else [])
        if isinstance(node.left, exp.Column) and isinstance(node.right, exp.Column)
        for column in (node.left, node.right)
    }
    if "" in tied:  # a condition between columns without a table name may tie them
        return []
    return [name for name in loose if name not in tied]


def _outer_filtered(select: "exp.Select") -> str:  # type: ignore[name-defined]  # noqa: F821
    """Name a left-joined table whose columns WHERE requires to have a value."""
    from sqlglot import exp

    where = select.args.get("where")
    if where is None:
        return ""
    outer = {
        join.this.alias_or_name for join in select.args.get("joins") or [] if join.side == "LEFT"
    }
    conditions = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    for condition in conditions:
        if isinstance(condition, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Like | exp.In):
            for column in condition.find_all(exp.Column):
                if column.table in outer and not column.find_ancestor(exp.Coalesce):
                    return str(column.table)
    return ""
