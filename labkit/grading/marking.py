"""Turn what a run has written into marks. Only reads plain data: no code of a student's runs here.

A task earns its points in full when no difference is found, of a query on small databases too; 80 %
when only those tell it from the solution, or only the order is off; 70 % of the share of rows that
are right when some are; nothing for form alone, nor for an answer that holds on the class dataset
but not on the hidden one.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from labkit.errors import GradingError
from labkit.grading.key import Outcome
from labkit.grading.kinds import Compared, kind_of
from labkit.grading.kinds.words import RUNGS, shown_facts
from labkit.grading.plain import Plain
from labkit.grading.reference import SMALL, Difference, Settings, prints
from labkit.grading.runs.session import Step
from labkit.grading.small import MOST_TEXT, find_example, read_example, step_for
from labkit.grading.task import Exercise, Task
from labkit.messages import say

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
    """References of one exercise on the hidden and on the class dataset, as digests.

    Attributes:
        databases: Small databases of queries, by task, as JSON text.

    Args:
        exercise: The exercise.
        hidden: The author's answers on the hidden dataset, wrong ones too.
        known: Those on the class dataset.
        databases: Small databases of queries, by task; see `labkit.grading.small`.

    Raises:
        GradingError: If a solution goes wrong on its own small databases: they are of another.
    """

    def __init__(
        self,
        exercise: Exercise,
        hidden: dict[str, Outcome],
        known: dict[str, Outcome],
        databases: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        databases = databases or {}
        self.exercise = exercise
        self.databases = {task: json.dumps(each) for task, each in databases.items()}
        for task in exercise.tasks:
            text = known[task.id].text if task.id in databases else None
            if text and find_example(databases[task.id], text, _settings(task)):
                raise GradingError(
                    say("grading.small_other", path=exercise.path, line=task.line, task=task.id)
                )
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

    def small_steps(self, outcomes: dict[str, Outcome], *, seconds: float) -> list[Step]:
        """List the steps that try a submission's queries on small databases, in a run of its own.

        Args:
            outcomes: Answers by label, as read from a run.
            seconds: Time for one query.
        """
        found = []
        for task in self.exercise.tasks:
            outcome = _last(outcomes, task.id)
            query = outcome.text if outcome.answer is not None else None
            if query and task.id in self.databases and len(query) <= MOST_TEXT:
                databases = self.databases[task.id]
                found.append(
                    step_for(databases, query, _settings(task), task=task.id, seconds=seconds)
                )
        return found

    def mark(
        self,
        outcomes: dict[str, Outcome],
        not_run: set[str],
        small: Mapping[str, Outcome] | None = None,
    ) -> list[TaskMark]:
        """Mark every task of a submission.

        Args:
            outcomes: Answers by label, as read from a run.
            not_run: Tasks whose cells were never begun, or stopped the run.
            small: What the run of `small_steps` wrote.
        """
        return [
            _with_example(
                self._task(task, _last(outcomes, task.id), task.id in not_run),
                (small or {}).get(task.id),
            )
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


def _with_example(mark: TaskMark, tried: Outcome | None) -> TaskMark:
    """Add the small database on which a query goes wrong; one that seemed right is not quite."""
    if tried is None or tried.answer is None or tried.answer.kind != "text":
        return mark
    example = read_example(str(tried.answer.rows[0][0]))
    if example is None or mark.state not in ("same", "differs"):
        return mark
    facts = {**mark.facts, "example": example._asdict()}
    if mark.state == "differs":
        return replace(mark, facts=facts)
    points = round(SMALL * mark.max_points, 2)
    return replace(mark, points=points, state="differs", rung="small", facts=facts)


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
    return prints(answer, _settings(task), salt=f"trace {task.id}", around=around, work=1)


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
    return kind_of(task.kind).refer(answer, task.settings, salt=task.id, work=0)


def _prints(task: Task, outcome: Outcome | None, *, around: bool) -> frozenset[str]:
    answer: Plain | None = outcome.answer if outcome else None
    if answer is None:
        return frozenset()
    return prints(answer, _settings(task), salt=task.id, around=around, work=1)


def _settings(task: Task) -> Settings:
    return kind_of(task.kind).split(task.settings)[0]


def _last(outcomes: dict[str, Outcome], task: str) -> Outcome:
    """Return the last answer that was taken for a task, else why there is none."""
    label, found = task, []
    while label in outcomes:
        found.append(outcomes[label])
        label += " again"
    answered = [outcome for outcome in found if outcome.answer is not None]
    return (answered or found or [Outcome("missing")])[-1]
