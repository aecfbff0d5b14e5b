"""The tables that some queries use, read from SQLAlchemy metadata: columns, keys, references."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
import sqlglot
from sqlalchemy.dialects import postgresql
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from labkit.errors import InputError
from labkit.messages import say
from labkit.sql.errors import SqlError

Kind = Literal["int", "float", "text", "date", "time", "bool"]
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.Numeric, "float"),
    (sa.Float, "float"),
    (sa.DateTime, "time"),
    (sa.Date, "date"),
    (sa.String, "text"),
)


@dataclass(frozen=True)
class Field:
    """One column."""

    name: str
    kind: Kind
    type: str  # in DuckDB's words
    nullable: bool
    codes: tuple[Any, ...] = ()  # the only values allowed, when the schema lists them
    system: str | None = None  # the code system its values come from, when there is one
    about: str = ""  # English description
    unit: str | None = None


@dataclass(frozen=True)
class Reference:
    """A foreign key to another table in use: places of the columns here and there."""

    columns: tuple[int, ...]
    table: str
    targets: tuple[int, ...]


@dataclass(frozen=True)
class Relation:
    """One table."""

    name: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[int, ...], ...]  # places of the columns of each key, the primary key first
    references: tuple[Reference, ...]

    @property
    def ddl(self) -> str:
        """Return the columns as CREATE TABLE wants them; constraints are the generator's work."""
        return ", ".join(f'"{field.name}" {field.type}' for field in self.fields)


Shape = dict[str, Relation]


def shape_of(metadata: sa.MetaData, queries: Sequence[str]) -> Shape:
    """Keep the tables that the queries name, in an order where parents come first.

    A foreign key to a table that no query names is left out: any value there has a parent
    somewhere, so what is left can always be completed to a whole database.

    Raises:
        SqlError: If the queries name no table of the metadata.
    """
    named = {name for query in queries for name in _tables_of(query)}
    used = {t.name: t for t in metadata.tables.values() if t.name.lower() in named}
    if not used:
        known = ", ".join(t.name for t in metadata.tables.values())
        raise SqlError(say("sql.no_tables", names=known), kind="table")
    return {name: _relation(used[name], used) for name in _parents_first(used)}


def _tables_of(query: str) -> set[str]:
    """Return the tables that a query names, in lower case; what it names WITH a query is none.

    A query that cannot be taken apart may use any table whose name is among its words.

    Examples:
        >>> sorted(_tables_of("WITH person AS (SELECT * FROM npr) SELECT * FROM person, Dar"))
        ['dar', 'npr']
        >>> _tables_of("WITH npr AS (SELECT * FROM npr) SELECT * FROM npr")
        {'npr'}
    """
    try:
        scopes = traverse_scope(sqlglot.parse_one(query, dialect="duckdb"))
        sources = [source for scope in scopes for source in scope.sources.values()]
    except sqlglot.errors.SqlglotError:
        sources = []
    found = {source.name.lower() for source in sources if isinstance(source, exp.Table)}
    return found or {word.lower() for word in re.findall(r"\w+", query)}


def _parents_first(used: dict[str, sa.Table]) -> list[str]:
    """Order tables so that parents come first; a cycle is cut where it is met."""
    order: list[str] = []
    met: set[str] = set()

    def visit(name: str) -> None:
        if name in met:
            return
        met.add(name)
        for key in used[name].foreign_key_constraints:
            if key.referred_table.name in used:
                visit(key.referred_table.name)
        order.append(name)

    for name in used:
        visit(name)
    return order


def _relation(table: sa.Table, used: dict[str, sa.Table]) -> Relation:
    place = {column.name: i for i, column in enumerate(table.columns)}
    keys = [tuple(place[c.name] for c in table.primary_key.columns)] if table.primary_key else []
    keys += [(place[c.name],) for c in table.columns if c.unique]
    keys += [
        tuple(place[c.name] for c in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    ]
    keys += [
        tuple(place[c.name] for c in index.columns)
        for index in table.indexes
        if index.unique and all(c.name in place for c in index.columns)
    ]
    references = []
    for key in sorted(
        table.foreign_key_constraints, key=lambda k: [place[c.name] for c in k.columns]
    ):
        parent = key.referred_table
        if parent.name not in used:
            continue
        there = {column.name: i for i, column in enumerate(parent.columns)}
        references.append(
            Reference(
                tuple(place[e.parent.name] for e in key.elements),
                parent.name,
                tuple(there[e.column.name] for e in key.elements),
            )
        )
    return Relation(
        table.name,
        tuple(_field(column) for column in table.columns),
        tuple(dict.fromkeys(key for key in keys if key)),
        tuple(references),
    )


def _field(column: sa.Column[Any]) -> Field:
    kind = next((kind for cls, kind in _KINDS if isinstance(column.type, cls)), None)
    if kind is None:
        raise InputError(
            say(
                "sql.column_type",
                column=f"{column.table.name}.{column.name}",
                came=repr(column.type),
            )
        )
    codes = column.info.get("codes")
    listed: tuple[Any, ...] = ()
    if isinstance(codes, dict):
        listed = tuple(int(code) for code in codes) if kind == "int" else tuple(codes)
    return Field(
        column.name,
        kind,
        column.type.compile(dialect=postgresql.dialect()),
        bool(column.nullable) and not column.primary_key,
        listed,
        codes if isinstance(codes, str) else None,
        str(column.info.get("en") or column.comment or ""),
        column.info.get("unit"),
    )
