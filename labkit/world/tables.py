"""From the columns of a partition to Arrow tables in the shape that the schema declares."""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import BigInteger, Date, DateTime, Double, Integer, SmallInteger

from labkit import schema
from labkit.world.columns import Coded, held
from labkit.world.part import Columns, Part

ARROW = {
    SmallInteger: pa.int16(),
    BigInteger: pa.int64(),
    Integer: pa.int32(),
    Double: pa.float64(),
    DateTime: pa.timestamp("us"),
    Date: pa.date32(),
}


@cache
def arrow_schema(name: str) -> pa.Schema:
    """Return the Arrow schema of a declared table; text is `string`.

    Examples:
        >>> arrow_schema("death").types
        [DataType(int64), DataType(date32[day]), DataType(string)]
    """
    fields = []
    for column in schema.table(name).columns:
        kind = next((ARROW[k] for k in ARROW if isinstance(column.type, k)), pa.string())
        fields.append(pa.field(column.name, kind, nullable=bool(column.nullable)))
    return pa.schema(fields)


def finish(part: Part) -> dict[str, pa.Table]:
    """Cast all tables of a partition and check that they are what the schema declares.

    Text columns may stay dictionary-encoded. A mistake here is a bug in a step, not the user's.
    """
    return {name: _table(name, columns) for name, columns in part.tables.items()}


def _table(name: str, columns: Columns) -> pa.Table:
    wanted = arrow_schema(name)
    if list(columns) != wanted.names:
        raise ValueError(f"{name}: made {list(columns)}, declared {wanted.names}")
    arrays = [_array(f"{name}.{field.name}", columns[field.name], field) for field in wanted]
    if len({len(a) for a in arrays}) > 1:
        lengths = {f.name: len(a) for f, a in zip(wanted, arrays, strict=True)}
        raise ValueError(f"{name}: columns differ in length: {lengths}")
    fields = [f.with_type(a.type) for f, a in zip(wanted, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _numbers(values: np.ndarray) -> pa.Array:
    """Hold a numpy array as Arrow does, nan and not-a-time as null."""
    if values.dtype.kind == "f":
        return held(values, np.isnan(values))
    if values.dtype == "M8[us]":  # days are 64 bits in numpy and 32 in Arrow
        return held(values, np.isnat(values))
    return pa.array(values)


def _array(where: str, values: Any, field: pa.Field) -> pa.Array:
    if isinstance(values, np.ndarray):
        array = _numbers(values)
    elif isinstance(values, Coded):
        array = pa.array(values)
    else:
        array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_string(field.type) and pa.types.is_dictionary(array.type):
        pass
    elif array.type != field.type:
        array = array.cast(field.type)
    if array.null_count and not field.nullable:
        raise ValueError(f"{where}: {array.null_count} nulls, but none are declared")
    return array
