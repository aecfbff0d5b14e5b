"""Data definition language from the declarations: CREATE TABLE and COMMENT ON."""

from collections.abc import Iterator

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from labkit.errors import InputError
from labkit.schema.layers import layer as find_layer

DIALECTS = ("duckdb", "sqlite", "postgresql")


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


def create(table: Table, dialect: str, *, keys: bool = True) -> str:
    """Write the CREATE TABLE statement of one table."""
    compiler = _compiler(dialect)
    if keys:
        text = str(CreateTable(table).compile(dialect=compiler))
        lines = [line.strip().removesuffix(",").rstrip() for line in text.strip().splitlines()]
        inner = [line for line in lines[1:] if line and line != ")"]
    else:
        inner = [f"{c.name} {c.type.compile(dialect=compiler)}" for c in table.columns]
    inner = [line.replace(" WITHOUT TIME ZONE", "") for line in inner]
    return f"CREATE TABLE {table.name} (\n    " + ",\n    ".join(inner) + "\n);"


def comments(table: Table) -> Iterator[str]:
    """Yield the COMMENT ON statements of one table, in English."""
    yield f"COMMENT ON TABLE {table.name} IS {_quoted(table.info['en'])};"
    for column in table.columns:
        unit = column.info.get("unit")
        text = column.info["en"] + (f" [{unit}]" if unit else "")
        yield f"COMMENT ON COLUMN {table.name}.{column.name} IS {_quoted(text)};"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _compiler(dialect: str) -> Dialect:
    if dialect == "sqlite":
        return sqlite.dialect()
    if dialect in ("duckdb", "postgresql"):
        return postgresql.dialect()  # DuckDB reads PostgreSQL's types and constraints
    raise InputError(f"ddl: no dialect '{dialect}'. Dialects: {', '.join(DIALECTS)}")
