import json
from dataclasses import replace

import pytest

from labkit.errors import BuildError
from labkit.grading.key import make_key, read_outcomes
from labkit.grading.task import Cell, Exercise, Task, Wrong


def small(tmp_path, *, solution="answer = 3", wrong=(), kind="value", settings=None):
    task = Task(
        "1.1", kind, 1.0, ("F3",), {"nb": "", "en": ""}, solution, 'check("1.1", answer)',
        "answer", settings or {}, tuple(wrong), 12,
    )  # fmt: skip
    cells = (
        Cell("code", "import random\nbase = 1", None, "code", None, 1),
        Cell("code", solution, None, "task", "1.1", 12),
    )
    return Exercise("01_small", 1, tmp_path / "01_small.py", cells, (task,))


def hint(code, *, line=20, nb="Tell igjen?", en="Count again?"):
    return Wrong(code, nb, en, line)


def test_the_key_is_the_same_every_time_and_plain_json(key, exercise, in_class):
    again = make_key(exercise)
    assert json.dumps(again, sort_keys=True) == json.dumps(key, sort_keys=True)
    assert list(key["tasks"]) == ["5.1", "5.2", "5.3"]
    assert [task["points"] for task in key["tasks"].values()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("parts", "line", "said"),
    [
        ({"wrong": [hint("answer = 3.0")]}, 20, "passes"),
        (
            {"wrong": [hint("answer = 4", line=20), hint("answer = 2 + 2", line=30, nb="B?")]},
            30,
            "line 20",
        ),
        ({"wrong": [hint("answer = nowhere")]}, 20, "NameError"),
        ({"wrong": [hint("answer = None")]}, 20, "no answer"),
        ({"wrong": [hint("other = 1")]}, 20, "no answer"),
        ({"solution": "answer = 1 / 0"}, 12, "ZeroDivisionError"),
        ({"solution": "answer = object()"}, 12, "cannot be compared"),
        ({"solution": "answer = random.random()"}, 12, "second time"),
        ({"solution": "answer = list(range(30000))"}, 12, "30000 rows"),
        ({"settings": {"toleranse": 1}}, 12, "'toleranse'"),
        ({"kind": "picture"}, 12, "'picture'"),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_of_an_author_stop_the_build_with_file_and_line(tmp_path, parts, line, said):
    with pytest.raises(BuildError) as fault:
        make_key(small(tmp_path, **parts))
    assert f"01_small.py:{line}: task 1.1: " in str(fault.value)
    assert said in str(fault.value)


def test_wrong_answers_with_one_hint_may_give_the_same(tmp_path):
    made = make_key(small(tmp_path, wrong=[hint("answer = 4"), hint("answer = 2 * 2")]))
    assert len(made["tasks"]["1.1"]["known"]) == 2


@pytest.mark.usefixtures("english")
def test_a_wrong_answer_may_use_what_the_solution_made_and_leaves_nothing(tmp_path):
    one = small(tmp_path, solution="parts = [1, 2]\nanswer = sum(parts)",
                wrong=[hint("parts = parts + [5]\nanswer = sum(parts)"),
                       hint("answer = len(parts) + base", line=30)])  # fmt: skip
    with pytest.raises(BuildError, match="passes"):  # 2 + 1 is 3, so parts was left as it was
        make_key(one)


@pytest.mark.usefixtures("english")
def test_a_solution_that_ends_the_process_is_reported(tmp_path):
    one = small(tmp_path, solution="import os; os._exit(3)")
    with pytest.raises(BuildError, match="process died"):
        make_key(one)


@pytest.mark.usefixtures("english")
def test_an_answer_of_an_earlier_task_does_not_count_for_the_next(tmp_path):
    one = small(tmp_path)
    second = replace(one.tasks[0], id="1.2", solution="other = 3", line=40)
    cell = Cell("code", "other = 3", None, "task", "1.2", 40)
    both = replace(one, cells=(*one.cells, cell), tasks=(*one.tasks, second))
    with pytest.raises(BuildError, match=r":40: task 1\.2: the solution gives no answer"):
        make_key(both)


def test_results_are_read_with_distrust():
    good = json.dumps({"label": "1.1", "state": "blank"})
    lines = ["", "{", "[]", '{"label": 3, "state": "answer"}', '{"label": "1.2"}',
             '{"label": "1.3", "state": "answer", "answer": "x", "text": null}',
             '{"label": "1.4", "state": "refused", "reason": "strange", "facts": 3}', good,
             json.dumps({"label": "1.1", "state": "error", "error": "late"})]  # fmt: skip
    found = read_outcomes("\n".join(lines))
    assert {label: outcome.state for label, outcome in found.items()} == {"1.1": "blank"}
