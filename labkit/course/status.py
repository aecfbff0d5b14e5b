"""Where each student stands: modules, texts, gatherings, and who may sit the exam.

The course's rule: 70 % of the automatic points in every module, every text (reasons of choices too)
at level 1 or higher, and both gatherings attended. For each student it is said what is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.course.roster import read_csv
from labkit.course.start import read_chapters
from labkit.errors import GradingError, InputError
from labkit.grading.gradebook import write_csv
from labkit.grading.passing import enough, percent
from labkit.grading.report import NOT_READ, share_of
from labkit.grading.results import Rows, read_results
from labkit.grading.rubric import is_read, reading
from labkit.grading.task import Exercise
from labkit.messages import Language, language, numeral, say

GATHERINGS = ("gathering_1", "gathering_2")
_YES = {"yes", "ja", "y", "j", "x", "1", "true"}
_NO = {"", "no", "nei", "n", "-", "0", "false"}


@dataclass(frozen=True)
class Module:
    """One student in one module.

    Attributes:
        share: Of the automatic points, 0 to 1; None where nothing was handed in that can be read.
        texts: Written tasks that are not passed, with why: `blank`, `waits` or `level`.
    """

    share: float | None
    texts: tuple[tuple[str, str], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the module is passed."""
        return self.share is not None and enough(self.share) and not self.texts


@dataclass(frozen=True)
class Standing:
    """One student.

    Attributes:
        modules: By number; every module that has an exercise.
        gatherings: Whether each was attended; None where no list says.
    """

    student: str
    modules: dict[int, Module]
    gatherings: tuple[bool | None, ...]

    @property
    def may_sit(self) -> bool:
        """Whether the student may sit the exam."""
        return all(m.passed for m in self.modules.values()) and all(self.gatherings)

    def missing(self, lang: Language | None = None) -> list[str]:
        """Say what is missing, module by module."""
        found = []
        for number, module in self.modules.items():
            if module.share is None:
                found.append(say("status.not_handed_in", lang, module=number))
                continue
            if not enough(module.share):
                share = percent(module.share)
                found.append(say("status.too_few", lang, module=number, share=share))
            found += [say(f"status.text_{why}", lang, task=task) for task, why in module.texts]
        for place, there in enumerate(self.gatherings, 1):
            if not there:
                key = "status.absent" if there is False else "status.not_known"
                found.append(say(key, lang, number=place))
        return found


def standings(
    rows: Rows, exercises: list[Exercise], attendance: dict[str, tuple[bool, ...]] | None
) -> list[Standing]:
    """Put together where every student stands.

    Args:
        rows: (student, exercise, mark), with the levels of texts.
        exercises: All that a student must pass, graded yet or not.
        attendance: Gatherings by student; None if there is no list.

    Returns:
        One for each student who is among the rows or on the list, in order of name.
    """
    marks = {(student, name): mark for student, name, mark in rows}
    named = {student for student, _, _ in rows} | set(attendance or {})
    found = []
    for student in sorted(named, key=str.casefold):
        modules = {}
        for exercise in sorted(exercises, key=lambda e: e.module):
            mark = marks.get((student, exercise.name))
            if mark is None or mark.status in NOT_READ:
                modules[exercise.module] = Module(None)
                continue
            items = {item.task: item for item in mark.tasks}
            texts = [
                (task.id, reading(items[task.id], task) if task.id in items else "blank")
                for task in exercise.tasks
                if is_read(task)
            ]
            missing = tuple(text for text in texts if text[1])
            modules[exercise.module] = Module(share_of(mark, exercise), missing)
        unknown = (None,) * len(GATHERINGS)
        absent = (False,) * len(GATHERINGS)
        there = unknown if attendance is None else attendance.get(student, absent)
        found.append(Standing(student, modules, there))
    return found


def read_attendance(path: Path) -> dict[str, tuple[bool, ...]]:
    """Read who was at the gatherings: `student`, `gathering_1`, `gathering_2`.

    `yes`, `ja`, `x` and `1` mean present; `no`, `nei`, `0` and an empty cell mean absent.

    Raises:
        InputError: If the file cannot be read, lacks a column, or says something else.
    """
    found = {}
    for line, row in read_csv(path, needed=("student", *GATHERINGS)):
        for name in GATHERINGS:
            if row[name].casefold() not in _YES | _NO:
                raise InputError(
                    say("status.yes_or_no", path=path, line=line, column=name, came=row[name])
                )
        found[row["student"]] = tuple(row[name].casefold() in _YES for name in GATHERINGS)
    return found


def class_status(
    out: Path, *, solutions: Path, read: Callable[[Path], Exercise], attendance: Path | None = None
) -> tuple[list[Standing], Path]:
    """Work out the standing of a graded class and write it to `OUT/status.csv`.

    Args:
        out: Folder that `labkit grade` has made.
        solutions: Folder of the exercises' sources: all of them must be passed.
        read: Reads one of them.
        attendance: The list; `OUT/attendance.csv` by default, if it is there.

    Raises:
        GradingError: If nothing has been graded there, or there are no exercises.
        InputError: If the list cannot be used.
    """
    exercises = {path.stem: read(path) for path in sorted(solutions.glob("[0-9][0-9]_*.py"))}
    if not exercises:
        raise GradingError(say("status.no_exercises", folder=solutions))

    def load(name: str) -> Exercise:
        if name not in exercises:
            raise GradingError(say("status.exercise_gone", path=solutions / f"{name}.py"))
        return exercises[name]

    rows, _ = read_results(out, load)
    path = attendance or (out / "attendance.csv" if (out / "attendance.csv").exists() else None)
    found = standings(rows, list(exercises.values()), read_attendance(path) if path else None)
    numbers = sorted({number for standing in found for number in standing.modules})
    lines = [["student", "may_sit", *(f"module_{n}" for n in numbers), *GATHERINGS, "missing"]]
    for standing in found:
        shares = [_percent(standing.modules[n].share) for n in numbers]
        there = ["" if there is None else _word(there) for there in standing.gatherings]
        missing = " ".join(standing.missing())
        lines.append([standing.student, _word(standing.may_sit), *shares, *there, missing])
    return found, write_csv(lines, out / "status.csv")


def status_table(found: list[Standing], lang: Language | None = None) -> Any:
    """Return the standings as a table for the terminal (rich)."""
    from rich.table import Table
    from rich.text import Text

    lang = lang or language()
    table = Table(title=say("status.title", lang))
    numbers = sorted({number for standing in found for number in standing.modules})
    table.add_column(say("status.student", lang), overflow="fold")
    table.add_column(say("status.may_sit", lang))
    for number in numbers:
        table.add_column(str(number), justify="right")
    table.add_column(say("status.gatherings", lang))
    table.add_column(say("status.missing", lang), overflow="fold")
    for standing in found:
        cells: list[str | Text] = [Text(standing.student)]
        may_sit = say("status.yes" if standing.may_sit else "status.no", lang)
        cells.append(Text(may_sit, style="bold green" if standing.may_sit else ""))
        for number in numbers:
            module = standing.modules[number]
            cells.append(Text(_percent(module.share) or "–", style="green" * module.passed))
        signs = {True: "✓", False: "✗", None: "?"}
        cells.append(" ".join(signs[there] for there in standing.gatherings))
        cells.append(Text(" ".join(standing.missing(lang))))
        table.add_row(*cells)
    return table


def own_status_table(folder: Path, lang: Language | None = None) -> Any:
    """Return a student's own progress, from a lab folder, as a table for the terminal (rich)."""
    from rich.table import Table

    lang = lang or language()
    table = Table(title=say("status.own_title", lang))
    for key in ("module", "solved", "points", "share"):
        table.add_column(say(f"status.{key}", lang), justify="left" if key == "module" else "right")
    for chapter in read_chapters(folder, lang):
        if not chapter.items:
            continue
        title = chapter.module.nb if lang == "nb" else chapter.module.en
        table.add_row(
            f"{chapter.module.number} {title}",
            f"{sum(item.solved for item in chapter.items)} / {len(chapter.items)}",
            " / ".join(
                numeral(n, lang) for n in (chapter.automatic.points, chapter.automatic.most)
            ),
            f"{percent(chapter.share)} %",
            style="green" if enough(chapter.share) else None,
        )
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else str(percent(share))


def _word(truth: bool) -> str:
    return "yes" if truth else "no"
