"""A submitted notebook, put right from its exercise: the steps that a run takes.

The student's cells run in the student's order. What the exercise itself brings is put right: a cell
of the exercise that was deleted comes back, and check cells are never the student's own: answers
are taken by the grader where a check stood, or, where it was deleted, where the task ends.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labkit.grading.kinds import kind_of
from labkit.grading.runs.session import Step
from labkit.grading.task import Exercise, Task
from labkit.messages import Language

MAX_BYTES = 20_000_000
MAX_CELLS = 2_000
MAX_CELL = 200_000
# No two of their parts can take the same signs, so that no cell takes long to read.
_CHECK = re.compile(r"^[ \t]*check(?:\.\w+)?\(\s*[\"']([\w.]+)[\"']", re.MULTILINE)
_ONLY_CHECK = re.compile(r"^[ \t]*check(?:\.\w+)?\(.*\)[ \t;]*$", re.MULTILINE)


class Unreadable(Exception):
    """A submission that is no notebook; `reason` is a key of the grading messages."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class CodeCell(NamedTuple):
    """One cell of a submission that matters here."""

    id: str
    code: str  # empty for prose
    heading: str  # empty for code


@dataclass(frozen=True)
class Submission:
    """A notebook read as data: nothing in it has been run."""

    lang: Language
    cells: tuple[CodeCell, ...]


def read_notebook(raw: bytes) -> Submission:
    """Read a notebook from bytes that may hold anything.

    Raises:
        Unreadable: If it is no Python notebook in nbformat 3 or 4, or far too large.
    """
    if len(raw) > MAX_BYTES:
        raise Unreadable("too_big")
    if not raw.strip():
        raise Unreadable("no_content")
    try:
        notebook = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not_utf8") from None
    except (ValueError, RecursionError):
        raise Unreadable("not_json") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("no_cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable("too_many_cells", most=MAX_CELLS)
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kernel = _text_at(metadata, "kernelspec", "language") or _text_at(
        metadata, "language_info", "name"
    )
    if kernel and kernel.lower() != "python":
        raise Unreadable("wrong_kernel", kernel=kernel[:40])
    lang: Language = "en" if _text_at(metadata, "labkit", "lang") == "en" else "nb"
    return Submission(lang, tuple(_cell(cell) for cell in cells if isinstance(cell, dict)))


def steps_of(submission: Submission, exercise: Exercise, *, seconds: float) -> list[Step]:
    """Put a submission right and list the steps of its run.

    Args:
        submission: The notebook.
        exercise: What it is a submission of.
        seconds: Time for one cell.

    Returns:
        Cells to run, and answers to take. A task whose answer is taken again after more code has
        labels `5.3`, `5.3 again`, ...; the last one that was answered counts.
    """
    return _Walk(submission, exercise, seconds).steps()


class _Walk:
    """One pass over a submission, from the first cell to the last."""

    def __init__(self, submission: Submission, exercise: Exercise, seconds: float) -> None:
        self.submission, self.exercise, self.seconds = submission, exercise, seconds
        self.tasks = {task.id: task for task in exercise.tasks}
        self.found: list[Step] = []
        self.current: Task | None = None
        self.fresh: dict[str, int] = {}  # task -> cells since its answer was last taken
        self.loose: list[int] = []  # places of steps that belong to no task yet
        self.labels: set[str] = set()
        self.brought = _brought(exercise)  # id -> (code, task that it must come before)
        kept = {cell.code.strip() for cell in submission.cells}
        self.present = {cell.id for cell in submission.cells if cell.code.strip()}
        self.present |= {i for i, (code, _) in self.brought.items() if code.strip() in kept}

    def steps(self) -> list[Step]:
        self._bring_back(self.exercise.tasks[0])
        for cell in self.submission.cells:
            if cell.heading:
                self._prose(cell)
            elif cell.code.strip():
                self._code(cell)
        self._leave()
        for task in self.exercise.tasks:
            if task.id not in self.labels:
                self._take(task)
        return self.found

    def _prose(self, cell: CodeCell) -> None:
        task = self._task(cell.id, "statement") or self._in_heading(cell.heading)
        if task and task is not self.current:
            self._enter(task)

    def _code(self, cell: CodeCell) -> None:
        called = [self.tasks[i] for i in _CHECK.findall(cell.code) if i in self.tasks]
        checks = self._task(cell.id, "check")
        bare = called and not _ONLY_CHECK.sub("", cell.code).strip()
        own = self._task(cell.id, "task")
        if checks and not (called or own):
            # an edited check cell: the grader takes the answer, what was written here is not needed
            called, bare = [checks], True
        if not bare:
            if own and own is not self.current:
                self._enter(own)
            elif called and self.current is None:
                self._adopt(called[0])
            self._run(cell.code)
        for task in called:
            if self.current is not task:
                self._leave(loose=self.loose)
                self._adopt(task)
            if self.fresh.get(task.id) or task.id not in self.labels:
                self._take(task)
        if called:
            self.current = None

    def _enter(self, task: Task) -> None:
        self._leave()
        self._bring_back(task)
        self.current = task

    def _leave(self, loose: Sequence[int] = ()) -> None:
        """Take the answer of a task whose check cell is gone, or stands elsewhere."""
        if self.current and self.fresh.get(self.current.id):
            self._take(self.current)
        self.current = None
        self.loose = list(loose)

    def _adopt(self, task: Task) -> None:
        """Count cells that stand just before a check, and belong to no task, to the check's."""
        if self.current is None and not self.fresh.get(task.id):
            for place in self.loose:
                old = self.found[place]
                self.found[place] = Step(
                    old.code, task=task.id, name=task.answer, seconds=old.seconds
                )
                self.fresh[task.id] = self.fresh.get(task.id, 0) + 1
        self.loose = []

    def _run(self, code: str) -> None:
        task = self.current
        if task is None:
            self.loose.append(len(self.found))
            self.found.append(Step(code, seconds=self.seconds))
            return
        self.fresh[task.id] = self.fresh.get(task.id, 0) + 1
        self.found.append(Step(code, task=task.id, name=task.answer, seconds=self.seconds))

    def _take(self, task: Task) -> None:
        label = task.id
        while label in self.labels:
            label += " again"
        self.labels |= {label}
        self.fresh[task.id] = 0
        options = kind_of(task.kind).split(task.settings)[1]
        step = Step("", label, task.answer, task.kind, options, task.id, seconds=self.seconds)
        self.found.append(step)

    def _bring_back(self, task: Task) -> None:
        """Run the exercise's own cells that were deleted, before the first task after them."""
        position = list(self.tasks).index(task.id)
        for cell_id, (code, before) in list(self.brought.items()):
            if before <= position and cell_id not in self.present:
                self.found.append(Step(code, seconds=self.seconds))
                del self.brought[cell_id]

    def _task(self, cell_id: str, role: str) -> Task | None:
        prefix = f"{role}-"
        if not cell_id.startswith(prefix):
            return None
        return self.tasks.get(cell_id.removeprefix(prefix).replace("-", "."))

    def _in_heading(self, heading: str) -> Task | None:
        found = re.search(r"\d+\.\d+\w*", heading)
        return self.tasks.get(found[0]) if found else None


def _brought(exercise: Exercise) -> dict[str, tuple[str, int]]:
    """List the exercise's own code cells by id, with the place of the task that follows each.

    Ids count cells of one language, as the built notebooks do.
    """
    kept = [cell for cell in exercise.cells if cell.role != "wrong" and cell.lang != "en"]
    tasks = [task.id for task in exercise.tasks]
    found: dict[str, tuple[str, int]] = {}
    passed: set[str] = set()
    for position, cell in enumerate(kept, 1):
        if cell.task:
            passed.add(cell.task)
        elif cell.kind == "code":
            found[f"cell-{position:02d}"] = (cell.source, sum(t in passed for t in tasks))
    return found


def _cell(raw: dict[str, Any]) -> CodeCell:
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        source = ""
    grade_id = _text_at(raw.get("metadata"), "nbgrader", "grade_id")
    cell_id = grade_id or (raw["id"] if isinstance(raw.get("id"), str) else "")
    if raw.get("cell_type") == "code":
        if len(source) > MAX_CELL:
            raise Unreadable("huge_cell", most=MAX_CELL)
        return CodeCell(cell_id, source, "")
    first = next((line for line in source.splitlines() if line.strip()), "")
    heading = first if first.startswith("#") else cell_id and " "
    return CodeCell(cell_id, "", heading or "")


def _text_at(raw: Any, *path: str) -> str:
    for name in path:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else ""
