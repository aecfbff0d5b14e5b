"""The author is told what small databases catch, names what is right as well, and sees the rest."""

from dataclasses import replace
from pathlib import Path

import pytest

from labkit.course.source import read_exercise
from labkit.errors import BuildError
from labkit.grading.caught import caught_note, change, share_note
from labkit.grading.key import make_key
from labkit.grading.task import Exercise, Task, Wrong
from labkit.messages import set_language
from labkit.sql.databases import Databases
from labkit.sql.mutation import Mutant

QUERY = "SELECT DISTINCT person_id FROM residence WHERE to_date IS NULL"
EQUAL = Mutant("SELECT person_id FROM residence WHERE to_date IS NULL", "distinct")
OTHER = Mutant("SELECT DISTINCT person_id FROM residence", "condition")


@pytest.fixture(autouse=True)
def _english():
    set_language("en")


def note(*, survivors=(), accept=(), missed=(), expected=((1,),), found=True):
    wrong = Wrong("answer = ''", "?", "?", 30)
    task = Task("5.1", "sql", 1, ("F3",), {}, "", "", "answer", {}, (wrong,), 12, tuple(accept))
    exercise = Exercise("05_x", 5, Path("05_x.py"), (), (task,))
    data = {"databases": [{"expected": list(expected)}]}
    made = Databases(data, (EQUAL, OTHER), tuple(survivors), tuple(missed)) if found else None
    return caught_note(exercise, task, made, QUERY, ["SELECT 1"])


def test_nothing_is_said_where_all_is_caught():
    assert note() == []


def test_survivors_are_named_with_their_change_and_can_be_accepted():
    head, first, second = note(survivors=(EQUAL, OTHER))
    assert head.startswith("05_x.py:12: task 5.1: the small databases catch 0 of 2 mutants")
    assert EQUAL.id in first
    assert "SELECT DISTINCT person_id FROM  →  SELECT person_id FROM" in first
    assert "FROM residence WHERE to_date IS NULL  →  FROM residence" in second
    head, only = note(survivors=(EQUAL, OTHER), accept=[EQUAL.id])
    assert "(1 are accepted)" in head
    assert OTHER.id in only
    assert note(survivors=(EQUAL,), accept=[EQUAL.id]) == []


def test_what_is_accepted_in_vain_or_missed_is_said():
    assert "accept names abcdef" in note(accept=["abcdef"])[0]
    assert note(missed=["SELECT 1"])[0].startswith("05_x.py:30: task 5.1: no small database shows")
    assert "no rows on any" in note(expected=())[0]
    assert "no small databases" in note(found=False)[0]


def test_changes_at_either_end_and_shares():
    assert change("a b c", "a b c d") == "b c  →  b c d"
    assert change("x b c d", "y b c d") == "x b c  →  y b c"
    assert share_note([("5.1", 0, 0)], "en").endswith("0 of 0 (100 %). 5.1 0/0")


def test_a_build_tells_the_share_of_each_query(exercise, in_class):
    said = []
    key = make_key(exercise, tell=said.append)
    assert said[-1].startswith("Mutants of queries that small databases catch: ")
    assert " 5.2 " in said[-1]
    assert not any("mutant" in str(value) for value in key["tasks"].values())


@pytest.mark.usefixtures("english")
def test_accept_is_an_option_of_a_query_and_a_list(tmp_path):
    source = Path(__file__).parent / "sample" / "05_algebra_sql.py"
    text = source.read_text(encoding="utf-8")
    named = tmp_path / "05_algebra_sql.py"
    named.write_text(text.replace('task="5.2" points=2', 'task="5.2" points=2 accept=["a1b2c3"]'))
    assert [task.accept for task in read_exercise(named).tasks] == [(), ("a1b2c3",), ()]
    named.write_text(text.replace('task="5.2" points=2', 'task="5.2" points=2 accept="a1b2c3"'))
    with pytest.raises(BuildError, match=r"task 5\.2 has accept=a1b2c3"):
        read_exercise(named)


def test_a_mutants_name_lasts_while_the_solution_does():
    assert EQUAL.id == replace(EQUAL, kind="other").id
    assert EQUAL.id != OTHER.id
