"""Data definition language from the declarations: CREATE TABLE and COMMENT ON."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.schema import CreateTable

from labkit.errors import InputError
from labkit.messages import say
from labkit.schema.layers import layer as find_layer

DIALECTS = ("duckdb", "sqlite", "postgresql")
WITHOUT_KEYS = "Loaded without its keys, since the rows break them."


def ddl(layer: str, dialect: str = "duckdb") -> str:
    """Write the statements that make a layer's empty tables, each after those it refers to.

    Args:
        layer: A name in `schema.LAYERS`.
        dialect: `duckdb`, `sqlite` or `postgresql`.

    Returns:
        SQL, statements ended by semicolons; with comments where the database keeps them.

    Raises:
        InputError: If the layer or the dialect is not known.

    Examples:
        >>> print(ddl("population", "duckdb").split(";")[0])
        CREATE TABLE person (
            person_id BIGINT NOT NULL,
            fnr CHAR(11) NOT NULL,
            birth_date DATE NOT NULL,
            sex CHAR(1) NOT NULL,
            PRIMARY KEY (person_id),
            UNIQUE (fnr)
        )
    """
    tables = find_layer(layer).sorted_tables
    return "\n".join(s for table in tables for s in statements(table, dialect)) + "\n"


def statements(table: Table, dialect: str, *, keys: bool = True) -> Iterator[str]:
    """Yield the statements that make one table and describe it.

    Args:
        table: The declaration.
        dialect: `duckdb`, `sqlite` or `postgresql`.
        keys: Whether primary keys, foreign keys and NOT NULL are asked of the data.
    """
    yield create(table, dialect, keys=keys)
    if dialect != "sqlite":
        yield from comments(table)


def create(
    table: Table,
    dialect: str,
    *,
    keys: bool = True,
    primary_key: bool = True,
    foreign_keys: bool = True,
) -> str:
    """Write the CREATE TABLE statement of one table.

    Args:
        table: The declaration.
        dialect: `duckdb`, `sqlite` or `postgresql`.
        keys: Whether keys and NOT NULL are asked of the data.
        primary_key: Whether the primary key is among them.
        foreign_keys: Whether foreign keys are among them.
    """
    compiler = _compiler(dialect)
    if keys:
        statement = CreateTable(table, include_foreign_key_constraints=None if foreign_keys else [])
        text = str(statement.compile(dialect=compiler))
        lines = [line.strip().removesuffix(",").rstrip() for line in text.strip().splitlines()]
        inner = [line for line in lines[1:] if line and line != ")"]
        if not primary_key:
            inner = [line for line in inner if not line.startswith("PRIMARY KEY")]
    else:
        inner = [f"{c.name} {c.type.compile(dialect=compiler)}" for c in table.columns]
    inner = [line.replace(" WITHOUT TIME ZONE", "") for line in inner]
    return f"CREATE TABLE {table.name} (\n    " + ",\n    ".join(inner) + "\n);"


def comments(table: Table, *, keys_kept: bool = True) -> Iterator[str]:
    """Yield the COMMENT ON statements of one table, in English.

    Args:
        table: The declaration.
        keys_kept: False for a table whose rows break its keys: its comment then says so.
    """
    text = table.info["en"] if keys_kept else f"{table.info['en']} {WITHOUT_KEYS}"
    yield f"COMMENT ON TABLE {table.name} IS {_quoted(text)};"
    for column in table.columns:
        yield f"COMMENT ON COLUMN {table.name}.{column.name} IS {_quoted(_meaning(column))};"


def _meaning(column: Column[Any]) -> str:
    unit = column.info.get("unit")
    links = "".join(f" (refers to {key.target_fullname})" for key in column.foreign_keys)
    return column.info["en"] + (f" [{unit}]" if unit else "") + links


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _compiler(dialect: str) -> Dialect:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.dialect()
    if dialect in ("duckdb", "postgresql"):
        from sqlalchemy.dialects import postgresql

        return postgresql.dialect()  # DuckDB reads PostgreSQL's types and constraints
    raise InputError(say("schema.dialect", came=dialect, known=", ".join(DIALECTS)))
