"""Say in plain words what DuckDB objected to, with a guess at what was meant."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from labkit.messages import say
from labkit.sql.errors import SqlError
from labkit.sql.syntax import syntax_hint

if TYPE_CHECKING:
    import duckdb

_LINE = re.compile(r"LINE (\d+): (.*)\n( *\^+)")
_TYPES = {
    "VARCHAR": "text",
    "STRING_LITERAL": "text",
    "CHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "time",
    "TIMESTAMP_NS": "time",
    "BOOLEAN": "boolean",
    "INTERVAL": "interval",
}
_OTHER_DIALECTS = {  # what people bring from other databases, and what DuckDB calls it
    "isnull": "coalesce",
    "nvl": "coalesce",
    "ifnull": "coalesce",
    "getdate": "current_date",
    "sysdate": "current_date",
    "dateadd": "+ INTERVAL",
    "to_date": "strptime",
    "to_char": "strftime",
    "date_format": "strftime",
    "charindex": "instr",
    "group_concat": "string_agg",
    "number": "CAST",
    "stdev": "stddev",
    "mean": "avg",
    "average": "avg",
}
Tables = dict[str, list[str]]


def explain(error: "duckdb.Error", text: str, con: "duckdb.DuckDBPyConnection") -> SqlError:
    """Turn DuckDB's error about a query into a `SqlError` in the language in use.

    Args:
        error: What DuckDB raised.
        text: The query; if empty, the line that DuckDB shows of it has to do.
        con: The connection it ran on; its tables are the names that could have been meant.

    Returns:
        The error to raise. Its message ends with the line and a caret where DuckDB gave a place.
    """
    raw = str(error)
    where = _LINE.search(raw)
    place = None
    if where:
        shown = len(f"LINE {where[1]}: ")
        place = (int(where[1]), where[3].index("^") - shown + 1)
        text = text or where[2]
    kind, words = "other", ""
    for pattern, kind_of, tell in _RULES:
        match = re.search(pattern, raw)
        if match:
            kind = kind_of
            words = tell(match, text, place, con)
            break
    if not words:
        words = say("sql.other", said=_first_line(raw))
    if where:
        indent = " " * (where[3].index("^") - len(f"LINE {where[1]}: "))
        line = say("sql.line", n=where[1]) + " "
        words += f"\n\n{line}{where[2]}\n{' ' * len(line)}{indent}{'^' * where[3].count('^')}"
    return SqlError(words, kind=kind, place=place)


def _first_line(raw: str) -> str:
    return raw.split("\n", 1)[0].split("Error: ", 1)[-1]


def tables_of(con: "duckdb.DuckDBPyConnection") -> Tables:
    """List the tables and views of a connection with their columns, less the kit's own `_...`."""
    rows = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal "
        "AND NOT starts_with(table_name, '_') ORDER BY table_name, column_index"
    ).fetchall()
    tables: Tables = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return tables


def tables_used(text: str, tables: Tables) -> Tables:
    """Keep the tables that a text mentions by name."""
    words = {word.lower() for word in re.findall(r"\w+", text)}
    return {name: columns for name, columns in tables.items() if name.lower() in words}


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name most like `name`, or None if none is like it."""
    lower = {n.lower(): n for n in names}
    found = get_close_matches(name.lower(), lower, n=1, cutoff=0.55)
    return lower[found[0]] if found else None


def _meant(name: str, names: Iterable[str]) -> str:
    guess = nearest(name, names)
    return " " + say("sql.did_you_mean", name=guess) if guess else ""


def _list(names: Iterable[str], most: int = 25) -> str:
    shown = list(names)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


Where = tuple[int, int] | None


def _table(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    tables = tables_of(con)
    guess = _meant(m[1], tables)
    return say("sql.table", name=m[1]) + (guess or " " + say("sql.tables", names=_list(tables)))


def _alias(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    tables = tables_of(con)
    key = "sql.table_not_in_from" if m[1] in tables else "sql.alias"
    candidates = re.findall(r'"([^"]+)"', m.string.split("Candidate tables:")[-1].split("\n")[0])
    return say(key, name=m[1]) + _meant(m[1], candidates)


def _column(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    name = m[1]
    if re.search(rf'"{re.escape(name)}"', text):
        return say("sql.quotes", name=name)
    tables = tables_of(con)
    used = tables_used(text, tables)
    known = {column for columns in used.values() for column in columns}
    given = set(re.findall(r"\bAS\s+(\w+)", text, re.IGNORECASE))
    candidates = set(re.findall(r'"([^"]+)"', m.string.split("Candidate bindings:")[-1]))
    guess = _meant(name, known | given | (candidates if len(name) > 2 else set()) - {name})
    words = say("sql.column", name=name)
    elsewhere = [t for t, columns in tables.items() if name in columns and t not in used]
    if elsewhere:
        return words + " " + say("sql.column_elsewhere", name=name, tables=_list(elsewhere, 4))
    if guess:
        return words + guess
    compared = rf"(=|<>|!=|\bLIKE|\bIN\s*\(|\bdate_?(diff|trunc|part)\s*\()\s*{re.escape(name)}\b"
    if re.search(compared, text, re.IGNORECASE):
        return words + " " + say("sql.quotes_missing", name=name)
    if len(used) == 1:
        table, columns = next(iter(used.items()))
        return words + " " + say("sql.columns", table=table, names=_list(columns))
    return words


def _table_column(
    m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection"
) -> str:
    used = tables_used(text, tables_of(con))
    own = used.get(m[1]) or [c for columns in used.values() for c in columns]
    candidates = re.findall(r'"([^"]+)"', m.string.split("Candidate bindings:")[-1].split("\n")[0])
    return say("sql.table_column", table=m[1], name=m[2]) + _meant(m[2], [*candidates, *own])


def _function(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    name = m[1].lower()
    known = _OTHER_DIALECTS.get(name)
    if known:
        return say("sql.function", name=m[1]) + " " + say("sql.in_duckdb", name=known)
    rows = con.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    return say("sql.function", name=m[1]) + _meant(name, [r[0] for r in rows])


def type_word(kind: str) -> str:
    """Say a DuckDB type in plain words."""
    bare = kind.split("(")[0].strip()
    return say(f"sql.type_{_TYPES.get(bare, 'number')}")


def _signature(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    name, kinds = m[1], [type_word(kind) for kind in m[2].split(",") if kind.strip()]
    first = kinds[0] if kinds else ""
    if name in ("~~", "!~~", "~~*", "!~~*"):
        return say("sql.like", kind=first)
    if name in ("+", "-", "*", "/", "//", "%", "||"):
        return say("sql.operator", op=name, left=first, right=kinds[-1])
    if name in ("sum", "avg", "mean", "median", "stddev"):
        return say("sql.aggregate_type", name=name, kind=first)
    return say("sql.signature", name=name, kinds=", ".join(kinds))


def _compare(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    return say("sql.compare_types", left=type_word(m[1]), right=type_word(m[2]))


def _conversion(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    source = re.search(r"from source column (\w+)", m.string)
    kind = "number" if re.match(r"(U?(TINY|BIG|HUGE)?INT|DOUBLE|FLOAT|DECIMAL)", m[2]) else "other"
    if source:
        return say("sql.convert_column", value=m[1], column=source[1])
    key = "sql.convert_number" if kind == "number" else "sql.convert"
    return say(key, value=m[1], kind=type_word(m[2]))


def _date(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    return say("sql.date", value=m[1])


def _syntax(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
    return syntax_hint(text, m[1] if m.re.groups else "", place)


def _plain(
    key: str,
) -> Callable[[re.Match[str], str, Where, "duckdb.DuckDBPyConnection"], str]:
    def tell(m: re.Match[str], text: str, place: Where, con: "duckdb.DuckDBPyConnection") -> str:
        parts: dict[str, Any] = {f"g{i}": g for i, g in enumerate(m.groups(), start=1)}
        return say(f"sql.{key}", **parts)

    return tell


_RULES: list[
    tuple[str, str, Callable[[re.Match[str], str, Where, "duckdb.DuckDBPyConnection"], str]]
] = [
    (r"Table with name (\S+) does not exist", "table", _table),
    (r'Referenced table "([^"]+)" not found', "table", _alias),
    (r'Referenced column "([^"]+)" (?:was )?not found', "column", _column),
    (r'Table "([^"]+)" does not have a column named "([^"]+)"', "column", _table_column),
    (r'column "([^"]+)" must appear in the GROUP BY', "group_by", _plain("group_by")),
    (r'Ambiguous reference to column name "([^"]+)" \(use: (.+?)\)', "ambiguous",
     _plain("ambiguous")),
    (r"WHERE clause cannot contain aggregates", "aggregate", _plain("aggregate_in_where")),
    (r"WHERE clause cannot contain window", "window", _plain("window_in_where")),
    (r"aggregate function calls cannot be nested", "aggregate", _plain("nested_aggregate")),
    (r"Set operations can only apply to expressions with the same number", "set",
     _plain("set_columns")),
    (r"Subquery returns (\d+) columns - expected 1", "subquery", _plain("subquery_columns")),
    (r"More than one row returned by a subquery", "subquery", _plain("subquery_rows")),
    (r"Division by zero", "division", _plain("division")),
    (r"(?:Scalar|Aggregate|Table) Function with name (\S+) does not exist", "function", _function),
    (r"No function matches the given name and argument types '(.+?)\((.*?)\)'\.", "type",
     _signature),
    (r"Cannot compare values of type (\S+) and (?:values )?of type (\S+)", "type", _compare),
    (r"Cannot compare values of type (\S+) and type (\S+)", "type", _compare),
    (r"Could not convert string '(.*?)' to (\w+)", "type", _conversion),
    (r'date field value out of range: "(.*?)"', "date", _date),
    (r'invalid (?:date|timestamp) field format: "(.*?)"', "date", _date),
    (r"SELECT clause without selection list", "syntax", _plain("select_nothing")),
    (r"unterminated (?:quoted )?string", "syntax", _plain("unterminated")),
    (r'syntax error at or near "((?:.|\n)*?)"\n', "syntax", _syntax),
    (r"syntax error at end of input", "syntax", _syntax),
    (r"Parser Error", "syntax", _syntax),
    (r"Out of Memory", "memory", _plain("memory")),
]  # fmt: skip
