"""The tiny databases of a task: chosen by its author's build, shipped with it, used for feedback.

Each holds the rows of its tables and what the reference gives on them, as plain data for JSON. The
reference itself is not among them.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import sqlalchemy as sa

from labkit.errors import DataError
from labkit.messages import say
from labkit.sql.choosing import PATIENCE, Chooser
from labkit.sql.comparison import bare
from labkit.sql.engine import Engine, Failed, Instance, Rows
from labkit.sql.errors import SqlError
from labkit.sql.explain import explain
from labkit.sql.guard import guard
from labkit.sql.literals import read_literals
from labkit.sql.mutation import Mutant, mutants
from labkit.sql.order import sort_keys
from labkit.sql.result import Difference, counted, in_order, match_columns, plain
from labkit.sql.search import ENGINE, size_of
from labkit.sql.shape import Field, Relation, Shape, shape_of
from labkit.sql.verdict import Counterexample, Verdict

_SECONDS = 2.0


@dataclass(frozen=True)
class Databases:
    """Tiny databases with the results expected on them.

    Attributes:
        data: Plain data for JSON: `tables`, `ordered`, `shown`, `databases`.
        mutants: Mutants of the reference that run.
        survivors: Those of them that no database tells from the reference: equal to it, or a
            mistake that goes unseen. The author accepts them or adds a wrong answer.
        missed: Wrong answers that no database tells from the reference.
    """

    data: dict[str, Any]
    mutants: tuple[Mutant, ...] = ()
    survivors: tuple[Mutant, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def caught(self) -> float:
        """Share of the mutants that are caught, 0 to 1; 1 when there are none."""
        return 1 - len(self.survivors) / len(self.mutants) if self.mutants else 1.0


def databases_for(
    reference: str,
    wrong: Sequence[str],
    metadata: sa.MetaData,
    *,
    seed: int = 0,
    ordered: bool | None = None,
    tries: int = 6000,
    accept: Collection[str] = (),
) -> Databases:
    """Choose few tiny databases that tell wrong answers and mutants from the reference.

    Args:
        reference: The query that is right.
        wrong: Wrong answers; those that do not run need no database.
        metadata: The tables that they use.
        seed: Of the databases; the same seed chooses the same.
        ordered: Whether order matters; None if it does when the reference ends in ORDER BY.
        tries: Databases to try for each wrong answer and mutant.
        accept: Mutants that the author holds for right, by their `id`: not searched for.

    Returns:
        The databases, with what they do not catch.

    Raises:
        SqlError: If the reference is no query on these tables.
    """
    guard(reference)
    reference, wrong = bare(reference), [bare(text) for text in wrong]
    shape = shape_of(metadata, [reference, *wrong])
    sorting = None if ordered is False else sort_keys(reference)
    made = mutants(reference)
    with Engine(shape, seconds=PATIENCE) as engine:
        chooser = Chooser(engine, reference, metadata, seed=seed, ordered=ordered, tries=tries)
        running = chooser.running([*wrong, *(mutant.sql for mutant in made)])
        runs = [mutant for mutant in made if mutant.sql in running]
        rivals = [text for text in wrong if text in running] + [mutant.sql for mutant in runs]
        chooser.choose(
            rivals,
            {mutant.sql for mutant in runs if mutant.id in accept},
            [mutant.sql for mutant in runs if mutant.kind == "condition"],
        )
        kept = chooser.fewest(rivals) + chooser.general()
        solved = [_solve(engine, one, sorting.query if sorting else reference) for one in kept]
        names = engine.bind(reference)
    said = read_literals([reference, *wrong]).names
    data = {
        "tables": {
            name: [[f.name, f.kind, f.type] for f in relation.fields]
            for name, relation in shape.items()
        },
        "shown": None if said is None else sorted(said),
        "ordered": sorting is not None,
        "columns": names,
        "databases": [
            {
                "rows": {
                    name: [[_out(v) for v in row] for row in rows] for name, rows in one.items()
                },
                "expected": [[_out(v) for v in row[: len(names)]] for row in rows],
                "ties": _ties([sorting.key(row) for row in rows]) if sorting else [],
            }
            for one, rows in sorted(zip(kept, solved, strict=True), key=lambda x: size_of(x[0]))
            if rows is not None
        ],
    }
    alive = chooser.alive(rivals)
    return Databases(
        data,
        tuple(runs),
        tuple(mutant for mutant in runs if mutant.sql in alive),
        tuple(text for text in wrong if text in alive),
    )


def _solve(engine: Engine, instance: Instance, query: str) -> Rows | None:
    try:
        return engine.one(instance, query)[1]
    except Failed:
        return None


def _ties(keys: Sequence[tuple[Any, ...]]) -> list[int]:
    """Number the rows so that rows with equal sort keys beside each other share a number.

    Examples:
        >>> _ties([(3,), (3,), (1,)])
        [0, 0, 1]
    """
    found: list[int] = []
    for n, key in enumerate(keys):
        found.append(0 if n == 0 else found[-1] + (key != keys[n - 1]))
    return found


def _out(value: Any) -> Any:
    """Write a value as JSON has it; times and odd numbers in a box that says what they are."""
    value = plain(value)
    if isinstance(value, datetime):
        return {"time": value.isoformat(sep=" ")}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if isinstance(value, tuple):
        return [_out(v) for v in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        if "time" in value:
            return datetime.fromisoformat(value["time"])
        if "seconds" in value:
            return timedelta(seconds=value["seconds"])
        return float(value["number"])
    return tuple(_in(v) for v in value) if isinstance(value, list) else value


def check_on(databases: Databases | Mapping[str, Any], text: str) -> Verdict:
    """Run a student's query on the tiny databases of a task.

    Args:
        databases: From `databases_for`, or its `data`, as it came back from JSON.
        text: The query.

    Returns:
        A `Verdict` with the smallest database on which the query goes wrong. `databases` is 0,
        without a difference, when the query uses a table that the tiny databases lack: then they
        cannot judge it.

    Raises:
        DataError: If `databases` is not what `databases_for` made.
    """
    return Checker(databases.data if isinstance(databases, Databases) else databases).check(text)


class Checker:
    """The databases of one task, to try queries on.

    Args:
        data: What `databases_for` made of them.
        kept: Whether they are loaded at once, for many queries.

    Raises:
        DataError: If it is something else.
    """

    def __init__(self, data: Mapping[str, Any], *, kept: bool = False) -> None:
        try:
            self._read(data)
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            raise DataError(say("sql.databases_no_use", said=repr(error))) from None
        self.engine = Engine(self.shape, seconds=_SECONDS, kept=kept)
        if kept:
            self._load()

    def _read(self, data: Mapping[str, Any]) -> None:
        self.shape: Shape = {
            name: Relation(
                name, tuple(Field(n, kind, type_, True) for n, kind, type_ in fields), (), ()
            )
            for name, fields in data["tables"].items()
        }
        self.columns: list[str] = list(data["columns"])
        self.ordered = bool(data["ordered"])
        self.shown = None if data["shown"] is None else frozenset(data["shown"])
        self.databases = [
            (
                {name: [_in(row) for row in rows] for name, rows in one["rows"].items()},
                [_in(row) for row in one["expected"]],
                [(n,) for n in one["ties"]],
            )
            for one in data["databases"]
        ]

    def _load(self) -> None:
        self.engine.load([instance for instance, _, _ in self.databases])

    def check(self, text: str) -> Verdict:
        """Run a student's query on them; see `check_on`."""
        try:
            guard(text)
        except SqlError as error:
            return Verdict(True, "error", engine=ENGINE, error=str(error))
        with self.engine:
            return self._check(bare(text))

    def _check(self, text: str) -> Verdict:
        rows = self._at_once(text)
        try:
            given = self.engine.bind(text)
        except duckdb.Error as error:
            found = explain(error, text, self.engine.con)
            if found.kind == "table":
                return Verdict(False, engine=ENGINE)
            return Verdict(True, "error", engine=ENGINE, error=str(found))
        places = match_columns(given, self.columns)
        suspects = self._suspects(places, rows)
        for n, (instance, wanted, ties) in enumerate(self.databases, start=1):
            kind = None
            if n - 1 in suspects:
                kind = self._judge(text, instance, wanted, ties, places)
            if kind:
                return self._verdict(text, kind, instance, wanted, n)
        return Verdict(False, databases=len(self.databases), engine=ENGINE)

    def _at_once(self, text: str) -> list[Rows | None] | None:
        """Run a query on all databases in one execution; None where that cannot be."""
        if self.ordered or not self.databases:
            return None
        if not self.engine.loaded:
            self._load()
        return self.engine.at_once(text)

    def _suspects(self, places: list[int] | None, found: list[Rows | None] | None) -> set[int]:
        """Return the databases to look at one by one: all but those known to agree."""
        if places is None or found is None:
            return set(range(len(self.databases)))
        return {
            n
            for n, (_, wanted, _) in enumerate(self.databases)
            if (given := found[n]) is None or counted(given, places) != counted(wanted)
        }

    def _judge(
        self, text: str, instance: Instance, wanted: Rows, ties: Rows, places: list[int] | None
    ) -> Difference | None:
        if places is None:
            return "columns" if wanted or instance is self.databases[-1][0] else None
        try:
            given = self.engine.one(instance, text)[1]
        except Failed:
            return "error"
        if counted(given, places) != counted(wanted):
            return "rows"
        if self.ordered and not in_order(given, wanted, ties, places):
            return "order"
        return None

    def _verdict(
        self, text: str, kind: Difference, instance: Instance, wanted: Rows, tried: int
    ) -> Verdict:
        answer, error = None, ""
        try:
            answer = self.engine.frame(instance, text)
        except duckdb.Error as problem:
            error = str(explain(problem, text, self.engine.con))
        tables = {
            name: self.engine.frame(instance, f'SELECT * FROM "{name}"') for name in self.shape
        }
        reference = pd.DataFrame([list(row) for row in wanted], columns=self.columns)
        names = read_literals([text]).names
        shown = None if self.shown is None or names is None else self.shown | names
        return Verdict(
            True, kind, Counterexample(tables, answer, reference), tried, 0, ENGINE, error, shown
        )
