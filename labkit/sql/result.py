"""Results of two queries side by side: are they the same table?"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Difference = Literal["columns", "rows", "order", "error"]


def plain(value: Any) -> Any:
    """Make equal what SQL counts as equal: 1 and 1.0, a date and its midnight, near floats.

    Examples:
        >>> plain(2) == plain(2.0), plain(0.1 + 0.2) == plain(0.3), plain("2") == plain(2)
        (True, True, False)
        >>> plain(date(2023, 1, 1)) == plain(datetime(2023, 1, 1))
        True
    """
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "not a number"
        return float(f"{value:.9g}") if math.isfinite(value) else value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, list | tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, dict):
        return tuple((k, plain(v)) for k, v in value.items())
    return value


def match_columns(answer: Sequence[str], reference: Sequence[str]) -> list[int] | None:
    """Say where the answer holds each column of the reference.

    By name when both have the same names, in any order; else by place.

    Returns:
        Places in the answer, in the order of the reference; None if the numbers differ.

    Examples:
        >>> match_columns(["n", "Sex"], ["sex", "n"]), match_columns(["count"], ["n"])
        ([1, 0], [0])
    """
    if len(answer) != len(reference):
        return None
    here, there = [a.lower() for a in answer], [r.lower() for r in reference]
    if sorted(here) == sorted(there) and len(set(here)) == len(here):
        return [here.index(name) for name in there]
    return list(range(len(reference)))


def counted(
    rows: Sequence[tuple[Any, ...]], places: Sequence[int] | None = None
) -> Counter[tuple[Any, ...]]:
    """Count each row, its values made plain and its columns put in order."""
    if places is None:
        return Counter(tuple(plain(v) for v in row) for row in rows)
    return Counter(tuple(plain(row[i]) for i in places) for row in rows)


def in_order(
    answer: Sequence[tuple[Any, ...]],
    reference: Sequence[tuple[Any, ...]],
    keys: Sequence[tuple[Any, ...]],
    places: Sequence[int],
) -> bool:
    """Tell whether the answer keeps the reference's order, free where the sort keys are equal."""
    start = 0
    while start < len(reference):
        end = start + 1
        while end < len(reference) and keys[end] == keys[start]:
            end += 1
        if counted(answer[start:end], places) != counted(reference[start:end]):
            return False
        start = end
    return True
