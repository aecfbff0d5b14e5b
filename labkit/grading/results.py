"""What a grading has come to, and all that is written from it: gradebooks, feedback and report.

Marks of a run and levels of texts lie in the ledger. Everything else in OUT is made from them, so
that it can be made again at any time, and is after each text that is marked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import GradingError
from labkit.grading.feedback import write_feedback
from labkit.grading.gradebook import write_gradebook, write_lms_gradebooks
from labkit.grading.ledger import Ledger
from labkit.grading.report import write_report
from labkit.grading.rubric import with_levels
from labkit.grading.task import Exercise
from labkit.grading.work import Mark
from labkit.messages import say

Rows = list[tuple[str, str, Mark]]  # (student, exercise, mark)


@dataclass(frozen=True)
class Written:
    """The files that were made."""

    gradebook: Path
    feedback: Path
    report: Path


@contextmanager
def ledger_of(out: Path) -> Iterator[Ledger]:
    """Open the ledger of a folder that `labkit grade` has made.

    Raises:
        GradingError: If nothing has been graded there.
    """
    path = out / "work" / "grading.sqlite"
    if not path.is_file():
        raise GradingError(say("grading.nothing_graded", folder=out))
    ledger = Ledger(path)
    try:
        yield ledger
    finally:
        ledger.close()


def read_results(out: Path, load: Callable[[str], Exercise]) -> tuple[Rows, dict[str, Exercise]]:
    """Read the marks of a grading with the levels that texts have been given.

    Args:
        out: Folder of the grading.
        load: Reads an exercise by name.

    Returns:
        Rows in order of student and exercise, and the exercises by name.

    Raises:
        GradingError: If nothing has been graded there.
    """
    with ledger_of(out) as ledger:
        settled, levels = ledger.settled(), ledger.levels()
    if not settled:
        raise GradingError(say("grading.not_ended", folder=out))
    exercises = {name: load(name) for name in sorted({name for _, name, _ in settled})}
    rows = [(student, name, Mark.from_json(mark)) for student, name, mark in settled]
    for _, name, mark in rows:
        tasks = {task.id for task in exercises[name].tasks}
        gone = [item.task for item in mark.tasks if item.task not in tasks]
        if gone:
            raise GradingError(say("grading.task_gone", path=exercises[name].path, task=gone[0]))
    return with_levels(rows, exercises, levels), exercises


def write_results(out: Path, rows: Rows, exercises: dict[str, Exercise]) -> Written:
    """Write gradebooks, feedback pages and the class report, each file replaced in one step."""
    gradebook = write_gradebook(rows, out / "gradebook.csv")
    write_lms_gradebooks(rows, out)
    feedback = write_feedback(rows, exercises, out / "feedback")
    report = write_report(rows, exercises, out / "report.html")
    return Written(gradebook, feedback, report)


def loader(solutions: Path, read: Callable[[Path], Exercise]) -> Callable[[str], Exercise]:
    """Return what finds an exercise by name in a folder of sources.

    Args:
        solutions: Folder of the exercises' sources.
        read: Reads one of them.
    """

    def load(name: str) -> Exercise:
        path = solutions / f"{name}.py"
        if not path.is_file():
            raise GradingError(say("grading.no_exercise", path=path))
        return read(path)

    return load
