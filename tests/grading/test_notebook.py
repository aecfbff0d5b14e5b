import json
import time

import pytest

from labkit.course.render import render
from labkit.grading.notebook import Unreadable, read_notebook, steps_of


@pytest.fixture
def notebook(exercise):
    return json.loads(json.dumps(render(exercise, "nb", solved=False)[0]))


def taken(notebook, exercise):
    """List (label, code of the cells of that task that were run before it)."""
    steps = steps_of(read_notebook(json.dumps(notebook).encode()), exercise, seconds=5)
    found, run = [], []
    for step in steps:
        if step.code:
            run.append((step.task, step.code))
        if step.label:
            found.append((step.label, [code for task, code in run if task == step.task]))
    return found


def cell(notebook, cell_id):
    return next(c for c in notebook["cells"] if c["id"] == cell_id)


def code(source, cell_id="mine"):
    return {"cell_type": "code", "id": cell_id, "source": source, "metadata": {}, "outputs": []}


def answered(notebook, **answers):
    for task, source in answers.items():
        cell(notebook, f"task-5-{task[-1]}")["source"] = source
    return notebook


ALL = {"t1": "answer = 1", "t2": "answer = 2", "t3": "answer = 3"}
PLAIN = [("5.1", ["answer = 1"]), ("5.2", ["answer = 2"]), ("5.3", ["answer = 3"])]


def test_answers_are_taken_after_each_task(notebook, exercise):
    assert taken(answered(notebook, **ALL), exercise) == PLAIN


def test_deleted_checks_are_put_back_where_each_task_ends(notebook, exercise):
    answered(notebook, **ALL)
    notebook["cells"] = [c for c in notebook["cells"] if not c["id"].startswith("check")]
    assert taken(notebook, exercise) == PLAIN


def test_an_edited_check_cell_is_not_run(notebook, exercise):
    answered(notebook, **ALL)
    cell(notebook, "check-5-2")["source"] = "answer = 99"
    assert taken(notebook, exercise) == PLAIN


def test_a_copied_check_takes_nothing_from_another_task(notebook, exercise):
    answered(notebook, **ALL)
    notebook["cells"].append(code('check("5.1", answer)'))
    assert taken(notebook, exercise) == PLAIN


@pytest.mark.parametrize("place", [0, None], ids=["all_first", "all_last"])
def test_checks_that_stand_elsewhere_take_nothing_from_their_tasks(notebook, exercise, place):
    answered(notebook, **ALL)
    checks = [c for c in notebook["cells"] if c["id"].startswith("check")]
    rest = [c for c in notebook["cells"] if c not in checks]
    at = len(rest) if place is None else place
    notebook["cells"] = [*rest[:at], *checks, *rest[at:]]
    found = {label.split()[0]: code for label, code in taken(notebook, exercise)}
    assert found == dict(PLAIN)


def test_each_check_above_its_task_in_a_notebook_turned_upside_down(notebook, exercise):
    answered(notebook, **ALL)
    notebook["cells"].reverse()
    found = {label.split()[0]: code[:1] for label, code in taken(notebook, exercise)}
    assert found == dict(PLAIN)


def test_a_second_try_below_counts_with_its_own_check(notebook, exercise):
    answered(notebook, **ALL)
    notebook["cells"] += [code("answer = 11", "a"), code('check("5.1", answer)', "b")]
    assert taken(notebook, exercise)[-1] == ("5.1 again", ["answer = 1", "answer = 11"])


def test_without_ids_headings_and_checks_tell_the_tasks(notebook, exercise):
    answered(notebook, **ALL)
    for one in notebook["cells"]:
        one.pop("id")
        one["metadata"] = {}
    assert taken(notebook, exercise) == PLAIN


def test_without_prose_and_ids_checks_alone_tell_the_tasks(notebook, exercise):
    answered(notebook, **ALL)
    notebook["cells"] = [
        {**c, "id": f"x{i}", "metadata": {}}
        for i, c in enumerate(notebook["cells"])
        if c["cell_type"] == "code"
    ]
    found = dict(taken(notebook, exercise))
    assert [found[task][-1] for task in ("5.1", "5.2", "5.3")] == list(ALL.values())


def test_an_answer_and_its_check_in_one_cell(notebook, exercise):
    answered(notebook, **ALL)
    cell(notebook, "task-5-1")["source"] = 'answer = 1\ncheck("5.1", answer)'
    cell(notebook, "check-5-1")["source"] = ""
    assert [label for label, _ in taken(notebook, exercise)] == ["5.1", "5.2", "5.3"]


def test_extra_cells_run_in_their_order_and_belong_to_their_task(notebook, exercise):
    answered(notebook, **ALL)
    at = notebook["cells"].index(cell(notebook, "task-5-2"))
    notebook["cells"].insert(at, code("half = 1"))
    notebook["cells"].insert(at + 2, code("answer = half * 2", "mine-2"))
    found = dict(taken(notebook, exercise))
    assert found["5.2"] == ["half = 1", "answer = 2", "answer = half * 2"]


def test_deleted_setup_comes_back_first(notebook, exercise):
    answered(notebook, **ALL)
    removed = [c for c in notebook["cells"] if c["id"].startswith("cell-")]
    notebook["cells"] = [c for c in notebook["cells"] if c not in removed]
    steps = steps_of(read_notebook(json.dumps(notebook).encode()), exercise, seconds=5)
    assert steps[0].code.startswith("from labkit import connect")
    assert steps[1].code.startswith("homes =")
    assert sum("connect()" in step.code for step in steps) == 1


def test_setup_that_is_there_runs_once(notebook, exercise):
    steps = steps_of(read_notebook(json.dumps(notebook).encode()), exercise, seconds=5)
    assert sum("connect()" in step.code for step in steps) == 1


def test_every_task_is_asked_for_even_in_an_empty_notebook(exercise):
    empty = {"cells": [], "metadata": {}, "nbformat": 4}
    assert [label for label, _ in taken(empty, exercise)] == ["5.1", "5.2", "5.3"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no_content"),
        (b"  \n", "no_content"),
        (b"%PDF-1.7", "not_json"),
        (b"\xff\xfe{", "not_utf8"),
        (b'{"cells": [', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1, 2]", "no_cells"),
        (b'{"worksheets": []}', "no_cells"),
        (b'{"cells": {}}', "no_cells"),
        (b'{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "wrong_kernel"),
        (json.dumps({"cells": [1] * 3000}).encode(), "too_many_cells"),
        (json.dumps({"cells": [code("#" * 300_000)]}).encode(), "huge_cell"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_reason(raw, reason):
    with pytest.raises(Unreadable) as refused:
        read_notebook(raw)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "cells",
    [[None], [{}], [{"cell_type": "code"}], [{"cell_type": "code", "source": 3}],
     [{"cell_type": "code", "source": [1, "x = 1"], "metadata": []}],
     [{"cell_type": "markdown", "source": "# 99.9", "id": 7}],
     [{"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": 5}}}]],
)  # fmt: skip
def test_strange_cells_do_no_harm(cells, exercise):
    submission = read_notebook(json.dumps({"cells": cells, "metadata": []}).encode())
    labels = [step.label for step in steps_of(submission, exercise, seconds=5) if step.label]
    assert labels == ["5.1", "5.2", "5.3"]


def test_the_language_is_the_notebooks(exercise):
    english = json.dumps(render(exercise, "en", solved=False)[0]).encode()
    assert read_notebook(english).lang == "en"


@pytest.mark.parametrize(
    "source",
    ["x" + "\n" * 190_000, "check('5.1')" + " " * 190_000 + "x", "check(" + "\n" * 190_000],
    ids=["blank_lines", "blanks", "open_call"],
)
def test_no_cell_takes_long_to_read(notebook, exercise, source):
    # the time of this process alone, and far more than reading takes: otherwise it would be hours
    notebook["cells"] = [code(source)] * 50
    began = time.process_time()
    taken(notebook, exercise)
    assert time.process_time() - began < 20
