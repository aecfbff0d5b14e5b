"""Taking planted defects out again by their key."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit import schema
from labkit.errors import DataError
from labkit.messages import say
from labkit.world.defects.view import as_text, replaced
from labkit.world.tables import arrow_schema

COPIES = ("duplicate", "near_duplicate")


def remove_defects(tables: Mapping[str, pa.Table], key: pa.Table) -> dict[str, pa.Table]:
    """Give the clean extracts back.

    Args:
        tables: Registry name to extract, as delivered.
        key: The table `defect`; rows of registries that are not in `tables` are passed over.

    Returns:
        The extracts without the planted defects, rows in the same order.

    Raises:
        DataError: If a row of the key is not in the extract, or its cell does not hold the value
            that the key says it was given.
    """
    return {name: _clean(name, table, key) for name, table in tables.items()}


def _clean(name: str, table: pa.Table, key: pa.Table) -> pa.Table:
    key = key.filter(pc.equal(key["registry"], name)).combine_chunks()
    if key.num_rows == 0:
        return table
    key_name = next(iter(schema.table(name).primary_key)).name
    kinds = np.array(key["kind"].to_pylist())
    copy = np.isin(kinds, COPIES)
    row_key = key["row_key"].to_numpy()
    rows = _rows(name, table, key_name, row_key)
    table = table.combine_chunks()
    columns = np.array(key["column_name"].fill_null("").to_pylist())
    before, after = key["value_before"].to_pylist(), key["value_after"].to_pylist()
    for column in sorted(set(columns[~copy])):
        here = np.flatnonzero(~copy & (columns == column))
        kind = arrow_schema(name).field(column).type
        array = table[column].combine_chunks()
        found = as_text(array.take(pa.array(rows[here])).cast(kind))
        wrong = next((k for i, k in enumerate(here) if found[i] != after[k]), None)
        if wrong is not None:
            raise DataError(
                say(
                    "world.defect_value",
                    table=name,
                    column=column,
                    key=key_name,
                    row=row_key[wrong],
                    value=after[wrong],
                )
            )
        clean = replaced(array, kind, rows[here], [before[k] for k in here])
        place = table.schema.get_field_index(column)
        table = table.set_column(place, table.schema.field(place), clean)
    keep = np.ones(table.num_rows, dtype=bool)
    keep[rows[copy]] = False
    return table.filter(pa.array(keep))


def _rows(name: str, table: pa.Table, key_name: str, wanted: np.ndarray) -> np.ndarray:
    keys = table[key_name].to_numpy()
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    rows = order[place]
    missing = keys[rows] != wanted
    if missing.any():
        raise DataError(say("world.defect_row", table=name, key=key_name, row=wanted[missing][0]))
    return rows
