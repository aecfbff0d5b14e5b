import json

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from labkit.errors import GradingError
from labkit.grading.plain import plain
from labkit.grading.reference import ORDER, ROWS, Reference, Settings, prints

WARDS = pd.DataFrame({"ward": ["A", "B", "C"], "n": [3, 5, 8], "share": [0.1875, 0.3125, 0.5]})


def reference(answer, **raw):
    return Reference.of(plain(answer), Settings.of(raw), salt="test", work=1)


def rung(ours, answer):
    return ours.compare(plain(answer)).rung


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (WARDS, "same"),
        (WARDS[::-1], "same"),
        (WARDS[["share", "n", "ward"]], "same"),
        (WARDS.rename(columns=str.upper), "same"),
        (WARDS.astype({"n": float}), "same"),
        (WARDS.assign(share=WARDS.share + 1e-9), "same"),
        (WARDS.set_index(pd.Index([7, 8, 9])), "same"),
        (WARDS.astype({"ward": "category"}), "same"),
        (7, "type"),
        (WARDS["n"], "type"),
        (WARDS.head(0), "empty"),
        (WARDS.rename(columns={"n": "antall"}), "columns"),
        (WARDS.drop(columns="n"), "columns"),
        (WARDS.assign(extra=1), "columns"),
        (WARDS.astype({"n": str}), "types"),
        (WARDS.assign(share=[0.1, 0.2, float("inf")]), "infinite"),
        (WARDS.head(2), "rows"),
        (pd.concat([WARDS, WARDS.assign(n=0)]), "rows"),
        (pd.concat([WARDS, WARDS.head(1)]), "duplicates"),
        (WARDS.assign(n=[3, 5, 9]), "values"),
        (WARDS.assign(n=[5, 3, 8]), "values"),
        (WARDS.assign(share=[0.1875, 0.3125, 0.51]), "values"),
        (WARDS.assign(share=[0.1875, 0.3125, None]), "values"),
        (WARDS.assign(ward=["a", "B", "C"]), "values"),
    ],
)
def test_a_table_stops_on_the_first_rung_that_does_not_hold(answer, expected):
    assert rung(reference(WARDS), answer) == expected


def test_the_first_difference_names_column_and_row_of_the_students_own():
    facts = reference(WARDS).compare(plain(WARDS.assign(n=[3, 6, 8]))).facts
    assert facts["column"] == "n"
    assert facts["columns_right"] == ["ward"]
    assert facts["row"] == {"number": 2, "cells": {"ward": "B", "n": 6, "share": 0.3125}}


def test_values_that_stand_in_the_wrong_rows_are_seen():
    swapped = pd.DataFrame({"ward": ["A", "B", "C"], "n": [5, 3, 8]})
    facts = reference(WARDS[["ward", "n"]]).compare(plain(swapped)).facts
    assert facts["column"] is None


def test_order_matters_only_where_the_task_says_so():
    assert rung(reference(WARDS), WARDS[::-1]) == "same"
    assert rung(reference(WARDS, order=True), WARDS[::-1]) == "order"
    assert rung(reference(WARDS, order=True), WARDS) == "same"
    ties = pd.DataFrame({"who": ["a", "b", "c"], "n": [2, 2, 1]})
    swapped = ties.iloc[[1, 0, 2]]
    assert rung(reference(ties, order=True), swapped) == "order"
    assert rung(reference(ties, order="n"), swapped) == "same"
    assert rung(reference(ties, order="n"), ties[::-1]) == "order"
    assert rung(reference([0.5, 1.5, 2.5], order=True), [2.5, 1.5, 0.5]) == "order"


def test_position_can_stand_for_names():
    by_place = reference(WARDS, names=False)
    assert rung(by_place, WARDS.set_axis(["x", "y", "z"], axis=1)) == "same"
    assert rung(by_place, WARDS[["ward", "n"]]) == "column_count"


@pytest.mark.parametrize(
    ("ours", "answer", "expected"),
    [
        (12, 12.0, "same"),
        (12, "12", "type"),
        (1, True, "type"),
        (True, 1, "type"),
        (0.5, float("nan"), "nan"),
        (0.5, float("inf"), "infinite"),
        (0.0, 1e-12, "same"),
        (-3.25, 3.25, "values"),
        ("NPR", "npr ", "same"),
        ("NPR", "KPR", "values"),
        ({"a", "b"}, ["b", "a"], "same"),
        ({"a", "b"}, ["b", "a", "a"], "duplicates"),
        ([1, 1, 2], [1, 2, 2], "values"),
        ([1, 1, 2], [2, 1, 1], "same"),
        ([1, 2], pd.Series([1, 2], index=["x", "y"]), "same"),
        ({"a": 1}, pd.Series([1], index=["a"]), "same"),
        ({"a": 1}, {"a": 2}, "values"),
        ([0.1, 0.2], [0.2, 0.1], "same"),
        ([0.1, 0.2], [0.1, 0.1], "values"),
        (2**70, 2**70, "same"),
        (2**70, 2**70 + 1, "values"),
    ],
)
def test_scalars_and_collections(ours, answer, expected):
    assert rung(reference(ours), answer) == expected


FINITE = st.floats(-1e9, 1e9)


@example(-536870912.0497531, 1e-6, 0.5)  # a tolerance of a few steps of the number's own digits
@given(FINITE, st.floats(1e-6, 1e3), st.floats(-1, 1))
def test_an_answer_within_the_tolerance_is_never_refused(value, tolerance, part):
    ours = reference(value, tolerance=tolerance)
    assert rung(ours, value + part * tolerance) == "same"


@given(FINITE, st.floats(1e-3, 1e3), st.floats(1.51, 50), st.sampled_from([-1, 1]))
def test_an_answer_beyond_one_and_a_half_tolerances_never_passes(value, tolerance, times, sign):
    ours = reference(value, tolerance=tolerance)
    assert rung(ours, value + sign * times * tolerance) == "values"


@given(st.floats(1e-3, 1e12), st.floats(-1, 1))
def test_without_a_tolerance_one_part_in_a_million_passes(value, part):
    assume(not float(value).is_integer())
    assert rung(reference(value), value * (1 + part * 0.999e-6)) == "same"


NUMBERS = st.lists(st.tuples(st.sampled_from("abc"), FINITE), min_size=1, max_size=8)


@settings(deadline=None)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_rows_in_any_order_are_the_same_table(rows, random):
    frame = pd.DataFrame(rows, columns=["group", "mean"])
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**31))
    assert rung(reference(frame), shuffled) == "same"
    again = Reference.from_key(json.loads(json.dumps(reference(frame).to_key())))
    assert rung(again, shuffled) == "same"


@settings(deadline=None)
@given(NUMBERS, st.integers(0, 7), st.floats(0.1, 10))
def test_one_changed_number_is_always_seen(rows, place, by):
    frame = pd.DataFrame(rows, columns=["group", "mean"])
    changed = frame.copy()
    at = place % len(frame)
    changed.loc[at, "mean"] += by
    ours = reference(frame, tolerance=0.01)
    assert rung(ours, changed) == "values"


def test_points_follow_what_is_right():
    ours = reference(WARDS[["ward", "n"]])
    share = lambda answer: ours.compare(plain(answer)).share  # noqa: E731
    assert share(WARDS[["ward", "n"]]) == 1
    assert share(WARDS[["ward", "n"]].head(2)) == pytest.approx(ROWS * 2 / 3)
    assert share(WARDS[["ward", "n"]].assign(n=[3, 5, 0])) == pytest.approx(ROWS * 2 / 3)
    assert share(WARDS[["ward", "n"]].assign(n=0)) == 0
    assert share(WARDS) == 0
    ordered = reference(WARDS, order=True)
    assert ordered.compare(plain(WARDS[::-1])).share == ORDER


@pytest.mark.parametrize(
    "raw",
    [
        {"toleranse": 1},
        {"tolerance": -1},
        {"tolerance": True},
        {"tolerance": float("nan")},
        {"tolerance": "0.1"},
    ],
)
def test_settings_that_cannot_be_are_refused(raw):
    with pytest.raises(GradingError):
        Settings.of(raw)


@pytest.mark.usefixtures("english")
def test_order_by_an_unknown_column_is_refused():
    with pytest.raises(GradingError, match="'m'"):
        reference(WARDS, order="m")


def test_a_known_wrong_number_is_recognised_also_when_rounded():
    settings = Settings(tolerance=0.05)
    known = prints(plain(6.4873), settings, salt="s", around=True)
    assert known & prints(plain(6.49), settings, salt="s", around=False)
    assert not known & prints(plain(6.6), settings, salt="s", around=False)
