"""What a run writes is read with distrust: a forged line is passed over, never a crash."""

import json

import pytest

from labkit.grading.key import read_outcomes

COLUMN = {"kind": "list", "columns": ["value"], "whole": [False]}


def line(**parts):
    return json.dumps({"label": "1.1", **parts})


def answer(**parts):
    return line(state="answer", answer=json.dumps({**COLUMN, "rows": [[1]], **parts}), text=None)


@pytest.mark.parametrize(
    "forged",
    [
        line(state="refused", reason="no_such_reason", facts={}),
        line(state="refused", reason="../../../etc/passwd.x", facts={}),
        line(state="refused", reason="errors.strange", facts={}),
        line(state="refused", reason="strange", facts={}),
        line(state="refused", reason="strange", facts={"lang": "xx", "reason": 1}),
        line(state="refused", reason="not_sql", facts={"came": "{0.__class__}"}),
        line(state="same", points=99),
        line(state="answer", answer=7),
        answer(rows=[[float("nan")]]),
        answer(rows=[[10**400]]),
        answer(rows=[[{"large": "9" * 400}], [1, 2]]),
        answer(rows=[[{"large": "x"}]]),
        answer(days=[0]),
        answer(days=7),
        answer(days=[0], rows=[[{"day": "2024-01-31"}]]),
        answer(rows=[[[1]]]),
        answer(rows=[[1, 2]]),
        answer(kind="mapping"),
        answer(kind="number", columns=["a"]),
        answer(kind="table", columns=["a", "a"], whole=[True, True], rows=[[1, 2]]),
        answer(kind="pickle"),
        answer(rows=[[1]] * 200_001),
        answer(rows=[[]] * 2_000_000),
        answer(kind="table", columns=[f"c{i}" for i in range(5001)], whole=[True] * 5001, rows=[]),
        "[" * 100_000,
        line(state="blank", more=[[]] * 2_000_001),
    ],
)
def test_a_forged_line_is_passed_over(forged):
    honest = json.dumps({"label": "1.2", "state": "blank"})
    assert list(read_outcomes(f"{forged}\n{honest}")) == ["1.2"]


def test_a_long_error_is_cut():
    found = read_outcomes(line(state="error", error="x" * 10_000))
    assert len(found["1.1"].reason) == 500
