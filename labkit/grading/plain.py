"""Answers as plain data: what a student hands over, taken apart into rows of simple cells.

Everything that is compared, digested, or leaves a sandbox passes through `plain`, so no code of
the student's is ever run by a comparison: a subclass of float, an object with its own `__eq__` or
`__reduce__`, or a table of strange objects has become numbers and text, or been refused.

One shape serves all: a scalar is one row with one cell, a list has one column, a mapping has two,
a table its own. Cells are None, bool, int, float, str or `Day`.
"""

import datetime as dt
import json
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple

from labkit.errors import GradingError

MAX_ROWS = 200_000
MAX_COLUMNS = 5_000
MAX_TEXT = 100_000
LARGEST = 10**299  # still a float
_MIDNIGHT = dt.time(0)
KINDS = ("none", "truth", "number", "text", "date", "list", "set", "mapping", "table")
SCALARS = ("none", "truth", "number", "text", "date")


class Day(NamedTuple):
    """A date or a time, as ISO text; midnight is written as the date alone."""

    iso: str


Cell = None | bool | int | float | str | Day
_TYPES: dict[type, str] = {  # a cell is none of their subclasses
    type(None): "none",
    bool: "truth",
    int: "number",
    float: "number",
    Day: "date",
}


class NotPlain(Exception):
    """An answer that cannot be made plain; `reason` is a key of the grading messages."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class Plain(NamedTuple):
    """An answer made plain.

    `columns` and `types` have one entry for each column, `rows` one tuple of cells for each row.
    A type is `number`, `text`, `date`, `truth`, `none` (only nulls) or `mixed`; `whole` tells for
    each column whether its numbers were stored as integers.
    """

    kind: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    whole: tuple[bool, ...]
    rows: list[tuple[Cell, ...]]

    def to_json(self) -> str:
        """Write it as JSON text, from which `from_json` makes an equal one."""
        days = [i for i, kind in enumerate(self.types) if kind == "date"]
        made: dict[str, Any] = {"kind": self.kind, "columns": list(self.columns)}
        made |= {"whole": list(self.whole)} | ({"days": days} if days else {})
        made["rows"] = _by_column(self.rows, _column_to_json, days)
        return json.dumps(made, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Plain":
        """Read what `to_json` wrote, believing nothing.

        Raises:
            GradingError: If the text is not such an answer. A sandbox may have written anything.
        """
        try:
            raw = json.loads(text)
            if len(raw["rows"]) > MAX_ROWS or len(raw["columns"]) > MAX_COLUMNS:
                raise ValueError("too large")
            kind, columns = raw["kind"], tuple(raw["columns"])
            whole = tuple(bool(w) for w in raw["whole"])
            rows = _by_column(list(map(tuple, raw["rows"])), _column_from_json, raw.get("days", []))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise GradingError(f"answer: not plain data ({type(error).__name__})") from None
        sound = (
            kind in KINDS
            and all(isinstance(name, str) for name in columns)
            and len(whole) == len(columns) == len(set(columns))
            and (
                kind == "table"
                or columns == (("key", "value") if kind == "mapping" else ("value",))
            )
            and set(map(len, rows)) <= {len(columns)}
            and (kind not in SCALARS or (len(rows) == 1 and len(columns) == 1))
        )
        if not sound:
            raise GradingError("answer: columns and rows do not fit together")
        return cls(kind, columns, _types(columns, rows), whole, rows)


def plain(value: Any) -> Plain:
    """Take an answer apart.

    Args:
        value: A scalar, text, date, list, tuple, set, dict, numpy value, Series or DataFrame.

    Returns:
        The answer as rows of plain cells. Row labels (the index) of a DataFrame are left out; a
        Series with labels of its own becomes a mapping, another one a list.

    Raises:
        NotPlain: If it is none of these, or too large.

    Examples:
        >>> plain({"Tolga": 3}).rows
        [('Tolga', 3)]
        >>> plain(True).kind, plain(2.5).kind
        ('truth', 'number')
    """
    value = _unwrapped(value)
    try:
        if _is_frame(value):
            return _from_frame(value)
        if _is_series(value):
            return _from_series(value)
        if _module(value) == "numpy" and getattr(value, "ndim", 0) == 2:
            return _from_frame(_pandas().DataFrame(value))
        if isinstance(value, Mapping):
            pairs = [(cell(k), cell(v)) for k, v in value.items()]
            return _made("mapping", ("key", "value"), pairs)
        if isinstance(value, (set, frozenset)):
            return _made("set", ("value",), [(cell(v),) for v in value])
        if isinstance(value, (list, tuple, range)) or _is_array(value) or _is_view(value):
            return _made("list", ("value",), [(cell(v),) for v in value])
        only = cell(value)
    except NotPlain:
        raise
    except Exception as error:  # a strange object's own code failed
        raise NotPlain("strange", type=type(value).__name__) from error
    return _made(_type_of(type(only)), ("value",), [(only,)])


def cell(value: Any) -> Cell:
    """Make one value plain: null for None, NaN and NaT; nested lists and dicts become JSON text."""
    if value is None or value is Ellipsis:
        return None
    module = _module(value)
    if module.startswith("pandas") and type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, bool) or (module == "numpy" and type(value).__name__ in ("bool_", "bool")):
        return bool(value)
    if isinstance(value, str):
        text = str.__str__(value)
        if len(text) > MAX_TEXT:
            raise NotPlain("too_large")
        return unicodedata.normalize("NFC", text).strip()
    if isinstance(value, dt.datetime):
        at_midnight = value.time() == _MIDNIGHT and value.tzinfo is None
        return Day(value.date().isoformat() if at_midnight else value.isoformat())
    if isinstance(value, Integral):
        return int(value.__index__())
    if isinstance(value, (Real, Decimal)):
        number = float.__float__(value) if isinstance(value, float) else float(value)
        return None if math.isnan(number) else number
    if module == "numpy" and type(value).__name__ == "datetime64":
        return cell(_pandas().Timestamp(value))
    if isinstance(value, (dt.date, dt.time)):
        return Day(value.isoformat())
    if isinstance(value, dt.timedelta):
        return value.total_seconds() / 86_400
    if module == "numpy" and type(value).__name__ == "timedelta64":
        return cell(_pandas().Timedelta(value))
    if module.startswith("pandas") and type(value).__name__ in ("Period", "Interval"):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return _nested({str(k): v for k, v in value.items()})
    if isinstance(value, (list, tuple, set, frozenset)) or _is_array(value):
        return _nested(value)
    raise NotPlain("callable" if callable(value) else "strange", type=type(value).__name__)


def _nested(value: Any) -> str:
    def simple(v: Any) -> Any:
        if isinstance(v, Mapping):
            return {str(k): simple(x) for k, x in v.items()}
        if isinstance(v, (set, frozenset)):
            return sorted((simple(x) for x in v), key=json.dumps)
        if isinstance(v, (list, tuple)) or _is_array(v):
            return [simple(x) for x in v]
        return _cell_to_json(cell(v))

    return json.dumps(simple(value), sort_keys=True, ensure_ascii=False)


def _made(kind: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Plain:
    if len(rows) > MAX_ROWS:
        raise NotPlain("too_large")
    whole = tuple(
        all(isinstance(row[i], int) for row in rows if row[i] is not None)
        for i in range(len(columns))
    )
    return Plain(kind, columns, _types(columns, rows), whole, list(rows))


def _from_frame(frame: Any) -> Plain:
    if len(frame) > MAX_ROWS or len(frame.columns) > MAX_COLUMNS:
        raise NotPlain("too_large")
    names = tuple(
        " ".join(str(part) for part in name if str(part)) if isinstance(name, tuple) else str(name)
        for name in frame.columns
    )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise NotPlain("same_name", column=twice)
    columns = [_column(frame.iloc[:, i]) for i in range(len(names))]
    whole = tuple(_pandas().api.types.is_integer_dtype(t) for t in frame.dtypes)
    rows = list(zip(*columns, strict=True)) if names else []
    return Plain("table", names, _types(names, rows), whole, rows)


def _column(series: Any) -> list[Cell]:
    """Make the cells of a column plain; the usual numbers and times all at once."""
    stored = str(series.dtype)
    if stored in ("bool", "int32", "int64"):
        return list(series.tolist())
    if stored == "float64":
        return [None if math.isnan(number) else number for number in series.tolist()]
    if stored in ("datetime64[us]", "datetime64[ns]"):
        return _times(series)
    return [cell(v) for v in series.array]


def _times(series: Any) -> list[Cell]:
    import numpy as np

    times = series.to_numpy()
    if np.isnat(times).any() or (times != times.astype("M8[s]")).any():
        return [cell(v) for v in series.array]
    if (times == times.astype("M8[D]")).all():
        return list(map(Day, np.datetime_as_string(times, unit="D").tolist()))
    texts = np.datetime_as_string(times, unit="s").tolist()
    return [Day(text.removesuffix("T00:00:00")) for text in texts]


def _from_series(series: Any) -> Plain:
    if len(series) > MAX_ROWS:
        raise NotPlain("too_large")
    pandas = _pandas()
    labelled = not isinstance(series.index, pandas.RangeIndex) and (
        series.index.name is not None or not pandas.api.types.is_integer_dtype(series.index)
    )
    values = _column(series)
    if labelled and series.index.is_unique:
        keys = [cell(k) for k in series.index]
        made = _made("mapping", ("key", "value"), list(zip(keys, values, strict=True)))
    else:
        made = _made("list", ("value",), [(v,) for v in values])
    whole = bool(pandas.api.types.is_integer_dtype(series.dtype))
    return made._replace(whole=(*made.whole[:-1], whole))


def _types(columns: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> tuple[str, ...]:
    found = []
    for cells in zip(*rows, strict=True) if rows else [()] * len(columns):
        kinds = {_type_of(stored) for stored in set(map(type, cells))} - {"none"}
        found.append("none" if not kinds else kinds.pop() if len(kinds) == 1 else "mixed")
    return tuple(found)


def _type_of(stored: type) -> str:
    return _TYPES.get(stored, "text")


def _by_column(
    rows: list[tuple[Any, ...]],
    change: Callable[[tuple[Any, ...], bool], tuple[Any, ...]],
    days: list[int],
) -> list[tuple[Any, ...]]:
    """Change rows one column after the other; `days` lists those that hold days alone."""
    columns = list(zip(*rows, strict=True))
    changed = [change(column, i in days) for i, column in enumerate(columns)]
    same = all(new is old for new, old in zip(changed, columns, strict=True))
    return rows if same else list(zip(*changed, strict=True))


def _column_to_json(column: tuple[Cell, ...], days: bool) -> tuple[Any, ...]:
    if days:
        return tuple([day.iso if isinstance(day, Day) else None for day in column])
    return column if _is_simple(column, 2**63) else tuple(map(_cell_to_json, column))


def _column_from_json(column: tuple[Any, ...], days: bool) -> tuple[Cell, ...]:
    if days:
        if not set(map(type, column)) <= {str, type(None)}:
            raise ValueError("a day is written as text")
        return tuple([None if text is None else Day(text) for text in column])
    return column if _is_simple(column, LARGEST) else tuple(map(_cell_from_json, column))


def _is_simple(column: tuple[Any, ...], largest: int) -> bool:
    """Tell whether all cells are in JSON as they are here: a glance at a column, not at cells."""
    stored = set(map(type, column)) - {type(None), bool, str}
    if not stored:
        return True
    if stored not in ({int}, {float}):
        return False
    numbers = [value for value in column if type(value) in stored]
    if stored == {float}:
        return all(map(math.isfinite, numbers))
    return -largest < min(numbers) and max(numbers) < largest


def _cell_to_json(value: Cell) -> Any:
    if type(value) is Day:
        return {"day": value.iso}
    if type(value) is float and math.isinf(value):
        return {"infinite": 1 if value > 0 else -1}
    if type(value) is int and abs(value) >= 2**63:
        return {"large": str(value) if abs(value) < LARGEST else "beyond"}
    return value


def _cell_from_json(value: Any) -> Cell:
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is float:
        if math.isnan(value):
            raise ValueError("nan is written as null")
        return value
    if type(value) is int:
        if abs(value) >= LARGEST:
            raise ValueError("too large")
        return value
    if "day" in value and isinstance(value["day"], str):
        return Day(value["day"])
    if "infinite" in value:
        return math.inf if value["infinite"] == 1 else -math.inf
    if "large" in value and isinstance(value["large"], str):
        return int(value["large"][:300])
    raise ValueError("no such cell")


def _module(value: Any) -> str:
    return str(type(value).__module__)


def _pandas() -> Any:
    import pandas

    return pandas


def _unwrapped(value: Any) -> Any:
    """Return the table that a query or an Arrow table stands for, or the value itself."""
    module, name = _module(value), type(value).__name__
    if module.startswith(("duckdb", "_duckdb")) and name == "DuckDBPyRelation":
        return value.df()
    if module.startswith("pyarrow") and name == "Table":
        return value.to_pandas()
    if module == "numpy" and name == "ndarray" and value.ndim == 0:
        return value.item()
    return value


def _is_frame(value: Any) -> bool:
    return _module(value).startswith("pandas") and isinstance(value, _pandas().DataFrame)


def _is_series(value: Any) -> bool:
    return _module(value).startswith("pandas") and isinstance(value, _pandas().Series)


def _is_array(value: Any) -> bool:
    if not _module(value).startswith(("numpy", "pandas")):
        return False
    return getattr(value, "ndim", 0) == 1


def _is_view(value: Any) -> bool:
    return isinstance(value, (type({}.keys()), type({}.values())))
