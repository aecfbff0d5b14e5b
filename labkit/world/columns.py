"""Reading columns of a part: days and codes, whether numpy or Arrow holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from labkit.world.part import END_DAY, NEVER, Columns

Texts = list[str | None]


@dataclass
class Coded:
    """A text column as places in a list of its distinct words, -1 where it is empty.

    Examples:
        >>> sex = Coded(np.array([1, 0, -1], dtype=np.int8), ["F", "M"])
        >>> sex.put(np.array([0]), ["X"])
        >>> pa.array(sex).to_pylist()
        ['X', 'F', None]
    """

    place: np.ndarray
    words: Sequence[str]

    def __len__(self) -> int:
        return len(self.place)

    def copy(self) -> "Coded":
        """Return a column that changes apart from this one."""
        return Coded(self.place.copy(), list(self.words))

    def take(self, rows: np.ndarray) -> "Coded":
        """Return some rows, by place."""
        return Coded(self.place.take(rows), self.words)

    def texts(self, rows: np.ndarray) -> Texts:
        """Read cells."""
        return [self.words[place] if place >= 0 else None for place in self.place[rows].tolist()]

    @cached_property
    def _known(self) -> dict[str, int]:
        return dict(_places(tuple(self.words)))

    def put(self, rows: np.ndarray, values: Texts) -> None:
        """Put words into cells; None empties one."""
        new = dict.fromkeys(w for w in values if w is not None and w not in self._known)
        self._known.update({word: len(self.words) + i for i, word in enumerate(new)})
        self.words = [*self.words, *new]
        if len(self.words) > np.iinfo(self.place.dtype).max:
            self.place = self.place.astype(np.int32)
        self.place[rows] = [-1 if word is None else self._known[word] for word in values]

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.DictionaryArray:
        """Tell `pa.array` what to make of it."""
        places = held(self.place, self.place < 0)
        words = _arrow_words(tuple(self.words))
        return pa.DictionaryArray.from_arrays(places, words, safe=False)  # places are of words


@lru_cache(maxsize=48)  # lists of codes and of days come again in every partition
def _places(words: tuple[str, ...]) -> dict[str, int]:
    return {word: place for place, word in enumerate(words)}


@lru_cache(maxsize=128)
def _arrow_words(words: tuple[str, ...]) -> pa.Array:
    return pa.array(words, pa.string())


def held(values: np.ndarray, empty: np.ndarray) -> pa.Array:
    """Hold numbers, dates or times as Arrow does, null where they are empty, without a copy."""
    valid = pa.py_buffer(np.packbits(~empty, bitorder="little")) if empty.any() else None
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


def coded(place: np.ndarray, words: Sequence[str], missing: np.ndarray | None = None) -> Coded:
    """Make a text column of places in a list of words.

    Args:
        place: Shape (n,); -1 where the column is empty.
        words: Distinct.
        missing: Where else it is empty, shape (n,).
    """
    kind = next(k for k in (np.int8, np.int16, np.int32) if len(words) <= np.iinfo(k).max)
    place = np.asarray(place).astype(kind, copy=False)
    return Coded(place if missing is None else np.where(missing, kind(-1), place), words)


def take(columns: Columns, rows: np.ndarray) -> Columns:
    """Return some rows of columns, by place."""
    places = pa.array(rows)
    return {
        name: column.take(rows if isinstance(column, np.ndarray | Coded) else places)
        for name, column in columns.items()
    }


def days(column: Any) -> np.ndarray:
    """Return a date or time column as int32 days since 1970-01-01, NEVER where it is empty.

    Examples:
        >>> days(np.array(["1970-01-02", "NaT"], dtype="datetime64[D]")).tolist()
        [1, 1073741824]
    """
    if isinstance(column, pa.Array | pa.ChunkedArray):
        column = column.to_numpy(zero_copy_only=False)
    when = np.asarray(column).astype("datetime64[D]")
    found = when.astype(np.int64)
    return np.where(np.isnat(when), np.int64(NEVER), found).astype(np.int32)


def seconds(column: Any) -> np.ndarray:
    """Return a time column as int64 seconds since 1970-01-01."""
    if isinstance(column, pa.Array | pa.ChunkedArray):
        column = column.to_numpy(zero_copy_only=False)
    return np.asarray(column).astype("datetime64[s]").astype(np.int64)


_YEARS = np.arange(END_DAY + 1).astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970


def whole_years(birth: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Age in whole years, which grows on the birthday, int16, shape (n,).

    Examples:
        >>> born = np.array(["1935-01-04", "1935-01-05"], "M8[D]").astype(int)
        >>> whole_years(born, np.array(["2024-01-04"] * 2, "M8[D]").astype(int)).tolist()
        [89, 88]
    """
    return ((_calendar(day) - _calendar(birth)) // 10_000).astype(np.int16)


def _calendar(day: np.ndarray) -> np.ndarray:
    """Write days as the number YYYYMMDD."""
    dates = day.astype("M8[D]")
    months = dates.astype("M8[M]")
    month = months.astype(np.int64)  # since January 1970
    return (1970 + month // 12) * 10_000 + (month % 12 + 1) * 100 + (dates - months).astype(int) + 1


def year_of(day: np.ndarray) -> np.ndarray:
    """Return the calendar year of days from 1970 to the end of the window, int64.

    A table of all days: numpy's own conversion takes ten times as long.

    Examples:
        >>> year_of(np.array([0, 364, 365])).tolist()
        [1970, 1970, 1971]
    """
    return _YEARS.take(day)


_FIRST_YEAR = 1820
NEW_YEARS = (
    np.arange(_FIRST_YEAR - 1970, 250)
    .astype("datetime64[Y]")
    .astype("datetime64[D]")
    .astype(np.int64)
)


def new_year(year: np.ndarray) -> np.ndarray:
    """Return the first day of years from 1820 to 2219, int64 days since 1970-01-01.

    Examples:
        >>> new_year(np.array([1970, 1971])).tolist()
        [0, 365]
    """
    return NEW_YEARS[year - _FIRST_YEAR]


def remainder(number: np.ndarray, by: int) -> np.ndarray:
    """Return what is left of whole numbers: `number % by`, which takes five times as long.

    numpy divides with the processor's vectors, but takes remainders one by one.

    Examples:
        >>> remainder(np.array([7, -1]), 7).tolist()
        [0, 6]
    """
    return number - number // by * by


def ordered(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places that sort whole numbers, equal ones as they come, and the sorted numbers.

    The places are those of `np.argsort(key, kind="stable")`, in a third of the time: number and
    place are sorted as one number where they fit into 63 bits, which numpy does with the
    processor's vectors.

    Args:
        key: Integers, shape (n,).

    Examples:
        >>> places, numbers = ordered(np.array([7, -1, 7, 2**40]))
        >>> places.tolist(), numbers.tolist()
        ([1, 0, 2, 3], [-1, 7, 7, 1099511627776])
    """
    if len(key) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    low, bits = int(key.min()), len(key).bit_length()
    both = np.asarray(key, dtype=np.int64) - low
    largest = int(both.max())
    if largest <= 0xFFFF:  # a radix sort
        order = np.argsort(both.astype(np.uint16), kind="stable")
        return order, key[order]
    if largest.bit_length() + bits > 63:
        order = np.argsort(both, kind="stable")
        return order, key[order]
    both <<= bits
    both |= np.arange(len(both))
    both.sort()
    order = both & ((1 << bits) - 1)
    both >>= bits
    both += low
    return order, both


class Grouped:
    """Rows by a whole number, of some numbers, so that those of one are found without looking.

    Args:
        key: Numbers from 0 on, shape (n,).
        wanted: The numbers that will be asked for, fewer than 65,536.

    Examples:
        >>> Grouped(np.array([7, 3, 7]), [7, 9]).rows(7).tolist()
        [0, 2]
    """

    def __init__(self, key: np.ndarray, wanted: Iterable[int]) -> None:
        self._place = {number: place for place, number in enumerate(dict.fromkeys(wanted), start=1)}
        largest = max(int(key.max(initial=0)), *self._place)
        kind = np.uint8 if len(self._place) < 256 else np.uint16  # small ones are sorted quickest
        place_of = np.zeros(largest + 1, dtype=kind)
        place_of[list(self._place)] = list(self._place.values())
        place = place_of.take(key)
        some = np.flatnonzero(place)
        place = place.take(some)
        self._rows = some.take(np.argsort(place, kind="stable"))
        self._ends = np.cumsum(np.bincount(place, minlength=len(self._place) + 1))

    def rows(self, number: int) -> np.ndarray:
        """Return the places of a number, rising."""
        place = self._place[number]
        return self._rows[self._ends[place - 1] : self._ends[place]]


class Ladder:
    """Limits in rising order, between which many numbers are to be placed.

    Args:
        limits: Numbers from 0 on, rising, shape (k,).
        cells: Cells for each unit; a cell with few limits is looked through quickly.

    Examples:
        >>> Ladder(np.array([0.2, 0.5, 1.0])).places(np.array([0.1, 0.2, 0.7, 1.0])).tolist()
        [0, 1, 2, 3]
    """

    def __init__(self, limits: np.ndarray, *, cells: int = 256) -> None:
        self.cells = cells
        self.limits = np.append(limits, np.inf)
        cell = (limits * cells).astype(np.int32)
        self.first = np.searchsorted(cell, np.arange(cell[-1] + 2))

    def places(self, values: np.ndarray) -> np.ndarray:
        """Return how many limits each value has reached.

        As `np.searchsorted(limits, values, side="right")`, which takes ten times as long.

        Args:
            values: Numbers from 0 to the last limit, shape (n,).
        """
        place = self.first.take((values * self.cells).astype(np.int32))
        rest = np.flatnonzero(self.limits.take(place) <= values)
        while len(rest):
            place[rest] += 1
            rest = rest[self.limits[place[rest]] <= values[rest]]
        return place


def ranges(begin: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Concatenate the ranges `begin, begin + 1, ...` of given lengths.

    Examples:
        >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
        [5, 6, 0, 1, 2]
    """
    shift = np.repeat(begin - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return shift + np.arange(len(shift))


def codes(column: Any) -> tuple[np.ndarray, list[str]]:
    """Return a text column as places in a list of its distinct values.

    Returns:
        Places of length n, -1 where the column is empty, and the values.

    Examples:
        >>> places, values = codes(np.array(["b", "a", "b"]))
        >>> [values[i] for i in places]
        ['b', 'a', 'b']
    """
    if isinstance(column, Coded):
        return column.place, list(column.words)
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not isinstance(array, pa.DictionaryArray):
        array = array.dictionary_encode()
    indices = array.indices.fill_null(-1) if array.null_count else array.indices
    return indices.to_numpy(zero_copy_only=False), [str(v) for v in array.dictionary.to_pylist()]
