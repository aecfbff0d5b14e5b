"""Likely copies: students whose answers agree where answers seldom do.

Three signs are looked for, the first two in answers that are not right on the hidden dataset:

- `neighbour`: the answer is what the solution gives on another student's own dataset. Whoever works
  with their own data does not come upon it.
- `unusual`: a wrong answer that at most `FEW` students gave, that no author foresaw, and that is
  rich enough (a table, a long number) not to agree by chance;
- `text`: half or more of the shorter text, in runs of `RUN` words, stands in the other one too, the
  words of the task itself apart.

A sign is not a verdict: students who talk, share a tutor or a web page, may well think alike.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from labkit.grading.gradebook import write_csv
from labkit.grading.marking import trace_of
from labkit.grading.release import Release, read_answers
from labkit.grading.results import read_results
from labkit.grading.task import Exercise
from labkit.grading.work import Mark
from labkit.messages import Language, say

FEW = 3
RUN = 5  # words that two people seldom write alike by chance
LEAST = 10  # runs of a text that is long enough to tell
ALIKE = 0.5
SIGNS = ("neighbour", "unusual", "text")
Rows = list[tuple[str, str, Mark]]


@dataclass(frozen=True)
class Likely:
    """Two students whose answers in one exercise agree where answers seldom do.

    Attributes:
        student: The one whose answer is another's, or the first by name.
        other: The one whose dataset it belongs to, or who gave the same.
        neighbour: Tasks whose answer is right on the other's own dataset alone.
        unusual: Tasks with the same unusual wrong answer.
        text: Tasks, or reasons of a choice, written in the same words.
    """

    exercise: str
    student: str
    other: str
    neighbour: tuple[str, ...] = ()
    unusual: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    @property
    def signs(self) -> int:
        """Number of tasks with a sign; one alone says little."""
        return len({*self.neighbour, *self.unusual, *self.text})


def likely_copies(
    rows: Rows, exercises: dict[str, Exercise], release: Release | None = None
) -> list[Likely]:
    """Find likely copies in a grading.

    Args:
        rows: (student, exercise, mark) of a grading.
        exercises: By name.
        release: The individual datasets, if the class has them.

    Returns:
        Pairs of students, most signs first. Students who share a bundle are not compared.
    """
    found: dict[tuple[str, str, str], dict[str, set[str]]] = {}

    def note(name: str, student: str, other: str, sign: str, task: str) -> None:
        signs = found.setdefault((name, student, other), {sign: set() for sign in SIGNS})
        signs[sign].add(task)

    apart = _apart(release)
    for name, exercise in exercises.items():
        marks = {student: mark for student, own, mark in rows if own == name}
        if release:
            for student, other, task in _neighbours(exercise, marks, release):
                note(name, student, other, "neighbour", task)
        for sign, agree in (("unusual", _unusual(marks)), ("text", _texts(exercise, marks))):
            for student, other, task in agree:
                if apart(student, other):
                    first, second = sorted((student, other))
                    note(name, first, second, sign, task)
    made = [
        Likely(*who, *(tuple(sorted(signs[sign])) for sign in SIGNS))
        for who, signs in found.items()
    ]
    return sorted(made, key=lambda one: (-one.signs, one.exercise, one.student, one.other))


def write_copies(found: list[Likely], path: Path) -> Path:
    """Write them as CSV: exercise, student, other, signs, and tasks by sign."""
    lines = [["exercise", "student", "other", "signs", *SIGNS]]
    for one in found:
        tasks = [" ".join(getattr(one, sign)) for sign in SIGNS]
        lines.append([one.exercise, one.student, one.other, str(one.signs), *tasks])
    return write_csv(lines, path)


def copies_table(found: list[Likely], lang: Language | None = None) -> Any:
    """Return them as a table for the terminal."""
    from rich.table import Table

    heads = ("exercise", "student", "other", *SIGNS)
    table = Table(*(say(f"release.{head}", lang) for head in heads))
    for one in found:
        tasks = [", ".join(getattr(one, sign)) for sign in SIGNS]
        table.add_row(one.exercise, one.student, one.other, *tasks)
    return table


def copies_shown(out: Path, load: Callable[[str], Exercise], release: Path | None = None) -> str:
    """Write `OUT/copies.csv`, print the table, and return what it is and is not.

    Raises:
        GradingError: If nothing has been graded there, or the release cannot be read.
    """
    from rich.console import Console

    rows, exercises = read_results(out, load)
    found = likely_copies(rows, exercises, Release(release) if release else None)
    path = write_copies(found, out / "copies.csv")
    if not found:
        return say("release.no_copies", path=path)
    Console().print(copies_table(found))
    return say("release.copies", n=len(found), path=path)


def _apart(release: Release | None) -> Callable[[str, str], bool]:
    def apart(student: str, other: str) -> bool:
        if release is None:
            return True
        own = release.bundle_of(student)
        return own is None or own != release.bundle_of(other)

    return apart


def _neighbours(
    exercise: Exercise, marks: dict[str, Mark], release: Release
) -> list[tuple[str, str, str]]:
    """Find answers that are right on exactly one other bundle's dataset."""
    owners: dict[tuple[str, str], set[str]] = {}
    for bundle in release.bundles:
        path = release.folder / "answers" / bundle / f"{exercise.name}.json"
        answers = read_answers(path) if path.is_file() else {}
        for task in exercise.tasks:
            outcome = answers.get(task.id)
            if outcome and outcome.answer:
                for trace in trace_of(task, outcome.answer, around=True):
                    owners.setdefault((task.id, trace), set()).add(bundle)
    found = []
    for student, mark in marks.items():
        own = release.bundle_of(student)
        for item in mark.tasks:
            at = owners.get((item.task, item.trace), set()) if item.trace else set()
            if item.state == "differs" and len(at) == 1 and own not in at:
                students = release.bundles[next(iter(at))]
                found += [(student, other, item.task) for other in students]
    return found


def _unusual(marks: dict[str, Mark]) -> list[tuple[str, str, str]]:
    """Find wrong answers that no author foresaw and few gave."""
    given: dict[tuple[str, str], list[str]] = {}
    for student, mark in marks.items():
        for item in mark.tasks:
            if item.state == "differs" and item.hint is None and item.trace:
                given.setdefault((item.task, item.trace), []).append(student)
    return [
        (student, other, task)
        for (task, _), students in given.items()
        if 2 <= len(students) <= FEW
        for student, other in combinations(students, 2)
    ]


def _texts(exercise: Exercise, marks: dict[str, Mark]) -> Iterator[tuple[str, str, str]]:
    """Find texts of which much is the same, word for word."""
    for task in exercise.tasks:
        given = set().union(*map(_runs, task.statement.values()))
        texts = {
            student: _runs(str(item.facts["written"])) - given
            for student, mark in marks.items()
            for item in mark.tasks
            if item.task == task.id and item.facts.get("written")
        }
        for (student, ours), (other, theirs) in combinations(texts.items(), 2):
            least = min(len(ours), len(theirs))
            if least >= LEAST and len(ours & theirs) >= ALIKE * least:
                yield student, other, task.id


def _runs(text: str) -> set[tuple[str, ...]]:
    """Take every run of `RUN` words from a text; capitals and signs do not matter."""
    words = re.findall(r"\w+", text.casefold())
    return set(zip(*(words[i:] for i in range(RUN)), strict=False))
