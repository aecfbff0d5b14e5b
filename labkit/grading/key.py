"""Make the key of an exercise from its solutions: what an instant check needs, and no answer.

The solutions run in the order of the notebook on the class dataset, twice, and every planted wrong
answer runs after its task's solution would have. The key holds digests.

What a key withholds, and what it does not. It holds no solution, no answer of the class dataset, no
text of a rubric's reader and no seed; so nobody comes upon an answer by opening it. It is no safe:

- Salts stand in the key. One guess at a lone number costs about 10 ms, so a count below 1,000 is
  found in 10 s. A row of a table of n rows costs an n-th part of that: where few values are
  possible it is found at once. Whoever can write that program can do the task.
- Names and types of an answer's columns, the number of its rows, all hints, inputs of functions,
  bugs that tests should catch, and small databases with what is expected on them lie open.
- Everybody who has the kit can make the class dataset with its truth, `labkit generate`.

So a key protects learning, not marks. Marks rest on data and inputs that are drawn when a class is
graded (`labkit.grading.hidden`): a number taken from a key is wrong there, and so is a neighbour's
where each student has a dataset of their own (`labkit.grading.release`).
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import BuildError, GradingError
from labkit.grading.caught import caught_note, share_note
from labkit.grading.kinds import kind_of, prepared
from labkit.grading.plain import MAX_ROWS, NotPlain, Plain
from labkit.grading.reference import prints
from labkit.grading.runs.session import Step, job_of
from labkit.grading.runs.warm import Order, Streams, begin
from labkit.grading.task import Exercise, Task
from labkit.grading.words import refusal_text
from labkit.messages import LANGUAGES, language, say

if TYPE_CHECKING:
    from labkit.sql.databases import Databases

FORMAT = 1
MOST_PARTS = 10 * MAX_ROWS  # lists and objects in one result: read, they weigh far more than text
SECONDS = 600  # for one pass over the solutions and wrong answers
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, OSError, GradingError)
_REASON = re.compile(r"[a-z_]+(\.[a-z_]+)?")
_IMPORT = re.compile(r"(?:from ([\w.]+) )?import ([\w., ]*)")


@dataclass(frozen=True)
class Outcome:
    """What came out of one step: an answer, or why there is none."""

    state: str  # "answer", "blank", "refused", "error", "missing"
    answer: Plain | None = None
    text: str | None = None
    reason: str = ""
    facts: dict[str, str] = field(default_factory=dict)


def make_key(
    exercise: Exercise, *, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Run the solutions and wrong answers of an exercise and digest what they give.

    Args:
        exercise: The exercise, as read from its source.
        tell: Called with what the author should know: what the small databases of queries catch.

    Returns:
        A key of simple values for `exercises/keys/NAME.json`; the same for the same source, kit and
        dataset.

    Raises:
        BuildError: With file and line: if a solution fails, gives no plain answer, or not the same
            twice; if a wrong answer fails or passes; if two wrong answers with different hints
            cannot be told from each other.
    """
    for task in exercise.tasks:
        _check_settings(exercise, task)
    exercise = prepared(exercise)
    first, second = run_author(exercise, datasets=[None, None])
    tasks = {task.id: _task_key(exercise, task, first, second) for task in exercise.tasks}
    shares = []
    for task in exercise.tasks:
        query = first[task.id].text
        if not kind_of(task.kind).database or query is None:
            continue
        wrong = [first[f"{task.id} wrong {i}"].text or "" for i, _ in enumerate(task.wrong)]
        found = _databases(task, query, wrong)
        tasks[task.id]["databases"] = found.data if found else None
        for line in caught_note(exercise, task, found, query, wrong):
            tell(line)
        if found:
            made = len(found.mutants)
            shares.append((task.id, made - len(found.survivors), made))
    if shares:
        tell(share_note(shares))
    return {
        "format": FORMAT,
        "exercise": exercise.name,
        "module": exercise.module,
        "tasks": tasks,
    }


def rekey(
    key: dict[str, Any], exercise: Exercise, dataset: Path
) -> tuple[dict[str, Any], dict[str, Outcome]]:
    """Make the key of an exercise for another dataset.

    Args:
        key: As `make_key` made it: tiny databases of queries hold for any dataset and are kept.
        exercise: The same exercise.
        dataset: Folder of the dataset.

    Returns:
        The key, and the solution's answers by task. A wrong answer that this dataset cannot tell
        from the solution, or from another wrong answer, loses its hint.

    Raises:
        BuildError: If a solution gives no answer on this dataset.
    """
    exercise = prepared(exercise)
    outcomes = run_author(exercise, datasets=[dataset])[0]
    tasks, answers = {}, {}
    for task in exercise.tasks:
        kind, salt = kind_of(task.kind), task_salt(exercise, task)
        outcome = answers[task.id] = outcomes.get(task.id, Outcome("missing"))
        if outcome.answer is None:
            raise BuildError(
                say(
                    "author.other_dataset",
                    path=exercise.path,
                    line=task.line,
                    task=task.id,
                    why=_why(outcome),
                )
            )
        reference = kind.refer(outcome.answer, task.settings, salt=salt)
        settings, seen, known = kind.split(task.settings)[0], set[str](), []
        for i, wrong in enumerate(task.wrong):
            came = outcomes.get(f"{task.id} wrong {i}", Outcome("missing")).answer
            if came is None or reference.compare(came).same:
                continue
            marks = prints(came, settings, salt=salt, around=True)
            if marks.isdisjoint(seen):
                known.append({"prints": sorted(marks), "nb": wrong.nb, "en": wrong.en})
            seen |= marks
        changed = {"reference": reference.to_key(), "known": known}
        tasks[task.id] = {**key["tasks"][task.id], **changed}
    return {**key, "tasks": tasks}, answers


def author_steps(exercise: Exercise, *, wrong: bool) -> list[Step]:
    """List the steps of the solved notebook, with the wrong answers if asked."""
    by_id = {task.id: task for task in exercise.tasks}
    steps: list[Step] = []
    for cell in exercise.cells:
        if cell.kind != "code" or cell.role in ("wrong", "check"):
            continue
        if cell.role != "task":
            steps.append(Step(cell.source, seconds=SECONDS))
            continue
        task = by_id[str(cell.task)]
        options = kind_of(task.kind).split(task.settings)[1]
        shared: dict[str, Any] = {
            "name": task.answer,
            "kind": task.kind,
            "options": options,
            "task": task.id,
        }
        truth = {"name": kind_of(task.kind).author} if _sets_reference(task) else {}
        steps.append(Step(task.solution, label=task.id, seconds=60, **shared | truth))
        if truth:
            steps.append(Step(label=f"{task.id} solution", seconds=60, **shared))
        if wrong:
            steps += [
                Step(w.code, label=f"{task.id} wrong {i}", aside=True, seconds=60, **shared)
                for i, w in enumerate(task.wrong)
            ]
    return steps


def _sets_reference(task: Task) -> bool:
    name = kind_of(task.kind).author
    return bool(name) and bool(re.search(rf"^{name}\b.*=", task.solution, re.MULTILINE))


def run_author(
    exercise: Exercise, *, datasets: Sequence[Path | None], wrong: bool = True
) -> list[dict[str, Outcome]]:
    """Run the author's code in processes of its own, side by side, and read the answers.

    Args:
        exercise: The exercise.
        datasets: One for each run; None for the dataset that `labkit.connect` opens by itself.
        wrong: Whether to run the wrong answers too.
    """
    steps = author_steps(exercise, wrong=wrong)
    with tempfile.TemporaryDirectory(prefix="labkit-key-") as folder:
        job = Path(folder, "job.json")
        job.write_bytes(job_of(steps, lang="nb", load=False))
        running = []
        try:
            for i, dataset in enumerate(datasets):
                environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONHASHSEED": str(i + 1)}
                if dataset:
                    environment["LABKIT_DATA"] = str(dataset)
                order = Order(folder, environment, modules=imports_of(exercise))
                with (
                    open(job, "rb") as given,
                    open(Path(folder, f"{i}.jsonl"), "wb") as results,
                    open(Path(folder, f"{i}.log"), "wb") as log,
                ):
                    streams = Streams(given.fileno(), results.fileno(), log.fileno())
                    running.append(begin(order, streams, hash_seed=i + 1))
            outcomes = []
            for i, run in enumerate(running):
                if not run.wait(SECONDS):
                    raise BuildError(say("author.slow", path=exercise.path, seconds=SECONDS))
                if run.status:
                    log_text = Path(folder, f"{i}.log").read_text(errors="replace")[-2000:]
                    raise BuildError(say("author.died", path=exercise.path, log=log_text))
                written = Path(folder, f"{i}.jsonl").read_text(encoding="utf-8")
                outcomes.append(read_outcomes(written))
        finally:
            for run in running:
                run.kill()
    return outcomes


def imports_of(exercise: Exercise) -> tuple[str, ...]:
    """List the modules that an exercise's own code imports: what its runs are to share."""
    code = [cell.source for cell in exercise.cells if cell.kind == "code"]
    found: dict[str, None] = {}
    for source in [*code, *(task.solution for task in exercise.tasks)]:
        for line in source.splitlines():
            match = _IMPORT.match(line)
            if match is None:
                continue
            names = [name.split(" as ")[0].strip() for name in match[2].split(",")]
            home = match[1]
            for name in [home, *(f"{home}.{name}" for name in names)] if home else names:
                found[name] = None
    return tuple(found)


def read_outcomes(text: str) -> dict[str, Outcome]:
    """Read the results of a session, believing nothing; a broken line is passed over."""
    outcomes = {}
    for line in text.splitlines():
        if line.count("[") + line.count("{") > MOST_PARTS:
            continue
        try:
            raw = json.loads(line)
            label, state = raw["label"], raw["state"]
            if not isinstance(label, str) or label in outcomes:
                continue
            if state == "answer":
                written = raw["text"] if isinstance(raw["text"], str) else None
                outcomes[label] = Outcome("answer", Plain.from_json(raw["answer"]), written)
            elif state == "refused":
                facts = {str(k): str(v)[:500] for k, v in raw["facts"].items()}
                reason = str(raw["reason"])
                if _REASON.fullmatch(reason):
                    refusal_text(NotPlain(reason, **facts), "nb")  # there are words for it
                    outcomes[label] = Outcome("refused", reason=reason, facts=facts)
            elif state == "error":
                outcomes[label] = Outcome("error", reason=str(raw["error"])[:500])
            elif state == "blank":
                outcomes[label] = Outcome("blank")
        except _BROKEN:
            continue
    return outcomes


def task_salt(exercise: Exercise, task: Task) -> str:
    """Return the salt of a task: the same at every build, shared with no other task."""
    return f"labkit {exercise.name} {task.id}"


def _check_settings(exercise: Exercise, task: Task) -> None:
    from labkit.grading.rubric import is_read, rubric_of

    try:
        kind_of(task.kind).split(task.settings)
        if is_read(task):
            rubric_of(task)
    except GradingError as error:
        raise BuildError(
            say("author.at", path=exercise.path, line=task.line, task=task.id, text=error)
        ) from None


def _task_key(
    exercise: Exercise, task: Task, first: dict[str, Outcome], second: dict[str, Outcome]
) -> dict[str, Any]:
    def fault(line: int, text: str) -> BuildError:
        return BuildError(say("author.at", path=exercise.path, line=line, task=task.id, text=text))

    kind, salt = kind_of(task.kind), task_salt(exercise, task)
    settings, options = kind.split(task.settings)
    outcome = first.get(task.id, Outcome("missing"))
    if outcome.answer is None:
        raise fault(task.line, say("author.no_answer", why=_why(outcome)))
    try:
        reference = kind.refer(outcome.answer, task.settings, salt=salt)
    except GradingError as error:
        raise fault(task.line, str(error)) from None
    again = second.get(task.id, Outcome("missing")).answer
    if again is None or not (kind.written or reference.compare(again).same):
        raise fault(task.line, say("author.unsteady"))
    own = first.get(f"{task.id} solution")
    if own and (own.answer is None or not reference.compare(own.answer).same):
        raise fault(task.line, say("author.own_fails", why=_why(own)))
    known: list[dict[str, Any]] = []
    for i, wrong in enumerate(task.wrong):
        came = first.get(f"{task.id} wrong {i}", Outcome("missing"))
        if came.answer is None:
            raise fault(wrong.line, say("author.wrong_silent", why=_why(came)))
        if reference.compare(came.answer).same:
            raise fault(
                wrong.line,
                say("author.wrong_passes"),
            )
        marks = prints(came.answer, settings, salt=salt, around=True)
        hints = {"nb": wrong.nb, "en": wrong.en}
        for earlier, other in zip(known, task.wrong, strict=False):
            told_apart = marks.isdisjoint(earlier["prints"])
            if not told_apart and any(earlier[lang] != hints[lang] for lang in LANGUAGES):
                raise fault(
                    wrong.line,
                    say("author.wrong_alike", line=other.line),
                )
        known.append({"prints": sorted(marks), **hints})
    made = {
        "kind": task.kind,
        "points": task.points,
        "answer": task.answer,
        "reference": reference.to_key(),
        "known": known,
    }
    if options:
        made["options"] = options
    return made


def _databases(task: Task, reference: str, wrong: list[str]) -> "Databases | None":
    """Choose the small databases of a query, or none where it asks for more than tables."""
    from sqlalchemy import MetaData

    from labkit.schema import LAYERS
    from labkit.sql import SqlError
    from labkit.sql.databases import databases_for

    tables = MetaData()
    for layer, metadata in LAYERS.items():
        for table in metadata.sorted_tables if layer != "truth" else ():
            table.to_metadata(tables)
    settings = kind_of(task.kind).split(task.settings)[0]
    ordered = None if settings.order else False  # else the reference's ORDER BY asks for nothing
    try:
        return databases_for(reference, wrong, tables, ordered=ordered, accept=task.accept)
    except SqlError:
        return None


def _why(outcome: Outcome) -> str:
    if outcome.state == "refused":
        return refusal_text(NotPlain(outcome.reason, **outcome.facts), language())
    return outcome.reason or outcome.state
