"""Who may sit the exam: the course's rule at its edges, and what is missing, in both languages."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from labkit.course.render import render
from labkit.course.source import read_exercise
from labkit.course.status import (
    class_status,
    own_status_table,
    read_attendance,
    standings,
    status_table,
)
from labkit.errors import GradingError, InputError
from labkit.grading.ledger import Ledger
from labkit.grading.marking import TaskMark
from labkit.grading.task import Exercise, Task
from labkit.grading.work import Mark, no_mark

HERE = {"anne": (True, True)}


def task(id, points, kind="sql"):
    return Task(id, kind, points, ("F3",), {"nb": "", "en": ""}, "", "", "answer")


def exercise(number=5):
    tasks = (task(f"{number}.1", 7), task(f"{number}.2", 3), task(f"{number}.3", 3, "text"))
    return Exercise(f"{number:02d}_topic", number, Path(), (), tasks)


def work(first, second, state="marked", level=1, number=5):
    facts = {"written": "x", "level": level} if state == "marked" else {}
    return Mark("ok", "nb", [
        TaskMark(f"{number}.1", first, 7.0, "same"),
        TaskMark(f"{number}.2", second, 3.0, "differs"),
        TaskMark(f"{number}.3", 0.0, 3.0, state, facts=facts),
    ])  # fmt: skip


def one(mark, attendance=HERE, exercises=None):
    rows = [("anne", "05_topic", mark)]
    (found,) = standings(rows, exercises or [exercise()], attendance)
    return found


def test_seventy_per_cent_level_one_and_both_gatherings_are_enough():
    found = one(work(7.0, 0.0))
    assert found.may_sit
    assert found.missing("nb") == []


def test_points_of_texts_do_not_make_up_for_automatic_ones():
    found = one(work(6.9, 0.0, level=3))
    assert not found.may_sit
    assert found.missing("en") == ["Module 5: 69 % of the automatic points, 70 % needed."]


@pytest.mark.parametrize(
    ("state", "level", "says"),
    [
        ("marked", 0, "Tekst 5.3: må leveres på nytt (nivå 0)."),
        ("written", 0, "Tekst 5.3: venter på lærer."),
        ("blank", 0, "Tekst 5.3: ingen tekst å vurdere."),
        ("error", 0, "Tekst 5.3: ingen tekst å vurdere."),
    ],
)
def test_every_text_must_be_at_level_one(state, level, says):
    found = one(work(7.0, 3.0, state, level))
    assert not found.may_sit
    assert found.missing("nb") == [says]


@pytest.mark.parametrize(
    ("attendance", "says"),
    [
        ({"anne": (True, False)}, ["Gathering 2: absent."]),
        ({"bo": (True, True)}, ["Gathering 1: absent.", "Gathering 2: absent."]),
        (None, ["Gathering 1: no attendance list.", "Gathering 2: no attendance list."]),
    ],
)
def test_both_gatherings_are_needed(attendance, says):
    rows = [("anne", "05_topic", work(7.0, 3.0))]
    found = next(s for s in standings(rows, [exercise()], attendance) if s.student == "anne")
    assert not found.may_sit
    assert found.missing("en") == says


def test_every_module_is_needed_graded_or_not():
    found = one(work(7.0, 3.0), exercises=[exercise(6), exercise(5)])
    assert list(found.modules) == [5, 6]
    assert found.missing("en") == ["Module 6: not handed in."]
    assert one(no_mark(exercise(), "missing")).missing("nb") == ["Modul 5: ikke levert."]


def test_who_only_came_to_a_gathering_is_listed():
    found = standings([("anne", "05_topic", work(7, 3))], [exercise()], HERE | {"Bo": (True, True)})
    assert [(s.student, s.may_sit) for s in found] == [("anne", True), ("Bo", False)]


@pytest.mark.usefixtures("english")
def test_the_list_may_come_from_a_norwegian_spreadsheet(tmp_path):
    path = tmp_path / "attendance.csv"
    path.write_bytes("\ufeffStudent;Gathering_1;Gathering_2\r\nÅse;ja;x\r\nBo;nei;\r\n".encode())
    assert read_attendance(path) == {"Åse": (True, True), "Bo": (False, False)}
    path.write_text("student,gathering_1,gathering_2\nBo,maybe,no\n")
    with pytest.raises(InputError, match=r"attendance.csv:2: gathering_1 is 'maybe'. Write yes"):
        read_attendance(path)
    path.write_text("student,gathering_1\nBo,yes\n")
    with pytest.raises(InputError, match="no column 'gathering_2'"):
        read_attendance(path)


@pytest.mark.usefixtures("english")
def test_a_graded_class_is_written_and_shown(tmp_path):
    (tmp_path / "work").mkdir()
    ledger = Ledger(tmp_path / "work" / "grading.sqlite")
    rows = [("=anne", "05_topic", work(7.0, 3.0)), ("bo", "05_topic", work(1.0, 0.0))]
    ledger.settle((student, name, mark.to_json()) for student, name, mark in rows)
    ledger.close()
    (tmp_path / "05_topic.py").write_text("")
    (tmp_path / "attendance.csv").write_text("student,gathering_1,gathering_2\nbo,yes,no\n")
    found, path = class_status(tmp_path, solutions=tmp_path, read=lambda path: exercise())
    with open(path, newline="", encoding="utf-8") as file:
        head, *lines = csv.reader(file)
    assert head == ["student", "may_sit", "module_5", "gathering_1", "gathering_2", "missing"]
    assert lines[0][:5] == ["'=anne", "no", "100", "no", "no"]
    assert lines[1][:5] == ["bo", "no", "10", "yes", "no"]  # its text waits for a level
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(status_table(found, "nb"))
    assert "Samling 2: ikke til stede." in console.export_text()
    with pytest.raises(GradingError, match="no exercises"):
        class_status(tmp_path, solutions=tmp_path / "none", read=lambda path: exercise())


def test_a_lab_folder_shows_its_own_progress(tmp_path):
    source = read_exercise(Path(__file__).parent / "sample" / "solutions" / "05_algebra_sql.py")
    notebook, _ = render(source, "nb", solved=False)
    (tmp_path / "oppgaver").mkdir()
    (tmp_path / "oppgaver" / "05_algebra_sql.ipynb").write_text(json.dumps(notebook))
    (tmp_path / ".labkit").mkdir()
    first, most = source.tasks[0], sum(task.points for task in source.tasks)
    line = {"task": first.id, "status": "right", "points": first.points, "time": 0}
    (tmp_path / ".labkit" / "progress.jsonl").write_text(json.dumps(line) + "\n")
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(own_status_table(tmp_path, "nb"))
    shown = console.export_text()
    assert f"1 / {len(source.tasks)}" in shown
    assert f"{first.points:g} / {most:g}" in shown
