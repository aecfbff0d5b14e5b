"""Declaring a table once: DDL, dictionary, catalogue and diagram all come from here."""

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.types import TypeEngine


def column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    nb: str,
    en: str,
    *,
    key: bool = False,
    to: str | None = None,
    null: bool = False,
    unique: bool = False,
    unit: str | None = None,
    codes: str | dict[str, tuple[str, str]] | None = None,
) -> Column[Any]:
    """Declare one column with its meaning.

    Args:
        name: Name in the database, ASCII.
        kind: SQLAlchemy type.
        nb: Description in bokmål.
        en: Description in English.
        key: Part of the primary key.
        to: Foreign key as `table.column`, in the same layer.
        null: Whether NULL is allowed.
        unique: Whether values are unique, so that the column is a candidate key.
        unit: Unit of a number (UCUM-like, `mmol/mol`), or None.
        codes: Name of a code system of `labkit.codes`, or the values with (bokmål, English) labels.

    Returns:
        The column; `info` holds nb, en, unit and codes.
    """
    keys = [ForeignKey(to)] if to else []
    info = {"nb": nb, "en": en, "unit": unit, "codes": codes}
    return Column(
        name,
        kind,
        *keys,
        primary_key=key,
        nullable=null,
        unique=unique or None,
        autoincrement=False,
        info=info,
    )


def table(
    name: str, layer: MetaData, nb: str, en: str, *columns: Column[Any], row: tuple[str, str]
) -> Table:
    """Declare one table; `row` says what one row is, in bokmål and English."""
    return Table(name, layer, *columns, info={"nb": nb, "en": en, "row": row}, comment=en)
