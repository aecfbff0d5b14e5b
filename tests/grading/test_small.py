"""Small databases in marks: a query that is right by luck, the example shown, what is believed."""

import json
from dataclasses import replace

import pytest

from labkit import connect
from labkit.errors import GradingError
from labkit.grading.check import judge
from labkit.grading.feedback import Part, page
from labkit.grading.key import Outcome, read_outcomes
from labkit.grading.kinds import Taken
from labkit.grading.marking import Markers
from labkit.grading.plain import plain
from labkit.grading.reference import Settings
from labkit.grading.remarks import task_remark
from labkit.grading.runs.sandbox import Limits, run_session
from labkit.grading.small import (
    databases_of,
    example_text,
    find_example,
    read_example,
    without_databases,
)
from labkit.grading.work import Mark
from labkit.sql import run as run_query

HOMES = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"
EVERYONE = "SELECT municipality, count(*) AS n FROM residence GROUP BY municipality"


@pytest.fixture
def databases(key):
    return key["tasks"]["5.2"]["databases"]


def answer(query):
    return Outcome("answer", plain(run_query(connect(), query)), query)


@pytest.fixture
def markers(exercise, databases):
    task = next(task for task in exercise.tasks if task.id == "5.2")
    one = replace(exercise, tasks=(task,))
    right = {"5.2": answer(HOMES)}
    return Markers(one, right, right, {"5.2": databases})


@pytest.fixture
def lucky(in_class):
    """A query that gives what the dataset gives, whatever the database."""
    rows = connect().execute(HOMES).fetchall()
    values = ", ".join(f"('{municipality}', {n})" for municipality, n in rows)
    return f"SELECT * FROM (VALUES {values}) AS v (municipality, n)"


def mark_of(markers, query):
    outcomes = {"5.2": answer(query)}
    (mark,) = markers.mark(outcomes, set(), tried(markers, outcomes))
    return mark


def tried(markers, outcomes):
    steps = markers.small_steps(outcomes, seconds=20)
    limits = Limits(step_seconds=20, total_seconds=60)
    run = run_session(steps, lang="nb", dataset=None, limits=limits)
    assert run.end == "done", run.output
    return read_outcomes(run.results)


def test_a_query_that_holds_everywhere_earns_full_points(markers):
    mark = mark_of(markers, HOMES)
    assert (mark.state, mark.points) == ("same", 2.0)
    assert "example" not in mark.facts


def test_a_query_that_is_right_by_luck_earns_less_and_is_shown_where(markers, lucky):
    mark = mark_of(markers, lucky)
    assert (mark.state, mark.rung, mark.points) == ("differs", "small", 1.6)
    assert "på en liten database" in task_remark(mark, "nb")
    html = page("anne", [Part(markers.exercise, Mark("ok", "nb", [mark]))])
    assert "1,6 / 2" in html
    assert "<code>residence</code>" in html
    assert "Din spørring gir" in html
    assert json.loads(json.dumps(mark.to_json())) == mark.to_json()  # as the ledger keeps it


def test_a_wrong_query_is_shown_the_smallest_example(markers):
    mark = mark_of(markers, EVERYONE)
    assert mark.state == "differs"
    example = mark.facts["example"]
    assert list(example["tables"]) == ["residence"]
    assert 1 <= len(example["tables"]["residence"][1]) <= 6
    assert example["answer"] != example["reference"]


def test_the_instant_check_says_the_same(key, lucky):
    item = key["tasks"]["5.2"]
    verdict = judge(item, Taken(answer(lucky).answer, lucky), task="5.2", lang="nb")
    assert (verdict.status, verdict.share, verdict.passed) == ("almost", 0.8, False)
    assert "på en annen database" in verdict.text
    assert "Oppgaven ber om" in verdict.tables


@pytest.mark.parametrize(
    "query", ["", "DROP TABLE residence", "SELECT * FROM (SELECT 1", HOMES + ";"]
)
def test_what_is_no_query_or_holds_has_no_example(databases, query):
    assert find_example(databases, query, Settings()) is None


def test_a_difference_within_the_tasks_tolerance_is_none(databases):
    off = HOMES.replace("count(*)", "count(*) + 0.001")
    assert find_example(databases, off, Settings()) is not None
    assert find_example(databases, off, Settings(tolerance=1.0)) is None


GOOD = {
    "tables": {"t": [["a"], [["1"], [None]]]},
    "answer": [["n"], [["1"]]],
    "reference": [["n"], []],
}


def test_only_a_table_of_short_texts_is_believed(databases):
    read = read_example(json.dumps(GOOD))
    assert read.tables == {"t": [["a"], [["1"], [None]]]}
    text = json.dumps(databases)
    assert read_example(example_text(text, EVERYONE, {})).answer[0] == ["municipality", "n"]
    assert read_example(example_text(text, HOMES, {})) is None
    cell = {**GOOD, "answer": [["n"], [["x" * 81]]]}
    number = {**GOOD, "answer": [["n"], [[1]]]}
    ragged = {**GOOD, "answer": [["n"], [["1", "2"]]]}
    many = {**GOOD, "answer": [["n"], [["1"]] * 13]}
    for bad in (cell, number, ragged, many, {}, [], "x", 3, {**GOOD, "tables": [["a", [[], []]]]}):
        assert read_example(json.dumps(bad)) is None
    assert read_example("[" * 100_000) is None
    assert read_example("no json") is None


@pytest.mark.usefixtures("english")
def test_databases_of_another_solution_stop_the_grading(exercise, databases):
    task = next(task for task in exercise.tasks if task.id == "5.2")
    other = {"5.2": answer(EVERYONE)}
    with pytest.raises(GradingError, match=r"task 5\.2 were made for another solution"):
        Markers(replace(exercise, tasks=(task,)), other, other, {"5.2": databases})


@pytest.mark.usefixtures("english")
def test_databases_lie_in_the_key_beside_the_solutions(exercise, key, tmp_path):
    moved = replace(exercise, path=tmp_path / "solutions" / "05_algebra_sql.py")
    assert databases_of(moved) == {}
    assert without_databases([moved]) == ["5.2"]
    keys = tmp_path / "exercises" / "keys"
    keys.mkdir(parents=True)
    (keys / "05_algebra_sql.json").write_text(json.dumps(key))
    assert list(databases_of(moved)) == ["5.2"]
    assert without_databases([moved]) == []
    (keys / "05_algebra_sql.json").write_text("{}")
    with pytest.raises(GradingError, match="cannot be read"):
        databases_of(moved)
