"""One registry's columns while they are damaged: reading, choosing rows, changing cells."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit import schema
from labkit.world.columns import Coded, Texts, codes, take
from labkit.world.part import Part
from labkit.world.registry.pseudonym import part_pseudonyms
from labkit.world.tables import arrow_schema


class View:
    """The rows of one registry in one partition. A damaged row is not damaged again."""

    def __init__(self, part: Part, registry: str) -> None:
        self.part = part
        self.registry = registry
        self.columns: dict[str, Any] = {
            name: column.copy() if isinstance(column, Coded) else column
            for name, column in part.tables[registry].items()
        }
        self.types = arrow_schema(registry)
        self.key_name = next(iter(schema.table(registry).primary_key)).name
        self.key = np.asarray(self.columns[self.key_name])
        self.free = np.ones(len(self.key), dtype=bool)

    def __len__(self) -> int:
        return len(self.key)

    def take(self, index: np.ndarray) -> None:
        """Take rows by their places, some twice."""
        self.columns = take(self.columns, index)

    def where(self, column: str, holds: Callable[[str], bool]) -> np.ndarray:
        """Mark the rows whose text in a column fulfils a condition; empty cells do not."""
        place, distinct = codes(self.columns[column])
        return _which(holds, tuple(distinct)).take(place)

    def filled(self, column: str) -> np.ndarray:
        """Mark the rows that have a value in a column."""
        array = self.columns[column]
        if isinstance(array, np.ndarray):
            return ~np.isnan(array) if array.dtype.kind == "f" else np.ones(len(self), dtype=bool)
        if isinstance(array, Coded):
            return array.place >= 0
        if array.null_count == 0:
            return np.ones(len(self), dtype=bool)
        return array.is_valid().to_numpy(zero_copy_only=False)

    def number(self, column: str) -> np.ndarray:
        """Return a column as floats, nan where it is empty; text is read with a decimal comma."""
        array = self.columns[column]
        if isinstance(array, np.ndarray):
            return array.astype(float)
        if not isinstance(array, Coded) and not pa.types.is_string(array.type):
            return array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        place, distinct = codes(self.columns[column])
        values = [*(float(text.replace(",", ".")) for text in distinct), np.nan]
        return np.array(values, dtype=float)[place]

    def death(self, column: str, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the day of death, or NEVER, of rows' persons, by the column of pseudonyms."""
        people = self.part.people
        assert people is not None
        assert people.death is not None
        pseudonym = part_pseudonyms(self.part)
        order = np.argsort(pseudonym)
        wanted = np.asarray(self.columns[column])[rows]
        if len(wanted) == 0:
            return np.zeros(0, dtype=np.int32)
        # Rows of a person stand together: one search for them all
        first = np.flatnonzero(np.r_[True, wanted[1:] != wanted[:-1]])
        found = np.searchsorted(pseudonym, wanted[first], sorter=order)
        death = people.death[order[np.minimum(found, len(order) - 1)]]
        return np.repeat(death, np.diff(first, append=len(wanted)))

    def texts(self, column: str, rows: np.ndarray) -> Texts:
        """Read cells as the text that the key holds."""
        array = self.columns[column]
        if isinstance(array, Coded):
            return array.texts(rows)
        if isinstance(array, np.ndarray):
            taken = pa.array(array[rows], from_pandas=array.dtype.kind == "f")
        else:
            taken = array.take(pa.array(rows))
        return as_text(taken.cast(self.types.field(column).type))

    def change(self, column: str, rows: np.ndarray, values: Texts) -> None:
        """Put new values, given as text, into the cells of some rows."""
        array = self.columns[column]
        if isinstance(array, Coded):
            array.put(rows, values)
            return
        kind = self.types.field(column).type
        if isinstance(array, np.ndarray) and None not in values:
            new = pa.array(values, pa.string()).cast(kind).to_numpy(zero_copy_only=False)
            changed = array.astype(new.dtype)
            changed[rows] = new
            self.columns[column] = changed
            return
        if isinstance(array, np.ndarray):
            array = pa.array(array, from_pandas=array.dtype.kind == "f")
        self.columns[column] = replaced(array, kind, rows, values)


@lru_cache(maxsize=64)  # lists of codes and of days come again in every partition
def _which(holds: Callable[[str], bool], words: tuple[str, ...]) -> np.ndarray:
    """Mark the words that fulfil a condition; the last place stands for an empty cell."""
    return np.array([*map(holds, words), False], dtype=bool)


@dataclass(frozen=True)
class Rows:
    """The rows that a layer damages, for layers that need more than the cell itself."""

    view: View
    places: np.ndarray

    def texts(self, column: str) -> Texts:
        """Read another column of the same rows."""
        return self.view.texts(column, self.places)


def as_text(array: pa.Array) -> Texts:
    """Write values as text from which `replaced` makes the same values again."""
    return array.cast(pa.string()).to_pylist()


def replaced(array: pa.Array, kind: pa.DataType, rows: np.ndarray, values: Texts) -> pa.Array:
    """Return an array with some cells replaced by values given as text.

    Args:
        array: The column; text may be dictionary-encoded and stays so.
        kind: Its declared type.
        rows: Places to change, each once.
        values: The new values.
    """
    if pa.types.is_dictionary(array.type):
        given = pa.array(values, pa.string())
        known = array.dictionary.cast(pa.string())
        added = pc.unique(given.filter(pc.invert(pc.is_in(given, known))).drop_null())
        words = pa.concat_arrays([known, added])
        indices = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
        indices = indices.copy()
        indices[rows] = pc.index_in(given, words, skip_nulls=True).fill_null(-1)
        taken = pa.array(indices, mask=indices < 0)
        return pa.DictionaryArray.from_arrays(taken, words)
    mask = np.zeros(len(array), dtype=bool)
    mask[rows] = True
    order = np.argsort(rows)
    new = pa.array([values[i] for i in order], pa.string()).cast(kind)
    return pc.replace_with_mask(array.cast(kind), pa.array(mask), new)
