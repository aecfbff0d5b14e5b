"""The small databases of a query: does it hold on them too, and on which does it go wrong?

A dataset, however large, may lack the case that a query forgets. So a build chooses small databases
that tell the solution from wrong answers and mutants (see `labkit.sql.databases`), and a query must
hold on them as well. Nothing of them is secret: students have them in their keys.

Students' queries run here inside a sandbox, in a process without any code of theirs, one class's
after the other (`labkit.grading.runs.tries`); what comes out is text, and is checked before it is
shown.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.errors import GradingError
from labkit.grading.kinds import KINDS
from labkit.grading.plain import NotPlain, plain
from labkit.grading.reference import Reference, Settings
from labkit.grading.runs.session import Step
from labkit.grading.task import Exercise
from labkit.messages import say

if TYPE_CHECKING:
    from labkit.sql.databases import Checker
    from labkit.sql.verdict import Verdict

MOST_TEXT = 20_000  # characters of a query that is tried
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELL = 12, 12, 80
_loaded: "dict[str, Checker]" = {}  # by their JSON text


class Example(NamedTuple):
    """A small database on which a query goes wrong.

    Attributes:
        tables: Its tables by name, those with rows or all if none has, as (columns, rows of text).
        answer: What the query gives, as a table.
        reference: What the task asks for.
    """

    tables: dict[str, Any]
    answer: Any
    reference: Any


def find_example(databases: Mapping[str, Any], query: str, settings: Settings) -> Example | None:
    """Run a query on a task's small databases and return the smallest on which it goes wrong.

    Args:
        databases: As a key holds them.
        query: The student's.
        settings: Of the task: a difference within its tolerance is none.

    Returns:
        The tables as DataFrames, or None where the query holds, fails or cannot be judged: a name
        that is wrong, or a query that does not run, is told by the dataset.
    """
    from labkit.sql.databases import check_on

    return _found(check_on(databases, query), settings)


def _found(found: "Verdict", settings: Settings) -> Example | None:
    example = found.counterexample
    if example is None or found.kind == "columns" or example.answer is None:
        return None
    if _same(example.answer, example.reference, settings):
        return None
    shown = {}
    for name, frame in example.tables.items():
        wanted = [c for c in frame.columns if found.shown is None or c in found.shown]
        shown[name] = frame[wanted or list(frame.columns)]
    return Example(shown, example.answer, example.reference)


def _same(answer: Any, reference: Any, settings: Settings) -> bool:
    try:
        wanted = Reference.of(plain(reference), settings, salt="", work=0)
        return wanted.compare(plain(answer)).same
    except (NotPlain, GradingError):
        return False


def example_text(databases: str, query: str, settings: dict[str, Any]) -> str:
    """Return `find_example` as JSON text, as it leaves a sandbox; `null` without a difference.

    Args:
        databases: As JSON text; those that `load` has loaded need no reading.
        query: The student's.
        settings: Of the task.
    """
    from labkit.sql.databases import Checker

    checker = _loaded.get(databases) or Checker(json.loads(databases))
    found = _found(checker.check(query), Settings.of(settings))
    if found is None:
        return "null"
    tables = {name: _cells(frame) for name, frame in found.tables.items()}
    made = {"tables": tables, "answer": _cells(found.answer), "reference": _cells(found.reference)}
    return json.dumps(made)


def load(databases: str) -> None:
    """Load a task's databases, so that tries forked from this process find them.

    A wrong query is tried as well: what that takes is then there too.
    """
    from labkit.sql.databases import Checker

    checker = _loaded[databases] = Checker(json.loads(databases), kept=True)
    for name in checker.shape:
        example_text(databases, f'SELECT * FROM "{name}"', {})
    nulls = ", ".join(f'NULL AS "{name}"' for name in checker.columns)
    example_text(databases, f"SELECT {nulls}", {})


def read_example(text: str) -> Example | None:
    """Read what `example_text` wrote, believing nothing; None where it is something else."""
    try:
        raw = json.loads(text)
        if raw is None:
            return None
        tables = {str(name)[:_MOST_CELL]: _checked(table) for name, table in raw["tables"].items()}
        if len(tables) > _MOST_COLUMNS:
            return None
        return Example(tables, _checked(raw["answer"]), _checked(raw["reference"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def step_for(databases: str, query: str, settings: Settings, *, task: str, seconds: float) -> Step:
    """Make the step that tries a query in a sandbox and leaves `example_text` as the answer."""
    given = {"databases": databases, "query": query, "settings": settings.to_key()}
    call = f"{__name__}:{example_text.__name__}"
    return Step(call=call, label=task, options=given, task=task, seconds=seconds)


def databases_of(exercise: Exercise) -> dict[str, dict[str, Any]]:
    """Read the small databases of an exercise's queries from the key that its build made.

    Returns:
        By task; nothing where the exercise has not been built.

    Raises:
        GradingError: If the key cannot be read.
    """
    path = exercise.path.parent.parent / "exercises" / "keys" / f"{exercise.name}.json"
    if not path.is_file():
        return {}
    try:
        items = json.loads(path.read_text(encoding="utf-8"))["tasks"]
        kinds = {task.id: task.kind for task in exercise.tasks}
        return {
            task: item["databases"]
            for task, item in items.items()
            if item.get("databases") and kinds.get(task) == item["kind"]
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise GradingError(say("grading.small_unread", path=path)) from None


def without_databases(exercises: Iterable[Exercise]) -> list[str]:
    """List the queries that no small database is there for."""
    found = []
    for exercise in exercises:
        there = databases_of(exercise)
        queries = [task.id for task in exercise.tasks if KINDS[task.kind].database]
        found += [task for task in queries if task not in there]
    return found


def _cells(frame: Any) -> list[Any]:
    rows = [
        [None if _is_null(cell) else _text(cell) for cell in row[:_MOST_COLUMNS]]
        for row in frame.head(_MOST_ROWS).astype(object).itertuples(index=False, name=None)
    ]
    return [[str(name)[:_MOST_CELL] for name in frame.columns[:_MOST_COLUMNS]], rows]


def _text(cell: Any) -> str:
    # midnight is the day alone, as in Plain
    return str(cell).removesuffix(" 00:00:00")[:_MOST_CELL]


def _is_null(cell: Any) -> bool:
    return cell is None or cell != cell or type(cell).__name__ in ("NaTType", "NAType")


def _checked(table: Any) -> list[Any]:
    columns, rows = table
    texts = [*columns, *(cell for row in rows for cell in row if cell is not None)]
    sound = (
        len(columns) <= _MOST_COLUMNS
        and len(rows) <= _MOST_ROWS
        and all(len(row) == len(columns) for row in rows)
        and all(isinstance(text, str) and len(text) <= _MOST_CELL for text in texts)
    )
    if not sound:
        raise ValueError
    return [list(columns), [list(row) for row in rows]]
