"""What nbgrader and otter-grader spend on the same submissions: see `benchmarks.grading`.

Each is installed into an environment of its own, with the kit's versions of DuckDB and pandas. The
tasks are put in each one's own way: nbgrader's autograder cells with asserts, otter's test files.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

NBGRADER, OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"
SETUP = "import duckdb\nimport pandas as pd\ncon = duckdb.connect({path!r}, read_only=True)"
CHECK = """expected = con.execute({reference!r}).df()
given = con.execute({answer}).df()[list(expected)]
for frame in (expected, given):
    frame.sort_values(list(frame), inplace=True, ignore_index=True)
pd.testing.assert_frame_equal(given, expected, check_dtype=False)"""


@dataclass(frozen=True)
class Asked:
    """A task in SQL, and what each submission answers."""

    id: str
    points: float
    reference: str
    answers: list[str]  # code, by submission

    @property
    def name(self) -> str:
        return "q" + self.id.replace(".", "_")


@dataclass(frozen=True)
class Spent:
    """Processor seconds for each submission, and the points by submission and task."""

    seconds: float
    points: list[dict[str, float]]
    once: float = 0.0  # for the class as a whole


class Missing(Exception):
    """A peer that could not be installed here."""


def cells(tasks: list[Asked], student: int, database: Path) -> list[str]:
    """List the cells of a submission, each answer with its asserts behind it."""
    made = [SETUP.format(path=str(database))]
    for task in tasks:
        made.append(task.answers[student])
        made.append(CHECK.format(reference=task.reference, answer="answer"))
    return made


def nbgrader(tasks: list[Asked], students: int, database: Path, folder: Path) -> Spent:
    """Autograde with `nbgrader autograde`, one process for the class."""
    env = _environment(folder / "env", NBGRADER)
    source = [_about(new_code_cell(SETUP.format(path=str(database))), "setup")]
    for task in tasks:
        source.append(_about(new_code_cell("answer = None"), task.name, solution=True))
        test = new_code_cell(CHECK.format(reference=task.reference, answer="answer"))
        source.append(_about(test, f"{task.name}_test", points=task.points))
    _write(folder / "source" / "w" / "w.ipynb", source)
    _run([env / "bin/nbgrader", "generate_assignment", "w"], folder)
    released = nbformat.read(folder / "release" / "w" / "w.ipynb", as_version=4)
    for student in range(students):
        for task in tasks:
            cell = next(c for c in released.cells if _grade_id(c) == task.name)
            cell.source = task.answers[student]
        _write(folder / "submitted" / f"s{student}" / "w" / "w.ipynb", released.cells)
    spent = _run([env / "bin/nbgrader", "autograde", "w"], folder)
    said = _run([env / "bin/python", "-c", _SCORES, str(students)], folder, output=True)
    return Spent(spent / students, json.loads(str(said).splitlines()[-1]))


_SCORES = """
import json, sys
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as book:
    students = range(int(sys.argv[1]))
    found = [book.find_submission("w", f"s{n}").notebooks[0].grades for n in students]
    print(json.dumps([{g.name.removesuffix("_test"): g.score for g in one} for one in found]))
"""


def otter(tasks: list[Asked], students: int, database: Path, folder: Path) -> Spent:
    """Grade with `otter run`, a process for each submission: `otter grade` without its Docker."""
    env = _environment(folder / "env", OTTER)
    (folder / "tests").mkdir()
    for task in tasks:
        code = CHECK.format(reference=task.reference, answer=f"answer_{task.name}")
        lines = [("... " if line[0] == " " else ">>> ") + line for line in code.splitlines()]
        case = {"code": "\n".join(lines) + "\n", "hidden": False, "locked": False}
        suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": task.name, "points": task.points, "suites": [suite]}
        text = f"OK_FORMAT = True\ntest = {test!r}\n"
        (folder / "tests" / f"{task.name}.py").write_text(text, encoding="utf-8")
    otter = env / "bin/otter"
    _run([otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], folder)
    spent, points = 0.0, []
    for student in range(students):
        made = [new_code_cell(SETUP.format(path=str(database)))]
        for task in tasks:
            code = f"{task.answers[student]}\nanswer_{task.name} = answer"
            made.append(new_code_cell(code))
        _write(folder / "s.ipynb", made)
        (folder / f"out{student}").mkdir()
        command = [otter, "run", "-a", "autograder.zip", "-o", f"out{student}", "s.ipynb"]
        spent += _run(command, folder)
        results = json.loads((folder / f"out{student}" / "results.json").read_text())
        points.append({t["name"]: t["score"] for t in results["tests"] if "score" in t})
    return Spent(spent / students, points)


def _environment(folder: Path, package: str) -> Path:
    uv = shutil.which("uv")
    if uv is None:
        raise Missing("uv is not installed")
    same = [f"{name}=={version(name)}" for name in ("duckdb", "pandas", "ipykernel")]
    for command in (
        [uv, "venv", "-q", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "-q", "--python", str(folder), package, *same],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise Missing(made.stderr.strip()[-200:])
    return folder


def _run(command: list[Any], folder: Path, *, output: bool = False) -> Any:
    """Run a command of a peer; return the processor seconds of it and its children."""
    env = {k: v for k, v in os.environ.items() if not re.match("JUPYTER|LABKIT|PYTHON|VIRTUAL", k)}
    env["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{env['PATH']}"
    env |= {"HOME": str(folder), "IPYTHONDIR": str(folder / "ipython")}
    before = sum(os.times()[2:4])
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise Missing(f"{command[0]} {command[1]}: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout if output else sum(os.times()[2:4]) - before


def _about(cell: Any, grade_id: str, *, solution: bool = False, points: float = 0) -> Any:
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": bool(points),
        "solution": solution,
        "locked": not solution,
        "task": False,
    } | ({"points": points} if points else {})
    return cell


def _grade_id(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _write(path: Path, made: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=made, metadata=about), path)
