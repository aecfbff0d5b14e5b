"""Grade one submission: put right, run in the sandbox, mark."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from labkit.errors import GradingError
from labkit.grading.key import Outcome, imports_of, read_outcomes
from labkit.grading.marking import Markers, TaskMark
from labkit.grading.notebook import Unreadable, read_notebook, steps_of
from labkit.grading.runs import tries
from labkit.grading.runs.sandbox import Limits, run_session
from labkit.grading.runs.session import Step
from labkit.grading.task import Exercise
from labkit.messages import say

MOST_SKIPPED = 3  # cells that may stop a run before the rest is given up
_ALGEBRA = ("labkit.algebra",)
_SMALL = "labkit.grading.small:load"  # for queries tried on small databases


class Cells(NamedTuple):
    """All that running a submission needs: nothing of references, marks or seeds.

    Attributes:
        modules: Libraries that runs of its exercise load, so that they share them.
        ahead: What they find done, as pairs of a function of the kit's and a text to call it with.
    """

    steps: list[Step]
    lang: str
    modules: tuple[str, ...] = ()
    ahead: tuple[tuple[str, str], ...] = ()


class Lost(Exception):
    """A submission whose run went down with the machines that ran it."""


class Ran(NamedTuple):
    """What the runs of a submission wrote, and what stopped them.

    Attributes:
        outcomes: By label, as read from what was written; not to be believed.
        stops: What stopped a run, by task ("" for a cell of no task).
    """

    outcomes: dict[str, Outcome]
    stops: dict[str, str]


@dataclass(frozen=True)
class Mark:
    """The mark of one submission.

    Attributes:
        status: `ok`, `errors` (a cell failed), `stopped` (a cell was stopped), `unreadable`,
            `missing`, `unmarked` (to be looked at by hand).
        reason: Key of the grading messages, with `facts`, for `unreadable`; else empty.
        stops: What stopped the run, by task ("" for a cell of no task).
        lang: Language of the notebook.
    """

    status: str
    lang: str
    tasks: list[TaskMark]
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as simple values."""
        return {**vars(self), "tasks": [task.to_json() for task in self.tasks]}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Mark":
        """Read what `to_json` returned."""
        return cls(**{**raw, "tasks": [TaskMark(**task) for task in raw["tasks"]]})


def no_mark(exercise: Exercise, status: str, *, reason: str = "", **facts: Any) -> Mark:
    """Return the mark of work that is not there or cannot be read: nothing, for every task."""
    tasks = [TaskMark(task.id, 0.0, task.points, "blank") for task in exercise.tasks]
    return Mark(status, "nb", tasks, reason, facts)


def grade_one(
    raw: bytes,
    exercise: Exercise,
    markers: Markers,
    run: Callable[[Cells], Ran],
    *,
    step_seconds: float,
) -> Mark:
    """Grade one notebook.

    Args:
        raw: The file, which may hold anything.
        exercise: What it is a submission of.
        markers: The references.
        run: Runs its cells in the sandbox: `run_cells`, here or elsewhere.
        step_seconds: Time that one cell may take.

    Returns:
        A definite mark, whatever the file holds.

    Raises:
        GradingError: If the sandbox itself cannot start.
    """
    try:
        submission = read_notebook(raw)
    except Unreadable as unreadable:
        return no_mark(exercise, "unreadable", reason=unreadable.reason, **unreadable.facts)
    steps = steps_of(submission, exercise, seconds=step_seconds)
    algebra = _ALGEBRA if any(task.kind == "algebra" for task in exercise.tasks) else ()
    try:
        cells = Cells(steps, submission.lang, (*imports_of(exercise), *algebra))
        outcomes, stops = run(cells)
        queries = markers.small_steps(outcomes, seconds=step_seconds)
        ahead = tuple((_SMALL, databases) for databases in markers.databases.values())
        tries = Cells(queries, submission.lang, ahead=ahead)
        small = run(tries).outcomes if queries else {}
    except Lost as lost:
        return no_mark(exercise, "unmarked", reason="unmarked", error=str(lost))
    try:
        tasks = markers.mark(outcomes, set(stops), small)
    except Exception as error:  # one strange answer must not keep the class from its marks
        why = f"{type(error).__name__}: {error}"[:200]
        return no_mark(exercise, "unmarked", reason="unmarked", error=why)
    for i, task in enumerate(tasks):
        if task.state == "error" and task.facts.get("error") == "OutOfTime":
            stops.setdefault(task.task, "step_time")
        if task.task in stops and task.state in ("blank", "not_reached", "error"):
            tasks[i] = replace(task, state="stopped", facts={"end": stops[task.task]})
    failed = any(task.state == "error" for task in tasks)
    status = "stopped" if stops else "errors" if failed else "ok"
    return Mark(status, submission.lang, tasks, stops=stops)


def run_cells(cells: Cells, *, dataset: Path, limits: Limits, by: str) -> Ran:
    """Run a submission's cells; where one stops the whole run, run again without it.

    Args:
        cells: What to run.
        dataset: The hidden dataset, as students' code may see it.
        limits: What a run may use.
        by: Sandbox: `bwrap`, `unshare` or `none`.

    Raises:
        GradingError: If the sandbox itself cannot start.
    """
    steps, lang = cells.steps, cells.lang
    if cells.ahead:
        found = tries.ask(steps, lang=lang, limits=limits, by=by, ahead=cells.ahead)
        if found is not None:
            return Ran(read_outcomes(found), {})
    outcomes: dict[str, Outcome] = {}
    stops: dict[str, str] = {}
    skipped: set[int] = set()
    began = time.monotonic()
    while True:
        left = limits.total_seconds - (time.monotonic() - began)
        kept = [_skipped(step) if i in skipped else step for i, step in enumerate(steps)]
        run = run_session(
            kept, lang=lang, dataset=dataset, limits=replace(limits, total_seconds=left), by=by,
            modules=cells.modules, ahead=cells.ahead,
        )  # fmt: skip
        outcomes = {**outcomes, **read_outcomes(run.results)}
        if run.end == "done":
            return Ran(outcomes, stops)
        if run.step < 0 and not _works(dataset, limits, by):
            raise GradingError(
                say("grading.sandbox_failed", sandbox=by, said=run.output[-500:] or run.end)
            )
        step = min(max(run.step, 0), len(steps) - 1)  # a student's code may have lied
        at = steps[step].task or ""
        stops[at] = run.end
        out_of_time = run.end == "total_time" or time.monotonic() - began > limits.total_seconds - 5
        if out_of_time or step in skipped or len(skipped) == MOST_SKIPPED:
            left_out = {later.task for later in steps[step:] if later.task and later.label}
            for task in left_out - set(outcomes) - set(stops):
                stops[task] = run.end
            return Ran(outcomes, stops)
        skipped.add(step)


def _skipped(step: Step) -> Step:
    """Return a step that does nothing in a step's place: it leaves no answer of an earlier task."""
    return replace(step, code="pass" if step.code.strip() else "", label=None)


def _works(dataset: Path, limits: Limits, by: str) -> bool:
    """Tell whether the sandbox runs a cell that does nothing."""
    run = run_session([Step("0")], lang="nb", dataset=dataset, limits=limits, by=by)
    return run.end == "done"
