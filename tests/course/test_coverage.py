from io import StringIO
from pathlib import Path

import pytest

from labkit.course.coverage import coverage, coverage_table
from labkit.course.outcomes import load_course
from labkit.course.source import read_exercise


def test_every_outcome_is_listed_with_its_tasks_and_points(exercise_source: Path) -> None:
    rows = coverage(load_course(), [read_exercise(exercise_source)])
    assert [row.outcome.code for row in rows] == list(load_course().outcomes)
    covered = {
        row.outcome.code: ([t.id for t in row.tasks], row.points) for row in rows if row.tasks
    }
    assert covered == {"F3": (["5.1", "5.2"], 3), "K6": (["5.2"], 2)}


@pytest.mark.usefixtures("english")
def test_the_table_shows_what_is_not_covered(exercise_source: Path) -> None:
    from rich.console import Console

    rows = coverage(load_course(), [read_exercise(exercise_source)])
    console = Console(width=100, file=StringIO())
    console.print(coverage_table(rows))
    lines = console.file.getvalue().splitlines()
    (sql,) = [line for line in lines if "F3 relational algebra and simple SQL" in line]
    assert sql.split("│")[2:4] == [" 5.1 5.2  ", " 3      "]
    assert sum("none yet" in line for line in lines) == 13
