"""Tables read from CREATE TABLE statements that a stranger wrote.

Nothing of the text reaches a database: it is read into a `Schema`, and that writes its own
statements. So anything but CREATE TABLE, and any function but a few harmless ones, is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.errors import InputError
from labkit.messages import say

if TYPE_CHECKING:
    from sqlalchemy import MetaData

LONGEST, MOST_TABLES = 20_000, 60  # characters of a text, tables in it
TYPES = {  # family -> the type in both engines
    "integer": "BIGINT", "number": "DOUBLE", "text": "TEXT", "date": "DATE",
    "time": "TIMESTAMP", "clock": "TIME", "boolean": "BOOLEAN",
}  # fmt: skip
_FAMILIES = {
    "integer": {"INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "UINT", "UBIGINT", "SERIAL",
                "BIGSERIAL", "SMALLSERIAL", "INT128"},
    "number": {"DECIMAL", "DOUBLE", "FLOAT", "BIGDECIMAL", "MONEY"},
    "date": {"DATE"},
    "time": {"TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "TIMESTAMPNTZ", "TIMESTAMP_S"},
    "clock": {"TIME", "TIMETZ"},
    "boolean": {"BOOLEAN", "BIT"},
}  # fmt: skip
_HARMLESS = (
    "Length", "Upper", "Lower", "Substring", "Abs", "Trim", "Coalesce", "And", "Or", "Xor", "Cast",
    "Case", "If", "Extract", "Year", "Month", "Day", "CurrentDate", "RegexpLike",
    "RegexpFullMatch",
)  # fmt: skip


class SchemaError(InputError):
    """CREATE TABLE statements that cannot be used; `kind` tells why."""

    def __init__(self, text: str, *, kind: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass
class Column:
    """One column: its family of types, whether it needs a value, and its default if literal."""

    name: str
    type: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    target: str
    theirs: tuple[str, ...]


@dataclass
class Table:
    """One table."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    primary: tuple[str, ...] = ()
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    checks: list[Any] = field(default_factory=list)  # sqlglot expressions

    def statement(self, dialect: str) -> str:
        """Write the CREATE TABLE statement for `duckdb` or `sqlite`."""
        lines = []
        for c in self.columns.values():
            required = " NOT NULL" if c.required or c.name in self.primary else ""
            default = f" DEFAULT {c.default}" if c.default else ""
            lines.append(f"{quote(c.name)} {TYPES[c.type]}{required}{default}")
        if self.primary:
            lines.append(f"PRIMARY KEY ({_listed(self.primary)})")
        lines += [f"UNIQUE ({_listed(u)})" for u in self.uniques]
        for r in self.references:
            to = f"{quote(r.target)} ({_listed(r.theirs)})"
            lines.append(f"FOREIGN KEY ({_listed(r.columns)}) REFERENCES {to}")
        lines += [f"CHECK ({check.sql(dialect=dialect)})" for check in self.checks]
        return f"CREATE TABLE {quote(self.name)} ({', '.join(lines)})"


@dataclass(frozen=True)
class Schema:
    """Tables by name, in lower case."""

    tables: dict[str, Table]

    def ordered(self) -> tuple[list[Table], bool]:
        """Return the tables, each after those it refers to, and whether that could be."""
        found: list[str] = []
        needs = {n: {r.target for r in t.references} - {n} for n, t in self.tables.items()}
        whole = True
        while len(found) < len(needs):
            left = [n for n in needs if n not in found]
            ready = [n for n in left if needs[n] <= set(found)]
            whole = whole and bool(ready)
            found += ready or left[:1]
        return [self.tables[n] for n in found], whole


def quote(name: str) -> str:
    """Write a name so that no engine reads it as anything else."""
    return '"' + name.replace('"', '""') + '"'


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(quote(n) for n in names)


def read_schema(source: "str | MetaData") -> Schema:
    """Read CREATE TABLE statements, or SQLAlchemy metadata.

    Raises:
        SchemaError: If the text is too long, cannot be parsed, does anything but create tables, or
            refers to what is not there.
    """
    if not isinstance(source, str):
        from labkit.er.draft import ddl

        source = ddl(source, "sqlite")
    if len(source) > LONGEST:
        raise _error("too_long", n=len(source), most=LONGEST)
    tables: dict[str, Table] = {}
    for statement in _statements(source):
        table = _table(statement)
        if table.name in tables:
            raise _error("table_twice", table=table.name)
        tables[table.name] = table
    if not tables:
        raise _error("no_create")
    if len(tables) > MOST_TABLES:
        raise _error("too_many", n=len(tables), most=MOST_TABLES)
    _resolve(tables)
    return Schema(tables)


def _error(kind: str, **values: object) -> SchemaError:
    return SchemaError(say(f"er.schema_{kind}", None, **values), kind=kind)


def _statements(text: str) -> Iterator[Any]:
    import sqlglot
    from sqlglot import exp

    trouble: Exception | None = None
    for dialect in ("postgres", "duckdb", "sqlite"):
        try:
            parsed = [s for s in sqlglot.parse(text, dialect=dialect) if s is not None]
            break
        except (sqlglot.errors.SqlglotError, RecursionError) as error:
            trouble = trouble or error
    else:
        details = getattr(trouble, "errors", None) or [{}]
        line, column = details[0].get("line", "?"), details[0].get("col", "?")
        near = details[0].get("highlight", "")
        raise _error("syntax", line=line, column=column, near=near)
    for statement in parsed:
        if isinstance(statement, exp.Semicolon):
            continue
        made = isinstance(statement, exp.Create) and statement.args.get("kind") == "TABLE"
        if not made or statement.expression or not isinstance(statement.this, exp.Schema):
            word = statement.sql().split(None, 1)[0].upper()
            raise _error("only_create", word=word)
        yield statement


def _table(statement: Any) -> Table:
    from sqlglot import exp

    table = Table(statement.this.this.name.lower())
    for item in statement.this.expressions:
        if isinstance(item, exp.ColumnDef):
            _column(table, item)
        elif isinstance(item, exp.Constraint):
            for part in item.expressions:
                _constraint(table, part)
        else:
            _constraint(table, item)
    return table


def _column(table: Table, item: Any) -> None:
    from sqlglot import exp

    name = item.name.lower()
    if name in table.columns:
        raise _error("column_twice", table=table.name, column=name)
    kind = item.args.get("kind")
    word = kind.this.name if kind is not None and hasattr(kind.this, "name") else "TEXT"
    family = next((f for f, words in _FAMILIES.items() if word in words), "text")
    column = table.columns[name] = Column(name, family)
    for constraint in item.args.get("constraints") or []:
        part = constraint.kind
        if isinstance(part, exp.PrimaryKeyColumnConstraint):
            table.primary = (*table.primary, name)
        elif isinstance(part, exp.NotNullColumnConstraint):
            column.required = not part.args.get("allow_null")
        elif isinstance(part, exp.UniqueColumnConstraint):
            table.uniques.append((name,))
        elif isinstance(part, exp.Reference):
            table.references.append(_reference((name,), part))
        elif isinstance(part, exp.CheckColumnConstraint):
            _check(table, part.this)
        elif isinstance(part, exp.DefaultColumnConstraint):
            if isinstance(part.this, exp.Literal | exp.Boolean):
                column.default = part.this.sql()


def _constraint(table: Table, part: Any) -> None:
    from sqlglot import exp

    if isinstance(part, exp.PrimaryKey):
        table.primary = _names(part.expressions)
    elif isinstance(part, exp.UniqueColumnConstraint):
        inside = part.this.expressions if part.this is not None else part.expressions
        table.uniques.append(_names(inside))
    elif isinstance(part, exp.ForeignKey):
        reference = part.args.get("reference")
        table.references.append(_reference(_names(part.expressions), reference))
    elif isinstance(part, exp.CheckColumnConstraint):
        _check(table, part.this)
    else:
        raise _error("constraint", text=part.sql()[:60])


def _names(items: list[Any]) -> tuple[str, ...]:
    return tuple((i.this if hasattr(i.this, "name") else i).name.lower() for i in items)


def _reference(columns: tuple[str, ...], part: Any) -> Reference:
    to = part.this
    theirs = _names(to.expressions) if to.expressions else ()
    name = to.this.name if hasattr(to.this, "name") else to.name
    return Reference(columns, name.lower(), theirs)


def _check(table: Table, condition: Any) -> None:
    from sqlglot import exp

    for node in condition.walk():
        harmless = type(node).__name__ in _HARMLESS
        if isinstance(node, exp.Query | exp.Subquery) or (
            isinstance(node, exp.Func) and not harmless
        ):
            raise _error("check", table=table.name, text=node.sql()[:60])
    table.checks.append(condition)


def _resolve(tables: dict[str, Table]) -> None:
    """Check what keys refer to; a foreign key without columns means the primary key."""
    for table in tables.values():
        for i, reference in enumerate(table.references):
            if reference.target not in tables:
                known = ", ".join(tables)
                values = {"table": table.name, "target": reference.target, "known": known}
                raise _error("no_target", **values)
            target = tables[reference.target]
            theirs = reference.theirs or target.primary
            table.references[i] = Reference(reference.columns, reference.target, theirs)
            for name, home in [(c, table) for c in reference.columns] + [
                (c, target) for c in theirs
            ]:
                if name not in home.columns:
                    raise _error("no_column", table=home.name, column=name)
            keys = [set(target.primary), *(set(u) for u in target.uniques)]
            if set(theirs) not in keys or len(theirs) != len(reference.columns):
                listed = ", ".join(theirs) or "-"
                raise _error("no_key", table=table.name, target=target.name, columns=listed)
        for name in [*table.primary, *(c for u in table.uniques for c in u)]:
            if name not in table.columns:
                raise _error("no_column", table=table.name, column=name)
        table.uniques = [u for u in dict.fromkeys(table.uniques) if u != table.primary]
