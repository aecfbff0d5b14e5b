"""A class of submissions, good, poor and hostile, graded end to end."""

import csv
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from labkit import connect
from labkit.errors import GradingError, InputError
from labkit.grading.feedback import page
from labkit.grading.grade import grade
from labkit.grading.gradebook import write_gradebook
from labkit.grading.hidden import with_truth
from labkit.grading.marking import TaskMark
from labkit.grading.runs import sandbox
from labkit.grading.work import Mark

SQL = "SELECT municipality, count(*) AS n FROM residence {} GROUP BY municipality"
SEED = 987_654_321


def hard_coded(exercise, notebook):
    """Answer with what the class dataset gives, written in."""
    con = connect()
    median = con.sql("SELECT median(income_nok) FROM income WHERE year = 2020").fetchall()[0][0]
    rows = con.sql(SQL.format("WHERE to_date IS NULL")).fetchall()
    movers = con.sql("SELECT person_id FROM residence GROUP BY ALL HAVING count(*) > 3").fetchall()
    values = ", ".join(f"('{name}', {n})" for name, n in rows)
    query = f"SELECT * FROM (VALUES {values}) AS t(municipality, n)"
    return notebook(
        exercise,
        t1=f"answer = {median}",
        t2=f'answer = "{query}"',
        t3=f"answer = { {person for (person,) in movers} }",
    )


@pytest.fixture(scope="module")
def handed_in(exercise, notebook, in_class, tmp_path_factory):
    folder = tmp_path_factory.mktemp("submissions")
    equal = "class Equal{}:\n  def __eq__(s, o): return True\n  def __hash__(s): return 1\n"
    forge = (
        "import glob, json\nfor path in glob.glob('/results*') + glob.glob('/proc/*/fd/*'):\n"
        "  try:\n    with open(path, 'a') as f: f.write(json.dumps({'label': '5.2', 'state':"
        " 'same', 'points': 99}) + '\\n')\n  except Exception: pass\nanswer = None"
    )
    work = {
        "right": notebook(exercise),
        "half": notebook(
            exercise, lang="en", t2=f'answer = "{SQL.format("")}"', t3="answer = None"
        ),
        "wrong": notebook(exercise, t1="answer = 3", t2='answer = "SELECT 1"', t3="answer = {1}"),
        "copied": hard_coded(exercise, notebook),
        "loop": notebook(exercise, t2="while True: pass"),
        "exit": notebook(exercise, t2="import os; os._exit(0)"),
        "memory": notebook(exercise, t2="x = []\nwhile True: x.append(bytearray(10**8))"),
        "unchecked": notebook(exercise, without="check"),
        "equal": notebook(
            exercise,
            t1=equal.format("(float)") + "answer = Equal(1)",
            t3=equal.format("") + "answer = Equal()",
        ),
        "broken": '{"cells": [',
        "untouched": notebook(exercise, solved=False),
        "forger": notebook(exercise, t2=forge),
    }
    for student, text in work.items():
        (folder / student).mkdir()
        (folder / student / "05_algebra_sql.ipynb").write_text(text, encoding="utf-8")
    (folder / "absent").mkdir()
    (folder / "linked").mkdir()
    (folder / "linked" / "05_algebra_sql.ipynb").symlink_to(
        folder / "right" / "05_algebra_sql.ipynb"
    )
    return folder


@pytest.fixture(scope="module")
def graded(handed_in, exercise, tmp_path_factory):
    out = tmp_path_factory.mktemp("graded")
    return grade(
        handed_in, out, load=lambda name: exercise, people=250, seed=SEED, workers=2, timeout=10
    )


@pytest.fixture(scope="module")
def marks(graded):
    return {student: mark for student, _, mark in graded.marks}


@pytest.mark.parametrize(
    ("student", "status", "points"),
    [
        ("right", "ok", [1, 2, 3]),
        ("half", "ok", [1, 0, 0]),
        ("wrong", "ok", [0, 0, 0]),
        ("copied", "ok", [0, 0, 0]),
        ("loop", "stopped", [1, 0, 3]),
        ("exit", "stopped", [1, 0, 3]),
        ("memory", "stopped", [1, 0, 3]),
        ("unchecked", "ok", [1, 2, 3]),
        ("equal", "ok", [0, 2, 0]),
        ("broken", "unreadable", [0, 0, 0]),
        ("untouched", "ok", [0, 0, 0]),
        ("forger", "ok", [1, 0, 3]),
        ("absent", "missing", [0, 0, 0]),
        ("linked", "unreadable", [0, 0, 0]),
    ],
)
def test_every_submission_gets_a_definite_mark(marks, student, status, points):
    assert marks[student].status == status
    assert [task.points for task in marks[student].tasks] == points


def test_reasons_say_what_happened(marks):
    assert [task.state for task in marks["copied"].tasks] == ["class_data"] * 3
    assert marks["loop"].stops == {"5.2": "step_time"}
    assert marks["exit"].stops == {"5.2": "died"}
    assert marks["memory"].stops["5.2"] in ("memory", "step_time")
    assert marks["half"].tasks[1].hint == 0
    assert [task.state for task in marks["untouched"].tasks] == ["blank"] * 3


def test_the_gradebook_has_the_agreed_columns(graded):
    with open(graded.gradebook, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    first = ["student", "exercise", "points", "max_points", "status", "reason"]
    assert header == [*first, "5.1", "5.2", "5.3"]
    by_student = {row[0]: row for row in rows}
    assert by_student["right"] == ["right", "05_algebra_sql", "6", "6", "ok", "", "1", "2", "3"]
    assert "tiden var ute" in by_student["loop"][5]
    assert "avsluttet Python" in by_student["exit"][5]
    assert "JSON" in by_student["broken"][5]
    assert by_student["absent"][4:6] == ["missing", "Ikke levert."]


def test_feedback_speaks_the_notebooks_language_and_hides_data_and_seed(graded, exercise):
    pages = {p.stem: p.read_text(encoding="utf-8") for p in graded.feedback.iterdir()}
    assert 'lang="en"' in pages["half"]
    assert "Does everyone still live there?" in pages["half"]
    assert 'lang="nb"' in pages["right"]
    hidden = connect(next((graded.gradebook.parent / "work").glob("hidden-*/view")))
    counts = hidden.sql(SQL.format("WHERE to_date IS NULL")).fetchall()
    for text in pages.values():
        assert str(SEED) not in text
        assert "http" not in text
        assert not any(f"{name}" in text for name, _ in counts)
        assert all(task.solution not in text for task in exercise.tasks)


def test_a_second_run_redoes_nothing_and_gives_the_same(graded, handed_in, exercise, monkeypatch):
    def never(*args, **options):
        raise AssertionError("ran again")

    def load(name):
        read.append(name)
        return exercise

    read = []
    monkeypatch.setattr("labkit.grading.work.run_session", never)
    again = grade(handed_in, graded.gradebook.parent, load=load, people=250, workers=1, timeout=10)
    assert read == ["05_algebra_sql"]
    assert again.reused == len(graded.marks)
    assert again.marks == graded.marks


def test_a_killed_run_keeps_what_was_marked(handed_in, exercise, tmp_path, graded, monkeypatch):
    few = tmp_path / "few"
    for student in ("right", "unchecked"):
        shutil.copytree(handed_in / student, few / student)
    out = tmp_path / "out"
    shutil.copytree(graded.gradebook.parent / "work", out / "work")
    (out / "work" / "grading.sqlite").unlink()
    real, calls = sandbox.run_session, []

    def dies_on_the_second(*args, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr("labkit.grading.work.run_session", dies_on_the_second)
    options = {"load": lambda name: exercise, "people": 250, "seed": SEED, "workers": 1}
    with pytest.raises(KeyboardInterrupt):
        grade(few, out, timeout=10, **options)
    whole = grade(few, out, timeout=10, **options)
    assert whole.reused == 1
    assert len(calls) == 3
    assert [sum(t.points for t in mark.tasks) for _, _, mark in whole.marks] == [6, 6]


def test_the_work_folder_is_closed_to_others_and_shows_no_truth(graded):
    work = graded.gradebook.parent / "work"
    assert stat.S_IMODE(work.stat().st_mode) == 0o700
    view = next(work.glob("hidden-*/view"))
    assert not (view / "truth").exists()
    assert not (view / "manifest.json").exists()
    assert not list(view.glob("truth*"))
    assert with_truth(view).parent == view.parent  # beside what a run is shown, never in it


def test_the_folder_may_be_told_from_where_one_stands(exercise, notebook, tmp_path, monkeypatch):
    (tmp_path / "handed" / "kari").mkdir(parents=True)
    (tmp_path / "handed" / "kari" / f"{exercise.name}.ipynb").write_text(notebook(exercise))
    monkeypatch.chdir(tmp_path)
    made = grade(Path("handed"), Path("graded"), load=lambda name: exercise, people=250, seed=SEED)
    assert [mark.status for _, _, mark in made.marks] == ["ok"]
    assert (tmp_path / "graded" / "gradebook.csv").is_file()


@pytest.mark.parametrize("workers", [0, -1])
def test_options_that_cannot_be_used_are_refused(handed_in, exercise, tmp_path, workers):
    with pytest.raises(InputError, match="workers"):
        grade(handed_in, tmp_path / "o", load=lambda name: exercise, workers=workers)
    with pytest.raises(InputError, match="timeout"):
        grade(handed_in, tmp_path / "o", load=lambda name: exercise, timeout=0)


@pytest.mark.usefixtures("english")
def test_a_folder_without_submissions_is_said_plainly(tmp_path, exercise):
    with pytest.raises(GradingError, match="no such folder"):
        grade(tmp_path / "none", tmp_path / "out", load=lambda name: exercise)
    with pytest.raises(GradingError, match="STUDENT/NN_topic"):
        grade(tmp_path, tmp_path / "out", load=lambda name: exercise)
    assert not os.path.exists(tmp_path / "out")


def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path):
    mark = Mark("errors", "nb", [TaskMark("1.1", 0.0, 1.0, "error", "", {"error": "x"})])
    path = write_gradebook([("=cmd|' /C calc'!A0", "01_x", mark)], tmp_path / "g.csv")
    assert path.read_text(encoding="utf-8").splitlines()[1].startswith("\"'=cmd") or (
        "'=cmd" in path.read_text(encoding="utf-8")
    )


def test_a_page_escapes_what_the_student_wrote(exercise):
    evil = TaskMark("5.1", 0.0, 1.0, "error", "", {"error": "<script>alert(1)</script>"})
    tasks = [evil, *(TaskMark(t, 0.0, 1.0, "blank") for t in ("5.2", "5.3"))]
    parts = [replace_part(exercise, Mark("errors", "nb", tasks))]
    assert "<script>" not in page("<b>kari</b>", parts)


def replace_part(exercise, mark):
    from labkit.grading.feedback import Part

    return Part(replace(exercise), mark)


def test_ctrl_c_says_that_the_same_command_goes_on(tmp_path, monkeypatch):
    from labkit.errors import Interrupted
    from labkit.grading import show

    def stopped(*folders, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(show, "grade", stopped)
    with pytest.raises(Interrupted, match="samme kommandoen går videre"):
        show.grade_shown(tmp_path, tmp_path, solutions=tmp_path, read=lambda path: path)
