"""Functions on drawn inputs, and tests that students write: right, half right, wrong, hostile."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.errors import GradingError
from labkit.grading.kinds import kind_of
from labkit.grading.kinds.inputs import draw_cases, verify_inputs, written
from labkit.grading.kinds.planted import plant
from labkit.grading.kinds.tests import Versions, take_tests, versions
from labkit.grading.kinds.words import shown_facts
from labkit.grading.plain import NotPlain, Plain
from labkit.grading.words import difference_text

STAY = {"tuple": [{"int": [0, 30]}, {"int": [0, 30]}], "sorted": True}
MERGE = {"inputs": [{"list": STAY, "length": [0, 5], "sorted": True}], "cases": 30, "seed": "a"}
FUNCTION, TESTS = kind_of("function"), kind_of("tests")


def merge(stays):
    """Merge stays that overlap or touch."""
    merged = []
    for start, end in stays:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def merge_not_touching(stays):
    merged = []
    for start, end in stays:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def through_key(kind, solution, asked):
    """Make a reference as a key holds it."""
    answer = Plain.from_json(kind.take(solution, kind.split(asked)[1]).answer.to_json())
    made = kind.refer(answer, asked, salt="s", work=40)
    return kind.read(json.loads(json.dumps(made.to_key())))


def compared(kind, solution, answer, asked):
    options = kind.split(asked)[1]
    taken = Plain.from_json(kind.take(answer, options).answer.to_json())
    return through_key(kind, solution, asked).compare(taken)


def test_a_right_function_passes_and_gives_lists_or_tuples_as_it_likes():
    assert compared(FUNCTION, merge, merge, MERGE).same
    as_lists = lambda stays: [list(stay) for stay in merge(stays)]  # noqa: E731
    assert compared(FUNCTION, merge, as_lists, MERGE).same
    as_generator = lambda stays: iter(merge(stays))  # noqa: E731
    assert compared(FUNCTION, merge, as_generator, MERGE).same


def test_a_half_right_function_earns_part_and_is_shown_its_smallest_failing_input():
    difference = compared(FUNCTION, merge, merge_not_touching, MERGE)
    assert 0 < difference.share < 0.7
    failing = [case for case in draw_cases(MERGE) if merge(case[0]) != merge_not_touching(case[0])]
    assert difference.facts["input"] == str(failing[0][0])
    assert all(len(str(case)) >= len(str(failing[0])) for case in failing)
    said = difference_text(difference, "nb")
    assert difference.facts["input"] in said
    assert str(merge(failing[0][0])) not in said


def test_order_matters_in_a_functions_list_unless_the_task_says_otherwise():
    backwards = lambda stays: merge(stays)[::-1]  # noqa: E731
    assert not compared(FUNCTION, merge, backwards, MERGE).same
    assert compared(FUNCTION, merge, backwards, {**MERGE, "order": False}).same


@pytest.mark.parametrize("wrong", [lambda stays: [], lambda stays: None, lambda stays: 1 / 0])
def test_wrong_functions_earn_almost_nothing(wrong):
    assert compared(FUNCTION, merge, wrong, MERGE).share < 0.1


def test_a_function_that_spoils_its_input_harms_only_itself():
    def spoiling(stays):
        stays.clear()
        return []

    assert not compared(FUNCTION, merge, spoiling, MERGE).same
    assert compared(FUNCTION, merge, merge, MERGE).same


def test_numbers_have_a_tolerance_and_exceptions_are_answers():
    asked = {"inputs": [{"int": [0, 20]}, {"int": [0, 20]}], "cases": 40, "tolerance": 0.01}
    share = lambda n, d: n / d  # noqa: E731
    assert compared(FUNCTION, share, lambda n, d: n / d + 0.004, asked).same
    quiet = compared(FUNCTION, share, lambda n, d: n / d if d else None, asked)
    assert quiet.facts["inner"] == "should_raise"
    assert "ZeroDivisionError" in difference_text(quiet, "en")


class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


@pytest.mark.parametrize("hostile", [lambda stays: Equal(), lambda stays: lambda: 0])
def test_an_object_that_equals_everything_is_refused(hostile):
    difference = compared(FUNCTION, merge, hostile, MERGE)
    assert difference.share == 0
    assert difference.facts["inner"] == "has_refused"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("x", "returned", "{}")] * 30,
        [("x", "returned", "[[[[")] * 30,
        [("x", "same", "1")] * 30,
        [(None, None, None)] * 30,
    ],
)
def test_forged_results_earn_nothing(rows):
    forged = Plain("table", ("input", "state", "output"), ("text",) * 3, (False,) * 3, rows)
    difference = through_key(FUNCTION, merge, MERGE).compare(forged)
    assert not difference.same
    assert difference.share == 0


def test_a_mark_shows_the_smallest_input_that_does_not_hold_and_no_output():
    difference = compared(FUNCTION, merge, merge_not_touching, MERGE)
    shown = shown_facts(difference)
    assert set(shown) == {"passed", "cases", "inner", "input"}
    assert eval(shown["input"])  # as a reader would type it


@pytest.mark.parametrize("answer", [3, "merge", int, [merge]])
def test_what_is_no_function_is_refused(answer):
    with pytest.raises(NotPlain):
        FUNCTION.take(answer, MERGE)


DRAWN = {
    "inputs": [
        {"list": {"text": "ab", "length": [1, 3]}, "length": [0, 4]},
        {"date": ["2020-02-01", "2020-03-01"]},
        {"dict": {"sex": {"one_of": ["F", "M", None]}, "hba1c": {"float": [20, 100]}}},
        {"table": {"age": {"int": [0, 99]}}, "rows": [1, 3]},
    ]
}


@settings(deadline=None)
@given(st.integers(0, 50))
def test_inputs_keep_to_their_description_and_depend_on_the_seed_alone(seed):
    drawn = draw_cases({**DRAWN, "cases": 5, "seed": seed})
    assert len(drawn) == 5
    for texts, day, record, table in drawn:
        assert len(texts) <= 4
        assert all(set(text) <= set("ab") and 1 <= len(text) <= 3 for text in texts)
        assert date(2020, 2, 1) <= day <= date(2020, 3, 1)
        assert record["sex"] in ("F", "M", None)
        assert 20 <= record["hba1c"] <= 100
        assert 1 <= len(table) <= 3
    again = draw_cases({**DRAWN, "cases": 5, "seed": seed})
    assert [case[:3] for case in again] == [case[:3] for case in drawn]


def test_another_seed_draws_other_inputs_and_examples_are_always_there():
    options = {**MERGE, "examples": [[[(1, 2), (2, 3)]]]}
    one, other = draw_cases({**options, "seed": "a"}), draw_cases({**options, "seed": "b"})
    assert one != other
    assert [[(1, 2), (2, 3)]] in one
    assert [[(1, 2), (2, 3)]] in other


@pytest.mark.parametrize(
    "inputs",
    [None, [], [{"integer": [0, 1]}], [{"int": [5, 1]}], [{"int": "ab"}], [{"date": ["x", "y"]}]],
)
def test_descriptions_that_cannot_be_drawn_from_are_refused(inputs):
    with pytest.raises(GradingError):
        verify_inputs({"inputs": inputs})


READMITTED = '''
def readmitted(discharge_day, admission_day):
    """Tell whether an admission is a readmission: on day 1 to 30 after discharge."""
    days = admission_day - discharge_day
    return days > 0 and days <= 30
'''
UNDER_TEST = {"of": "readmitted", "source": READMITTED, "imports": "", "seed": "x"}


def whole_tests(readmitted):
    assert readmitted(10, 40)
    assert not readmitted(10, 41)
    assert not readmitted(10, 10)
    assert readmitted(10, 11)
    assert not readmitted(10, 5)


def half_tests(readmitted):
    assert readmitted(10, 20)
    assert not readmitted(10, 50)


def test_planted_bugs_are_one_change_each_and_run():
    bugs = plant(READMITTED)
    assert len({bug.source for bug in bugs}) == len(bugs) >= 8
    assert {"return days >= 0 and days <= 30", "return days > 0 or days <= 30"} <= {
        bug.after.strip() for bug in bugs
    }
    for bug in bugs:
        names = {}
        exec(bug.source, names)
        assert callable(names["readmitted"])


def test_tests_are_marked_by_the_bugs_that_they_catch():
    assert compared(TESTS, whole_tests, whole_tests, UNDER_TEST).same
    half = compared(TESTS, whole_tests, half_tests, UNDER_TEST)
    assert 0.2 < half.share < 0.9
    assert "days" in difference_text(half, "nb")
    nothing = compared(TESTS, whole_tests, lambda readmitted: None, UNDER_TEST)
    assert nothing.share == 0
    assert nothing.facts["caught"] == 0


def test_tests_that_fail_on_the_right_function_earn_nothing():
    def too_strict(readmitted):
        assert readmitted(10, 41)

    difference = compared(TESTS, whole_tests, too_strict, UNDER_TEST)
    assert (difference.rung, difference.share) == ("right_fails", 0)
    always = compared(TESTS, whole_tests, lambda readmitted: False, UNDER_TEST)
    assert always.rung == "right_fails"


def test_a_test_cannot_read_how_the_function_is_written():
    def reading(readmitted):
        assert not hasattr(readmitted, "__code__")
        assert not hasattr(readmitted, "__wrapped__")

    passed = take_tests(reading, UNDER_TEST).answer.rows
    assert all(row[1] for row in passed)


def test_a_bug_that_never_ends_is_caught():
    source = "def count_down(n):\n    while n > 0:\n        n -= 1\n    return n"
    options = {"of": "count_down", "source": source, "imports": "", "seed": "x"}

    def tests(count_down):
        assert count_down(3) == 0

    made = versions(options)
    endless = [i for i, bug in enumerate(made) if bug and "n += 1" in bug.source]
    rows = take_tests(tests, options).answer.rows
    assert endless
    assert all(rows[i][1] is False for i in endless)


def test_versions_come_in_another_order_with_another_seed():
    one, other = versions(UNDER_TEST), versions({**UNDER_TEST, "seed": "y"})
    assert [bug is None for bug in one] != [bug is None for bug in other]


def test_solutions_that_cannot_be_references_are_refused():
    options = TESTS.split(UNDER_TEST)[1]
    for tests in (lambda readmitted: None, lambda readmitted: False):
        taken = take_tests(tests, options)
        with pytest.raises(GradingError):
            Versions.with_options(taken.answer, TESTS.split({})[0], options, salt="s")


def test_what_is_drawn_does_not_depend_on_the_order_of_settings():
    one = {"dict": {"id": {"one_of": ["a", "b"]}, "age": {"int": [0, 9]}}}
    other = {"dict": dict(reversed(one["dict"].items()))}
    drawn = []
    for inputs in (one, other):
        options = kind_of("function").split({"inputs": [inputs], "cases": 9, "seed": "s"})[1]
        read = json.loads(json.dumps(options, sort_keys=True))  # as a key keeps it
        drawn += [draw_cases(options), draw_cases(read)]
    assert all(list(map(written, found)) == list(map(written, drawn[0])) for found in drawn)
