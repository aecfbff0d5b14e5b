"""Names for cells: the same name for what counts as the same.

Numbers with a tolerance t. The line of numbers is cut into buckets of width t/2, and the digests of
all buckets that touch [r - t, r + t] are kept for the reference r. An answer has one bucket. So an
answer within t is never refused, and none further off than 1.5 t is taken, whatever the rounding.
"""

import math
from collections.abc import Sequence

from labkit.grading.plain import Cell, Day, Plain

RELATIVE = 1e-6  # tolerance of measured numbers when the task names none
NEAR_ZERO = 1e-9


def is_measured(answer: Plain, i: int, tolerance: float | None) -> bool:
    """Tell whether the numbers of a column are compared with a tolerance."""
    if answer.types[i] != "number":
        return False
    values = [row[i] for row in answer.rows if row[i] is not None]
    if tolerance is not None and tolerance >= 1:
        return True
    if answer.whole[i]:
        return False
    numbers = [float(v) for v in values if isinstance(v, (int, float))]
    return tolerance is not None or not all(number.is_integer() for number in numbers)


def exact(value: Cell, fold: bool) -> str:
    """Name a cell that must be the same; `fold` lets capitals pass."""
    if value is None:
        return "0"
    if type(value) is int:
        return f"n{value}"
    if isinstance(value, str):
        return f"t{value.casefold() if fold else value}"
    if isinstance(value, Day):
        return f"d{value.iso}"
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, float):
        if math.isinf(value):
            return f"n{value}"
        whole = round(value)
        near = abs(value - whole) <= NEAR_ZERO * max(1.0, abs(value))
        return f"n{whole}" if near else f"n{value:.12g}"
    return f"n{value}"


def exact_names(cells: Sequence[Cell], fold: bool) -> list[str]:
    """Name the cells of a column as `exact` names each."""
    stored = set(map(type, cells))
    if stored == {int}:
        return [f"n{number}" for number in cells]
    if stored == {str} and not fold:
        return [f"t{text}" for text in cells]
    if stored == {Day}:
        return [f"d{day.iso}" for day in cells if isinstance(day, Day)]
    if len(stored - {type(None)}) == 1:  # then equal cells have equal names
        names = {value: exact(value, fold) for value in set(cells)}
        return [names[value] for value in cells]
    return [exact(value, fold) for value in cells]


def coarse(value: Cell) -> str:
    """Name a cell with its numbers at six digits."""
    return f"n{value:.6g}" if isinstance(value, (int, float)) else exact(value, False)


def bucket(value: Cell, tolerance: float | None) -> str:
    """Name the bucket that a number falls in; null and text have one each."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return exact(value, False)
    number = float(value)
    if math.isinf(number):
        return f"{number}"
    if tolerance is None:
        if abs(number) < NEAR_ZERO:
            return "0"
        exponent = math.frexp(number)[1] - 1
        return f"{exponent}:{math.floor(number / _step(number))}"
    if tolerance == 0:
        return f"{number:.12g}"
    return str(math.floor(number / (tolerance / 2)))


def _step(number: float) -> float:
    return float(RELATIVE * 2.0 ** (math.frexp(number)[1] - 1) / 2)


def buckets_around(value: Cell, tolerance: float | None) -> list[str]:
    """Name every bucket that a number within the tolerance may fall in."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isinf(value):
        return [bucket(value, tolerance)]
    number = float(value)
    if tolerance == 0:
        return [bucket(number, 0)]
    if tolerance is not None:
        reach, step = tolerance + 2 * math.ulp(number), tolerance / 2
        first, last = math.floor((number - reach) / step), math.floor((number + reach) / step)
        return [str(place) for place in range(first, last + 1)]
    if abs(number) < NEAR_ZERO:
        return ["0"]
    reach, step = RELATIVE * abs(number) * (1 + 1e-9), _step(number) / 2
    points = [number - reach + i * step for i in range(math.ceil(2 * reach / step) + 1)]
    # below a power of two the steps are finer, so a negative power has a bucket of its own
    power = math.copysign(2.0 ** round(math.log2(abs(number))), number)
    edges = [power] if abs(power - number) <= reach else []
    points = [*(p for p in points if p < number + reach), number + reach, number, *edges]
    return sorted({bucket(p, None) for p in points})
