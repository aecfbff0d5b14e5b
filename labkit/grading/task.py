"""What an exercise is: cells and tasks, as read from its source."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer, and the hint that points to the thinking behind it."""

    code: str
    nb: str
    en: str
    line: int


@dataclass(frozen=True)
class Task:
    """One graded item of an exercise."""

    id: str  # "5.3"
    kind: str  # "value" (also tables), "sql", ...: the method of `check` that the check cell calls
    points: float
    outcomes: tuple[str, ...]
    statement: dict[str, str]  # language -> markdown
    solution: str  # code of the solution cell, markers taken out
    check: str  # the check cell, as in the source
    answer: str  # name of the variable that the check cell hands over
    settings: dict[str, Any] = field(default_factory=dict)  # keyword arguments of the check call
    wrong: tuple[Wrong, ...] = ()
    line: int = 0  # of the task in its source
    accept: tuple[str, ...] = ()  # mutants of a query that are right too; see `caught`


@dataclass(frozen=True)
class Cell:
    """One cell of a source, in order."""

    kind: str  # "code" or "markdown"
    source: str
    lang: str | None  # "nb" or "en" for prose, None for code
    role: str  # "prose", "code", "task", "check", "wrong"
    task: str | None  # id of the task it belongs to
    line: int
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """One exercise source, read."""

    name: str  # "05_algebra_sql"
    module: int
    path: Path
    cells: tuple[Cell, ...]
    tasks: tuple[Task, ...]
