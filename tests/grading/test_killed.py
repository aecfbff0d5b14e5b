"""A grading that is killed with no warning goes on where it stopped: every mark once, none lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.course.render import render
from labkit.grading.grade import grade
from labkit.grading.runs.sandbox import means

SAMPLE = Path(__file__).parent / "sample" / "05_algebra_sql.py"
CLASS = 60
PROGRAM = """
import sys
from pathlib import Path
from labkit.course.source import read_exercise
from labkit.grading.grade import grade
exercise = read_exercise(Path(sys.argv[1]))
def progress(done, total):
    print(done, flush=True)
grade(Path(sys.argv[2]), Path(sys.argv[3]), load=lambda name: exercise, people=250, seed=3,
      workers=2, timeout=20, progress=progress)
"""


@pytest.mark.skipif(means() == "none", reason="no sandbox on this machine")
def test_a_class_of_sixty_survives_a_kill_in_the_middle(exercise, in_class, tmp_path):
    import nbformat

    handed, out = tmp_path / "handed", tmp_path / "out"
    text = nbformat.writes(render(exercise, "nb", solved=True)[0])
    for number in range(CLASS):
        folder = handed / f"student{number:02d}"
        folder.mkdir(parents=True)
        (folder / "05_algebra_sql.ipynb").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(SAMPLE), str(handed), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        for line in killed.stdout:
            if int(line) >= 20:
                os.kill(killed.pid, signal.SIGKILL)
                break
        killed.stdout.read()  # ends when its warm process and its runs are gone too
    assert killed.wait() == -signal.SIGKILL
    kept = marks(out)
    assert 20 <= len(kept) < CLASS

    seen = []
    again = grade(
        handed, out, load=lambda name: exercise, people=250, seed=3, workers=2, timeout=20,
        progress=lambda done, total: seen.append(done),
    )  # fmt: skip
    assert again.reused == len(kept)
    assert seen == list(range(len(kept), CLASS + 1))
    assert len(marks(out)) == CLASS
    assert marks(out).items() >= kept.items()
    assert {sum(t.points for t in mark.tasks) for _, _, mark in again.marks} == {6}
    rows = again.gradebook.read_text(encoding="utf-8").splitlines()[1:]
    assert len({row.split(",")[0] for row in rows}) == len(rows) == CLASS


def marks(out):
    with sqlite3.connect(out / "work" / "grading.sqlite") as ledger:
        rows = ledger.execute("SELECT student, digest, mark FROM mark").fetchall()
    assert len({student for student, _, _ in rows}) == len(rows)
    return {student: (digest, mark) for student, digest, mark in rows}
