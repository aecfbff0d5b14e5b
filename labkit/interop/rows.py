"""Rows of the kit's EHR tables as plain Python values, and back to DataFrames."""

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import pandas as pd
from sqlalchemy import Column, Date, DateTime, Double, Integer

from labkit.errors import InputError
from labkit.messages import say
from labkit.schema.ehr import METADATA

Row = dict[str, Any]


def rows(tables: Mapping[str, pd.DataFrame], name: str, *, what: str) -> list[Row]:
    """Return the rows of one table, each value as its column declares; none if it is not given.

    Args:
        tables: Table name -> DataFrame with the columns of `labkit.schema.ehr`.
        name: The table.
        what: The function that asks, for error messages.

    Raises:
        InputError: If a column is missing, or a value is not of its column's type.
    """
    if name not in tables:
        return []
    frame, table = tables[name], METADATA.tables[name]
    missing = [column.name for column in table.columns if column.name not in frame.columns]
    if missing:
        near = get_close_matches(missing[0], [str(c) for c in frame.columns], n=1)
        hint = say("interop.near", near=near[0]) if near else ""
        raise InputError(
            say(
                "interop.no_column",
                what=what,
                table=name,
                column=missing[0],
                known=", ".join(map(str, frame.columns)),
                hint=hint,
            )
        )
    columns = [
        [_plain(value, column, what, name, number) for number, value in cells]
        for column in table.columns
        for cells in [list(enumerate(frame[column.name].tolist(), start=1))]
    ]
    names = [column.name for column in table.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def check_names(tables: Mapping[str, pd.DataFrame], *, what: str) -> None:
    """Refuse tables that the EHR does not have, and what is no table.

    Raises:
        InputError: With the tables there are.
    """
    for name, frame in tables.items():
        if name not in METADATA.tables:
            raise InputError(
                say("interop.unknown_table", what=what, came=name, known=", ".join(METADATA.tables))
            )
        if not isinstance(frame, pd.DataFrame):
            raise InputError(
                say("interop.not_frame", what=what, table=name, came=type(frame).__name__)
            )


def frame(name: str, found: list[Row]) -> pd.DataFrame:
    """Make the DataFrame of one EHR table.

    Int64 where a number may be missing, days and times as datetime64, missing text as None.
    """
    table = METADATA.tables[name]
    made = {}
    for column in table.columns:
        values = [row[column.name] for row in found]
        made[column.name] = pd.Series(values, dtype=_dtype(column))
    return pd.DataFrame(made)


def _dtype(column: Column[Any]) -> Any:
    if isinstance(column.type, Integer):
        return "Int64" if column.nullable else "int64"
    if isinstance(column.type, Double):
        return "float64"
    if isinstance(column.type, Date | DateTime):
        return "datetime64[us]"
    return object


def _plain(value: Any, column: Column[Any], what: str, name: str, number: int) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        if column.nullable:
            return None
        raise InputError(
            say(
                "interop.empty_value",
                where=say("interop.where_row", what=what, table=name, number=number),
                column=column.name,
            )
        )
    kind = column.type
    try:
        if isinstance(kind, Integer) and not isinstance(value, bool) and int(value) == value:
            return int(value)
        if isinstance(kind, Double) and not isinstance(value, bool | str):
            return float(value)
        if isinstance(kind, Date | DateTime):
            moment = pd.Timestamp(value).to_pydatetime(warn=False)
            if moment.tzinfo is None:
                return moment if isinstance(kind, DateTime) else _day(moment)
        elif not isinstance(kind, Integer | Double) and isinstance(value, str):
            return value
    except (TypeError, ValueError):
        pass
    raise InputError(
        say(
            "interop.wrong_type",
            where=say("interop.where_row", what=what, table=name, number=number),
            column=column.name,
            wanted=_wanted(column),
            came=repr(value),
            kind=type(value).__name__,
        )
    )


def _day(moment: datetime) -> date:
    if moment.time() != datetime.min.time():
        raise ValueError("a day has no time of day")
    return moment.date()


def _wanted(column: Column[Any]) -> str:
    if isinstance(column.type, Integer):
        return say("interop.a_whole_number")
    if isinstance(column.type, Double):
        return say("interop.a_number")
    if isinstance(column.type, DateTime):
        return say("interop.a_time")
    return say("interop.a_day") if isinstance(column.type, Date) else say("interop.a_text")
