"""Which tasks teach which outcomes: what an instructor must be able to show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labkit.course.outcomes import Course, Outcome
from labkit.grading.task import Exercise, Task
from labkit.messages import Language, language, numeral, say


@dataclass(frozen=True)
class Coverage:
    """One outcome and the graded tasks that ask for it."""

    outcome: Outcome
    tasks: tuple[Task, ...]

    @property
    def points(self) -> float:
        """Points that can be earned on it; a task with two outcomes counts for both."""
        return sum(task.points for task in self.tasks)


def coverage(course: Course, exercises: Iterable[Exercise]) -> list[Coverage]:
    """List every outcome of the course, in its order, with the tasks that ask for it."""
    tasks = [task for exercise in exercises for task in exercise.tasks]
    return [
        Coverage(outcome, tuple(task for task in tasks if outcome.code in task.outcomes))
        for outcome in course.outcomes.values()
    ]


def read_coverage() -> list[Coverage]:
    """Read the coverage of the kit's own exercises.

    Raises:
        BuildError: If a source has faults.
    """
    from labkit.course.outcomes import load_course
    from labkit.course.source import read_exercise
    from labkit.materials import materials

    sources = sorted((materials() / "solutions").glob("*.py"))
    return coverage(load_course(), [read_exercise(source) for source in sources])


def coverage_table(rows: list[Coverage], lang: Language | None = None) -> Any:
    """Return the coverage as a table for the terminal (rich), uncovered outcomes in red."""
    from rich.table import Table

    lang = lang or language()
    table = Table()
    for key in ("outcome", "tasks", "points"):
        table.add_column(say(f"course.column_{key}", lang), overflow="fold")
    for row in rows:
        outcome = row.outcome
        text = f"{outcome.code} {outcome.en if lang == 'en' else outcome.nb}"
        tasks = " ".join(task.id for task in row.tasks) or say("course.no_task", lang)
        table.add_row(text, tasks, numeral(row.points, lang), style=None if row.tasks else "red")
    return table
