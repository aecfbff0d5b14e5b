"""Tables as a diagram: every schema of the kit, or a student's own, from its metadata."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from labkit.er.crows_foot import Diagram, End, Link, Record, Row
from labkit.er.drawing import Drawing
from labkit.errors import InputError
from labkit.messages import say

if TYPE_CHECKING:
    from sqlalchemy import ForeignKeyConstraint, MetaData, Table


def diagram(
    metadata: "MetaData", tables: Iterable[str] | None = None, *, columns: str = "all"
) -> Drawing:
    """Draw tables with their columns, keys and the foreign keys between them.

    A table whose primary key holds a foreign key is weak: it has a double frame, and that line is
    solid (identifying). A foreign key that may be NULL leaves the other side optional; one that is
    a key itself makes the line one to one. How many rows must refer to a row cannot be seen from
    tables, so that end is always "0 or more".

    Args:
        metadata: The tables.
        tables: Names of those to draw; all where None.
        columns: `all`, or `keys` for primary and foreign keys alone.

    Returns:
        A `Drawing`, with `.mermaid`.

    Raises:
        InputError: If a table is not in the metadata, or `columns` is another word.

    Examples:
        >>> import sqlalchemy as sa
        >>> meta = sa.MetaData()
        >>> _ = sa.Table("ward", meta, sa.Column("code", sa.Text, primary_key=True))
        >>> print(diagram(meta).mermaid)
        erDiagram
            "ward" {
                TEXT code PK
            }
    """
    names = list(metadata.tables) if tables is None else list(tables)
    for name in names:
        if name not in metadata.tables:
            known = ", ".join(metadata.tables)
            raise InputError(say("er.no_tables", None, name=name, known=known))
    if columns not in ("all", "keys"):
        raise InputError(say("er.bad_columns", None, came=columns))
    chosen = [metadata.tables[name] for name in names]
    links = [
        _link(key)
        for table in chosen
        for key in sorted(table.foreign_key_constraints, key=lambda k: list(k.column_keys))
        if key.referred_table.name in names
    ]
    boxes = tuple(_box(table, keys_only=columns == "keys") for table in chosen)
    return Diagram(boxes, tuple(links)).draw()


def _box(table: "Table", *, keys_only: bool) -> Record:
    from sqlalchemy import UniqueConstraint
    from sqlalchemy.dialects import postgresql

    unique = {c.name for c in table.columns if c.unique}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            unique |= {c.name for c in constraint.columns}
    rows = []
    for column in table.columns:
        keys = ["PK"] if column.primary_key else []
        keys += ["FK"] if column.foreign_keys else []
        keys += ["UK"] if column.name in unique else []
        if keys or not keys_only:
            kind = str(column.type.compile(dialect=postgresql.dialect()))
            kind = kind.replace(" WITHOUT TIME ZONE", "")
            rows.append(Row(tuple(keys), column.name, kind, "" if not column.nullable else "null"))
    weak = any(c.primary_key and c.foreign_keys for c in table.columns)
    return Record(table.name, tuple(rows), weak=weak, kind="table")


def _link(key: "ForeignKeyConstraint") -> Link:
    from sqlalchemy import UniqueConstraint

    table = key.table
    own = {c.name for c in key.columns}
    alone = {c.name for c in table.primary_key.columns} == own
    alone = alone or any(
        isinstance(c, UniqueConstraint) and {x.name for x in c.columns} == own
        for c in table.constraints
    )
    alone = alone or (len(own) == 1 and bool(next(iter(key.columns)).unique))
    optional = any(c.nullable for c in key.columns)
    one = End(key.referred_table.name, 0 if optional else 1, 1)
    many = End(table.name, 0, 1 if alone else None)
    identifying = all(c.primary_key for c in key.columns)
    names = [c.name for c in key.columns]
    short = "" if len(names) > 1 else None  # the boxes mark each of its columns FK
    return Link(one, many, ", ".join(names), identifying, short)
