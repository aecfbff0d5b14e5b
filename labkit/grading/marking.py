"""Turn what a run has written into marks. Only reads plain data: no code of a student's runs here.

A task earns its points in full when no difference is found; 80 % when only the order is off; 70 %
of the share of rows that are right when some are; nothing for form alone, nor for an answer that
holds on the class dataset but not on the hidden one.
"""

import copy
from dataclasses import asdict, dataclass, field
from typing import Any

from labkit.grading.key import Outcome
from labkit.grading.kind_words import RUNGS, shown_facts
from labkit.grading.kinds import Compared, kind_of
from labkit.grading.plain import Plain
from labkit.grading.reference import Difference, prints
from labkit.grading.task import Exercise, Task

_RICH = 4  # letters and digits that an answer must have to tell one student from another


@dataclass(frozen=True)
class TaskMark:
    """What one task has earned and why.

    Attributes:
        state: `same`, `differs`, `class_data`, `blank`, `refused`, `error`, `not_reached`.
        rung: Of the ladder, when `differs`.
        facts: What the words need; nothing of the hidden dataset.
        hint: Place of the known wrong answer that this is, or None.
        trace: Digest of a wrong answer that is too rich to agree with another's by chance.
    """

    task: str
    points: float
    max_points: float
    state: str
    rung: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    hint: int | None = None
    trace: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as simple values."""
        return asdict(self)


class Markers:
    """References of one exercise on the hidden and on the class dataset, as digests."""

    def __init__(
        self, exercise: Exercise, hidden: dict[str, Outcome], known: dict[str, Outcome]
    ) -> None:
        self.exercise = exercise
        self._hidden = {t.id: _reference(t, hidden) for t in exercise.tasks}
        self._class = {t.id: _reference(t, known) for t in exercise.tasks}
        self._wrong = {
            t.id: [
                _prints(t, hidden.get(f"{t.id} wrong {i}"), around=True)
                for i, _ in enumerate(t.wrong)
            ]
            for t in exercise.tasks
        }

    def with_class(self, known: dict[str, Outcome]) -> "Markers":
        """Return the same markers for a student whose own dataset is another than the class's."""
        made = copy.copy(self)
        made._class = {
            task.id: _reference(task, known) if task.id in known else self._class[task.id]
            for task in self.exercise.tasks
        }
        return made

    def mark(self, outcomes: dict[str, Outcome], not_run: set[str]) -> list[TaskMark]:
        """Mark every task of a submission.

        Args:
            outcomes: Answers by label, as read from a run.
            not_run: Tasks whose cells were never begun, or stopped the run.
        """
        return [
            self._task(task, _last(outcomes, task.id), task.id in not_run)
            for task in self.exercise.tasks
        ]

    def _task(self, task: Task, outcome: Outcome, not_run: bool) -> TaskMark:
        if outcome.answer is None:
            state = "not_reached" if outcome.state == "missing" and not_run else outcome.state
            state = "blank" if state == "missing" else state
            facts = {"error": outcome.reason} if state == "error" else dict(outcome.facts)
            return TaskMark(task.id, 0.0, task.points, state, outcome.reason, facts)
        kind = kind_of(task.kind)
        kept: dict[str, Any] = {"written": outcome.text} if kind.kept and outcome.text else {}
        if kept and task.kind == "choice":
            kept["chosen"] = [str(row[0]) for row in outcome.answer.rows]
        difference = self._hidden[task.id].compare(outcome.answer)
        if kind.written:
            return TaskMark(task.id, 0.0, task.points, "written", facts=kept)
        if difference.same:
            return TaskMark(task.id, task.points, task.points, "same", facts=kept)
        if self._class[task.id].compare(outcome.answer).same:
            return TaskMark(task.id, 0.0, task.points, "class_data", facts=kept)
        came = _prints(task, outcome, around=False)
        hint = next((i for i, known in enumerate(self._wrong[task.id]) if came & known), None)
        points = round(task.points * earned(difference), 2)
        facts = without_hidden(difference) | kept
        trace = next(iter(trace_of(task, outcome.answer)), "")
        return TaskMark(
            task.id, points, task.points, "differs", difference.rung, facts, hint, trace
        )


def trace_of(task: Task, answer: Plain, *, around: bool = False) -> frozenset[str]:
    """Digest an answer that would seldom agree with another's by chance; nothing of a poor one.

    Args:
        task: Its task.
        answer: The answer.
        around: Of a lone number, every bucket that it may fall in with the task's tolerance.
    """
    cells = [c for row in answer.rows for c in row if c is not None and not isinstance(c, bool)]
    digits = sum(len(str(c).strip("-0.").replace(".", "")) for c in cells)
    if task.kind in ("choice", "text", "tests") or digits < _RICH:
        return frozenset()
    settings = kind_of(task.kind).split(task.settings)[0]
    return prints(answer, settings, salt=f"trace {task.id}", around=around, work=1)


def earned(difference: Difference) -> float:
    """Return the share of a task's points that a difference leaves, from 0 to 1."""
    return difference.share


def without_hidden(difference: Difference) -> dict[str, Any]:
    """Return the facts of a difference, less all that would show the hidden dataset."""
    if difference.rung in RUNGS:
        return shown_facts(difference)
    shown = {
        k: v
        for k, v in difference.facts.items()
        if k not in ("row", "off", "matched", "doubled", "asked", "came", "number")
    }
    if difference.rung in ("type", "types", "column_count"):
        shown |= {k: difference.facts[k] for k in ("asked", "came")}
    if difference.rung == "rows":
        shown["more"] = difference.facts["came"] > difference.facts["asked"]
    return shown


def _reference(task: Task, outcomes: dict[str, Outcome]) -> Compared:
    answer = outcomes[task.id].answer
    assert answer is not None
    return kind_of(task.kind).refer(answer, task.settings, salt=task.id, work=1)


def _prints(task: Task, outcome: Outcome | None, *, around: bool) -> frozenset[str]:
    answer: Plain | None = outcome.answer if outcome else None
    if answer is None:
        return frozenset()
    settings = kind_of(task.kind).split(task.settings)[0]
    return prints(answer, settings, salt=task.id, around=around, work=1)


def _last(outcomes: dict[str, Outcome], task: str) -> Outcome:
    """Return the last answer that was taken for a task, else why there is none."""
    label, found = task, []
    while label in outcomes:
        found.append(outcomes[label])
        label += " again"
    answered = [outcome for outcome in found if outcome.answer is not None]
    return (answered or found or [Outcome("missing")])[-1]
