"""Tasks in R, from source to mark: R runs in the same sandbox, on the same data."""

import shutil
from pathlib import Path

import pytest

from labkit import exercise as open_checks
from labkit.course.source import read_exercise
from labkit.grading.grade import grade
from labkit.grading.key import make_key
from labkit.grading.runs.sandbox import SANDBOXES, works

SAMPLE = Path(__file__).parent / "sample" / "10_analysis.py"
NAME = SAMPLE.stem
LOOP = "answer = 'while (TRUE) {}'"
CHILD = "answer = 'system(\"sleep 61.75\"); answer <- 1'"
STOP = "answer = 'answer <- mean(npr$no_such_column_at_all + \"a\")'"
NO_ANSWER = "answer = 'x <- 1'"
# what R can reach: another's work, the network, the machine's users; the share follows if it can
PEEK = '''answer = """
reached <- file.exists("SECRET") || file.exists("/etc/passwd") ||
  !inherits(try(suppressWarnings(socketConnection("127.0.0.1", PORT, timeout = 2)), TRUE),
            "try-error")
answer <- if (reached) mean(npr$hastegrad == 1) else -1
"""'''
pytestmark = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not on this machine")


@pytest.fixture(scope="module")
def source():
    return read_exercise(SAMPLE)


@pytest.fixture(scope="module")
def key(source, in_class):
    return make_key(source)


def test_r_is_checked_at_once(key, source, lay_key):
    lay_key(NAME, key)
    check = open_checks(NAME, lang="en")
    names = {}
    for task in source.tasks:
        exec(task.solution, names)
        assert check.r(task.id, names["answer"]).passed
        exec(task.wrong[0].code, names)
        wrong = check.r(task.id, names["answer"])
        assert not wrong.passed
        assert wrong.hint == task.wrong[0].en
    assert "object 'npr_typo' not found" in check.r("10.2", "answer <- npr_typo").text


@pytest.mark.parametrize("by", [by for by in SANDBOXES[:2] if works(by)])
def test_r_is_graded_in_the_sandbox(by, source, notebook, in_class, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        handed = tmp_path / "handed"
        peek = PEEK.replace("PORT", str(server.getsockname()[1]))
        work = {
            "right": {},
            "wrong": {"t1": source.tasks[0].wrong[0].code},
            "loop": {"t1": LOOP},
            "child": {"t1": CHILD},
            "stops": {"t1": STOP, "t2": NO_ANSWER},
            "peek": {"t2": peek.replace("SECRET", str(handed / "right" / f"{NAME}.ipynb"))},
        }
        for student, answers in work.items():
            (handed / student).mkdir(parents=True)
            text = notebook(source, **answers)
            (handed / student / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
        made = grade(
            handed, tmp_path / "out", load=lambda name: source, people=250, seed=31, workers=2,
            timeout=8, by=by,
        )  # fmt: skip
    marks = {student: mark for student, _, mark in made.marks}
    points = {student: [task.points for task in mark.tasks] for student, mark in marks.items()}
    assert points["right"] == [2, 1]
    assert points["wrong"][0] < 1.5
    assert marks["wrong"].tasks[0].hint == 0
    assert points["loop"] == points["child"] == [0, 1]
    assert marks["loop"].status == marks["child"].status == "stopped"
    assert points["stops"] == [0, 0]
    assert points["peek"] == [2, 0]
