"""One registry's columns while they are damaged: reading, choosing rows, changing cells."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit import schema
from labkit.world.columns import codes, places_of
from labkit.world.part import Part
from labkit.world.registry.pseudonym import part_pseudonyms
from labkit.world.tables import arrow_schema

Texts = list[str | None]


class Coded:
    """A text column as places in its distinct words, so that a cell changes without the others."""

    def __init__(self, column: pa.DictionaryArray) -> None:
        self.place = places_of(column)
        self._dictionary = column.dictionary
        self._grown = False

    @cached_property
    def words(self) -> list[str]:
        """The distinct words, read when they are first asked for."""
        return self._dictionary.to_pylist()

    @cached_property
    def _known(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def put(self, rows: np.ndarray, values: Texts) -> None:
        """Put words into cells; None empties one."""
        for word in values:
            if word is not None and word not in self._known:
                self._known[word] = len(self.words)
                self.words.append(word)
                self._grown = True
        self.place[rows] = [-1 if word is None else self._known[word] for word in values]

    def texts(self, rows: np.ndarray) -> Texts:
        """Read cells."""
        return [self.words[place] if place >= 0 else None for place in self.place[rows].tolist()]

    def column(self) -> pa.DictionaryArray:
        """Return the column as it is now."""
        empty = self.place < 0
        places = pa.array(self.place, mask=empty if empty.any() else None)
        words = pa.array(self.words, pa.string()) if self._grown else self._dictionary
        return pa.DictionaryArray.from_arrays(places, words)


class View:
    """The rows of one registry in one partition. A damaged row is not damaged again."""

    def __init__(self, part: Part, registry: str) -> None:
        self.part = part
        self.registry = registry
        self.columns: dict[str, Any] = {
            name: Coded(column) if isinstance(column, pa.DictionaryArray) else column
            for name, column in part.tables[registry].items()
        }
        self.types = arrow_schema(registry)
        self.key_name = next(iter(schema.table(registry).primary_key)).name
        self.key = np.asarray(self.columns[self.key_name])
        self.free = np.ones(len(self.key), dtype=bool)

    def __len__(self) -> int:
        return len(self.key)

    def finished(self) -> dict[str, Any]:
        """Return the columns as they are now."""
        return {
            name: column.column() if isinstance(column, Coded) else column
            for name, column in self.columns.items()
        }

    def take(self, index: np.ndarray) -> None:
        """Take rows by their places, some twice."""
        rows = pa.array(index)
        for name, column in self.columns.items():
            if isinstance(column, Coded):
                column.place = column.place.take(index)
            else:
                here = isinstance(column, np.ndarray)
                self.columns[name] = column.take(index if here else rows)

    def _coded(self, column: str) -> tuple[np.ndarray, list[str]]:
        found = self.columns[column]
        return (found.place, found.words) if isinstance(found, Coded) else codes(found)

    def where(self, column: str, holds: Callable[[str], bool]) -> np.ndarray:
        """Mark the rows whose text in a column fulfils a condition; empty cells do not."""
        place, distinct = self._coded(column)
        found = np.array([*(holds(text) for text in distinct), False], dtype=bool)
        return found[place]

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
        place, distinct = self._coded(column)
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
