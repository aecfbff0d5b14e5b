"""How registries write things: dates as text, decimal commas, lists in one cell, words for codes.

Nothing here loops over rows: text is looked up in tables of days and of distinct values.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit.world.columns import Coded, coded
from labkit.world.part import END_DAY, START_DAY

FIRST_DAY = START_DAY - 366
LAST_DAY = END_DAY + 366
MOST_COUNTED = 1_000_000


@cache
def _days(pattern: str) -> tuple[np.ndarray, list[str]]:
    """The distinct texts of all days, and the place of each day's text among them."""
    days = np.arange(FIRST_DAY, LAST_DAY + 1).astype("datetime64[D]").tolist()
    return _distinct([day.strftime(pattern) for day in days])


def _distinct(texts: Sequence[str | None]) -> tuple[np.ndarray, list[str]]:
    """Return the distinct texts, and the place of each among them, -1 for None."""
    distinct = [text for text in dict.fromkeys(texts) if text is not None]
    places: dict[str | None, int] = {text: place for place, text in enumerate(distinct)}
    return np.array([places.get(text, -1) for text in texts], dtype=np.int32), distinct


def date_text(day: np.ndarray, pattern: str, missing: np.ndarray | None = None) -> Coded:
    """Write days as text.

    Args:
        day: Days since 1970-01-01 from a year before the window to a year after it, shape (n,).
        pattern: As for `strftime`.
        missing: Where to leave the cell empty, bool, shape (n,).

    Examples:
        >>> pa.array(date_text(np.array([19723]), "%d.%m.%Y")).to_pylist()
        ['01.01.2024']
    """
    place = np.asarray(day, dtype=np.int64) - FIRST_DAY
    if missing is not None:
        place = np.where(missing, 0, place)
    where, texts = _days(pattern)
    if len(place) and (place.min() < 0 or place.max() >= len(where)):
        raise ValueError(f"date_text: a day lies outside {FIRST_DAY}-{LAST_DAY}")
    return coded(where.take(place), texts, missing)


def decimal_comma(value: np.ndarray, decimals: int, missing: np.ndarray | None = None) -> Coded:
    """Write numbers with a decimal comma.

    Args:
        value: Numbers, shape (n,); nan is left empty.
        decimals: Digits after the comma.
        missing: Where else to leave the cell empty.

    Examples:
        >>> pa.array(decimal_comma(np.array([2.5, 30.0, np.nan]), 1)).to_pylist()
        ['2,5', '30,0', None]
    """
    empty = np.isnan(value) if missing is None else missing | np.isnan(value)
    scaled = np.round(np.where(empty, 0, value) * 10**decimals).astype(np.int64)
    distinct, place = _ranked(scaled)
    words = [f"{v / 10**decimals:.{decimals}f}".replace(".", ",") for v in distinct.tolist()]
    return coded(place, words, empty)


def _ranked(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct numbers in order, and the place of each among them."""
    if len(number) == 0 or number.min() < 0 or number.max() > MOST_COUNTED:
        return np.unique(number, return_inverse=True)
    there = np.zeros(number.max() + 1, dtype=bool)  # no sort: the numbers are small
    there[number] = True
    return np.flatnonzero(there), (np.cumsum(there, dtype=np.int32) - 1)[number]


def words(
    code: np.ndarray, vocabulary: Sequence[str | None], missing: np.ndarray | None = None
) -> Coded:
    """Write small codes as the words at their places in the vocabulary; None is an empty cell.

    Examples:
        >>> pa.array(words(np.array([1, 0, 2]), ["Mann", "Kvinne", None])).to_pylist()
        ['Kvinne', 'Mann', None]
    """
    where, texts = _distinct(vocabulary)
    place = np.asarray(code)
    return coded(place if len(texts) == len(vocabulary) else where.take(place), texts, missing)


def integers(value: np.ndarray, missing: np.ndarray) -> pa.Array:
    """Return whole numbers with empty cells."""
    return pa.array(np.where(missing, 0, value).astype(np.int32), mask=missing)


def joined(code: Coded, count: np.ndarray) -> pa.Array:
    """Join consecutive codes into one cell each, with semicolons; empty where the count is 0.

    Args:
        code: All codes in order, shape (sum of count,).
        count: How many belong to each cell, shape (n,).

    Examples:
        >>> codes = coded(np.array([1, 0, 2]), ["E11.9", "I10", "J45.9"])
        >>> joined(codes, np.array([2, 0, 1])).to_pylist()
        ['I10;E11.9', None, 'J45.9']
    """
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(code).cast(pa.string()))
    cells = pc.binary_join(lists, ";")
    return pc.if_else(pa.array(np.asarray(count) > 0), cells, pa.scalar(None, pa.string()))
