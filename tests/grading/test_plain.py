import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import GradingError
from labkit.grading.plain import Day, NotPlain, Plain, cell, plain


@pytest.mark.parametrize(
    ("value", "kind", "first"),
    [
        (3, "number", 3),
        (np.int16(3), "number", 3),
        (np.float32(0.5), "number", 0.5),
        (Decimal("2.5"), "number", 2.5),
        (True, "truth", True),
        (np.bool_(False), "truth", False),
        ("  Røros ", "text", "Røros"),
        ("a\u030a", "text", "å"),
        (dt.date(2023, 1, 2), "date", Day("2023-01-02")),
        (pd.Timestamp(2023, 1, 2), "date", Day("2023-01-02")),
        (np.datetime64("2023-01-02T10:30"), "date", Day("2023-01-02T10:30:00")),
        (float("nan"), "none", None),
        (pd.NA, "none", None),
        (pd.NaT, "none", None),
        (np.array(4), "number", 4),
        (pd.Timedelta(hours=36), "number", 1.5),
        ([1, 2], "list", 1),
        ((1, 2), "list", 1),
        (np.array([1, 2]), "list", 1),
        (pd.Series([1, 2]), "list", 1),
        (pd.Index([1, 2]), "list", 1),
        ({1: 2}.keys(), "list", 1),
        ({7}, "set", 7),
        ({"a": 1}, "mapping", "a"),
        (pd.Series([1], index=["a"]), "mapping", "a"),
        (pd.DataFrame({"a": [9]}), "table", 9),
    ],
)
def test_each_kind_of_answer_becomes_plain(value, kind, first):
    made = plain(value)
    assert made.kind == kind
    assert made.rows[0][0] == first
    assert type(made.rows[0][0]) in (int, float, bool, str, Day, type(None))


def test_a_subclass_becomes_the_plain_number_that_it_holds():
    class Always(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    value = plain(Always(2.0)).rows[0][0]
    assert type(value) is float
    assert value != 3


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (len, "callable"),
        (object(), "strange"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same_name"),
        (pd.DataFrame({"a": [object()]}), "strange"),
        ("x" * 200_000, "too_large"),
        (pd.DataFrame([range(6_000)]), "too_large"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_reason(value, reason):
    with pytest.raises(NotPlain) as refused:
        plain(value)
    assert refused.value.reason == reason


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8),
    st.dates(),
)  # fmt: skip


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_json_brings_back_the_same_answer(rows):
    made = plain({f"{i}": row for i, row in enumerate(rows)})
    again = Plain.from_json(made.to_json())
    assert again == made


@given(st.floats(allow_nan=True))
def test_nan_is_null_and_infinity_is_kept(value):
    made = cell(value)
    assert made is None if math.isnan(value) else made == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"kind": "table"}',
        '{"kind": "evil", "columns": [], "whole": [], "rows": []}',
        '{"kind": "number", "columns": ["value"], "whole": [true], "rows": [[1], [2]]}',
        '{"kind": "table", "columns": ["a"], "whole": [true], "rows": [[1, 2]]}',
        '{"kind": "table", "columns": ["a"], "whole": [true], "rows": [[{"__reduce__": 1}]]}',
        '{"kind": "table", "columns": [["a"]], "whole": [true], "rows": []}',
        '{"kind": "list", "columns": ["a"], "whole": [true], "rows": 7}',
        "[" * 100_000,
    ],
)
def test_forged_answers_are_refused(text):
    with pytest.raises(GradingError):
        Plain.from_json(text)


TIMES = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
COLUMNS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1).map(lambda v: pd.Series(v, dtype=int)),
    st.lists(st.booleans(), min_size=1).map(pd.Series),
    st.lists(st.floats(), min_size=1).map(lambda v: pd.Series(v, dtype=float)),
    st.lists(st.one_of(TIMES, st.just(pd.NaT)), min_size=1).map(pd.to_datetime).map(pd.Series),
    st.lists(TIMES.map(lambda t: t.replace(microsecond=0)), min_size=1).map(pd.Series),
    st.lists(st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1)), min_size=1)
    .map(lambda days: pd.to_datetime(pd.Series(days)))
    .map(lambda days: days.astype("datetime64[us]")),
)


@given(COLUMNS)
def test_a_column_is_made_plain_as_its_cells_are(column):
    cells = [(cell(value),) for value in column.array]
    made = plain(pd.DataFrame({"x": column}))
    assert made.rows == cells
    assert [type(row[0]) for row in made.rows] == [type(row[0]) for row in cells]
    assert plain(column).rows == cells
