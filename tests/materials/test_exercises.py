"""The exercises as they are handed out: nothing earned untouched, everything with the solutions.

nbval runs the lessons and solutions themselves: see `addopts` in pyproject.toml.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labkit.course.execute import execute
from labkit.course.source import read_exercise
from labkit.course.tasks import BEGIN, END
from labkit.grading.grade import Graded, grade
from labkit.materials import materials
from labkit.messages import LANGUAGES, say

SOLUTIONS = materials() / "solutions"
NAMES = sorted(path.stem for path in SOLUTIONS.glob("*.py"))
KEYS = materials() / "exercises" / "keys"
HIDDEN_SEED = 7


def handed_out(name: str, lang: str) -> Path:
    return materials() / "exercises" / lang / f"{name}.ipynb"


def solved(name: str, lang: str) -> Path:
    return SOLUTIONS / lang / f"{name}.ipynb"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Grade every exercise untouched and every solution, in both languages, on hidden data."""
    folder = tmp_path_factory.mktemp("materials")
    for state, path_of in (("untouched", handed_out), ("solved", solved)):
        for lang in LANGUAGES:
            for name in NAMES:
                student = folder / "submissions" / f"{state}-{lang}"
                student.mkdir(parents=True, exist_ok=True)
                shutil.copy(path_of(name, lang), student)

    def load(name: str) -> Any:
        return read_exercise(SOLUTIONS / f"{name}.py")

    out = folder / "graded"
    return grade(folder / "submissions", out, load=load, seed=HIDDEN_SEED, workers=1)


def test_there_are_exercises() -> None:
    assert "05_algebra_sql" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_solutions_get_full_marks_and_untouched_exercises_none(graded: Graded, name: str) -> None:
    tasks = read_exercise(SOLUTIONS / f"{name}.py").tasks
    # a text earns nothing before somebody has read it
    expected = {task.id: 0 if task.kind == "text" else task.points for task in tasks}
    marks = {student: mark for student, exercise, mark in graded.marks if exercise == name}
    assert sorted(marks) == ["solved-en", "solved-nb", "untouched-en", "untouched-nb"]
    for student, mark in marks.items():
        assert mark.status == "ok", (student, mark.reason, mark.stops)
        solution = student.startswith("solved")
        earned = {task.task: task.points for task in mark.tasks}
        assert earned == {task: points if solution else 0 for task, points in expected.items()}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_exercise_runs_to_the_end_and_says_kindly_what_to_do(
    name: str, lang: Any
) -> None:
    from nbformat import read

    notebook = read(handed_out(name, lang), as_version=4)
    execute(notebook, name, list(range(len(notebook.cells))), keys=KEYS)
    said = {
        cell.id: cell.outputs[-1]["data"]["text/plain"]
        for cell in notebook.cells
        if cell.id.startswith("check-")
    }
    tasks = read_exercise(SOLUTIONS / f"{name}.py").tasks
    assert list(said) == [f"check-{task.id.replace('.', '-')}" for task in tasks]
    for task, text in zip(tasks, said.values(), strict=True):
        assert say("grading.status_unanswered", lang) in text
        assert say("grading.unanswered", lang, name=task.answer) in text


@pytest.mark.parametrize("name", NAMES)
def test_what_a_student_gets_holds_no_solution(name: str) -> None:
    given = [handed_out(name, lang).read_text(encoding="utf-8") for lang in LANGUAGES]
    given.append((KEYS / f"{name}.json").read_text(encoding="utf-8"))
    exercise = read_exercise(SOLUTIONS / f"{name}.py")
    open_code = "\n".join(c.source.split(BEGIN)[0] for c in exercise.cells if c.role != "wrong")
    secrets = [wrong.code for task in exercise.tasks for wrong in task.wrong]
    for cell in exercise.cells:
        if BEGIN in cell.source:
            hidden = cell.source.split(BEGIN)[1].split(END)[0]
            secrets += [
                hidden.strip(),
                *(line for line in hidden.splitlines() if len(line) > 40 and line not in open_code),
            ]
    assert len(secrets) >= len(exercise.tasks)
    as_json = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets]
    assert [secret for secret in as_json for text in given if secret in text] == []
    assert not [text for text in given if "SOLUTION" in text]
