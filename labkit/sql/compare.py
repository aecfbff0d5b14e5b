"""Find the smallest database on which two queries give different results."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pandas as pd
import sqlalchemy as sa

from labkit.sql.engine import Engine, Failed, Instance, Rows
from labkit.sql.errors import SqlError
from labkit.sql.explain import explain
from labkit.sql.guard import guard
from labkit.sql.instances import Generator
from labkit.sql.order import SortKeys, sort_keys
from labkit.sql.result import Difference, counted, in_order, match_columns
from labkit.sql.shape import shape_of
from labkit.sql.shrink import shrink

DATABASES = 1_000  # tiny databases to try before giving up
_BATCHES = (40, 100, 200, 300, 360)
_MAY_DEPEND_ON_ORDER = re.compile(
    r"\b(limit|offset|fetch|over|first|last|any_value|arbitrary|mode|list|array|rowid|sample"
    r"|\w+_agg|group_concat|arg_\w+|\w+_by|first_value|last_value)\b|\bdistinct\s+on\b",
    re.IGNORECASE,
)
_CONFIRM = 6  # candidates of a batch that are run one by one


@dataclass(frozen=True)
class Counterexample:
    """A tiny database on which the answer goes wrong.

    Attributes:
        tables: Its tables, whole, by name; foreign keys between them hold.
        answer: What the answer gives on it; None if it fails.
        reference: What the reference gives.
    """

    tables: dict[str, pd.DataFrame]
    answer: pd.DataFrame | None
    reference: pd.DataFrame

    @property
    def rows(self) -> int:
        """Rows in all its tables together."""
        return sum(len(table) for table in self.tables.values())


@dataclass(frozen=True)
class Verdict:
    """What a comparison found. Not differing means: no difference on so many databases.

    Attributes:
        differs: Whether a difference was found.
        kind: `columns`, `rows`, `order` or `error` (the answer fails); None without a difference.
        counterexample: The smallest database found, or None.
        databases: How many tiny databases were tried.
        seed: What they were drawn from; the same seed draws the same.
        engine: What ran the queries.
        error: Why the answer fails, in plain words, when kind is `error`.
        shown: Names of the columns worth showing (lower case); None for all.
    """

    differs: bool
    kind: Difference | None = None
    counterexample: Counterexample | None = None
    databases: int = 0
    seed: int = 0
    engine: str = ""
    error: str = ""
    shown: frozenset[str] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        from labkit.sql.card import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from labkit.sql.card import html

        return html(self)


def compare(
    answer: str,
    reference: str,
    metadata: sa.MetaData,
    *,
    seed: int = 0,
    names: bool = False,
    ordered: bool | None = None,
    databases: int = DATABASES,
    seconds: float = 5,
) -> Verdict:
    """Look for a tiny database on which two queries differ.

    Databases of a few rows are drawn with values from the literals of both queries and their
    neighbours, within the keys, foreign keys, NOT NULL, types and code lists of the metadata. A
    difference is confirmed by running both queries on that database alone, the reference also with
    the rows the other way round, so that a tie in the reference is never held against the answer.
    Then rows are deleted with those that depend on them, and values made plain, for as long as the
    two still differ.

    Args:
        answer: The query to judge.
        reference: The query that is right.
        metadata: The tables that they may use.
        seed: Of the databases.
        names: Whether the names of the result's columns must be the reference's. They are used to
            match columns in any case, so that another order of the same names is no difference.
        ordered: Whether the order of rows matters; None if it does when the reference ends in
            ORDER BY. Rows that are equal in all the reference's sort keys may come in any order.
        databases: How many to try at most.
        seconds: Time limit of one execution, and the time after which no more are tried.

    Returns:
        A `Verdict`; a query that is refused or does not bind differs with kind `error`.

    Raises:
        SqlError: If the reference is no query on these tables.

    Source:
        Counterexamples by values from the queries: Chandra et al., XData, VLDB Journal 24 (2015).
        Small counterexamples for students: Miao, Roy, Yang, RATest, SIGMOD 2019.

    Examples:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> metadata = MetaData()
        >>> _ = Table("lab", metadata, Column("id", Integer, primary_key=True),
        ...           Column("hba1c", Integer))
        >>> verdict = compare("SELECT id FROM lab WHERE hba1c > 48",
        ...                   "SELECT id FROM lab WHERE hba1c >= 48", metadata)
        >>> verdict.differs, verdict.kind, verdict.counterexample.tables["lab"].values.tolist()
        (True, 'rows', [[1, 48]])
    """
    guard(reference)
    answer, reference = _bare(answer), _bare(reference)
    try:
        guard(answer)
    except SqlError as error:
        return Verdict(True, "error", seed=seed, engine=_engine(), error=str(error))
    comparison = _Comparison(answer, reference, metadata, seed, names, ordered, databases, seconds)
    with comparison.engine:
        return comparison.run()


def _bare(text: str) -> str:
    return text.strip().rstrip(";").rstrip() if isinstance(text, str) else text


def _engine() -> str:
    return f"duckdb {duckdb.__version__}"


class _Comparison:
    """One run of `compare`."""

    def __init__(
        self,
        answer: str,
        reference: str,
        metadata: sa.MetaData,
        seed: int,
        names: bool,
        ordered: bool | None,
        databases: int,
        seconds: float,
    ) -> None:
        self.answer, self.reference, self.metadata = answer, reference, metadata
        self.seed, self.names, self.databases = seed, names, databases
        self.shape = shape_of(metadata, [answer, reference])
        self.engine = Engine(self.shape, seconds=seconds)
        self.until = time.monotonic() + seconds
        self.sorting: SortKeys | None = None if ordered is False else sort_keys(reference)
        self.unsettled = _MAY_DEPEND_ON_ORDER.search(reference) is not None
        self.tried = 0
        self.places: list[int] = []

    def run(self) -> Verdict:
        try:
            wanted = self.engine.bind(self.reference)
        except duckdb.Error as error:
            raise self._explained(error, self.reference) from None
        try:
            given = self.engine.bind(self.answer)
        except duckdb.Error as error:
            return self._verdict("error", error=str(self._explained(error, self.answer)))
        places = match_columns(given, wanted)
        misnamed = self.names and sorted(n.lower() for n in given) != sorted(
            n.lower() for n in wanted
        )
        self.generator = Generator(self.shape, [self.reference, self.answer], seed=self.seed)
        if places is None or misnamed:
            return self._columns()
        self.places = places
        return self._search()

    def _explained(self, error: duckdb.Error, query: str) -> SqlError:
        """Explain with all tables of the metadata at hand, not only those that are named."""
        words = " ".join(table.name for table in self.metadata.tables.values())
        with Engine(shape_of(self.metadata, [words])) as whole:
            return explain(error, query, whole.con)

    def _verdict(
        self, kind: Difference | None, instance: Instance | None = None, error: str = ""
    ) -> Verdict:
        counterexample = None if instance is None else self._counterexample(instance, kind)
        names = self.generator.said.names if instance is not None else None
        return Verdict(
            kind is not None,
            kind,
            counterexample,
            self.tried,
            self.seed,
            _engine(),
            error,
            None if names is None else frozenset(names),
        )

    def _counterexample(self, instance: Instance, kind: Difference | None) -> Counterexample:
        answer = None if kind == "error" else self.engine.frame(instance, self.answer)
        reference = self.engine.frame(instance, self.reference)
        tables = {
            name: self.engine.frame(instance, f'SELECT * FROM "{name}"') for name in self.shape
        }
        return Counterexample(tables, answer, reference)

    def _batches(self) -> Sequence[int]:
        sizes, left = [], self.databases
        for size in [*_BATCHES, *[500] * (self.databases // 500)]:
            if left > 0:
                sizes.append(min(size, left))
                left -= sizes[-1]
        return sizes

    def _search(self) -> Verdict:
        for size in self._batches():
            instances = self.generator.draw(size)
            self.tried += size
            found = self._candidates(instances)
            for n in found[:_CONFIRM]:
                kind = self._confirm(instances[n])
                if kind:
                    small = shrink(instances[n], self.generator, self._differing, self._confirm)
                    return self._finish(small)
            if time.monotonic() > self.until:
                break
        if self.sorting is not None:
            return self._search_order()
        return self._verdict(None)

    def _finish(self, instance: Instance) -> Verdict:
        kind = self._confirm(instance)
        error = ""
        if kind == "error":
            try:
                self.engine.frame(instance, self.answer)
            except duckdb.Error as problem:
                error = str(explain(problem, self.answer, self.engine.con))
        return self._verdict(kind, instance, error)

    def _candidates(self, instances: Sequence[Instance]) -> list[int]:
        """Return the places of databases on which the two seem to differ, the smallest first."""
        self.engine.load(instances)
        wanted = self.engine.many(self.reference)
        given = self.engine.many(self.answer)
        found = [n for n, (g, w) in enumerate(zip(given, wanted, strict=True)) if self._apart(g, w)]
        return sorted(found, key=lambda n: size_of(instances[n]))

    def _differing(self, instances: Sequence[Instance]) -> list[int]:
        return self._candidates(instances)

    def _apart(self, given: Rows | None, wanted: Rows | None) -> bool:
        if wanted is None:
            return False
        if given is None or len(given) != len(wanted):
            return True
        return counted(given, self.places) != counted(wanted)

    def _confirm(self, instance: Instance) -> Difference | None:
        """Run both on this database alone; None if they agree or the reference is not settled."""
        kind: Difference = "rows"
        try:
            wanted = self.engine.one(instance, self.reference)[1]
        except Failed:
            return None
        try:
            if not self._apart(self.engine.one(instance, self.answer)[1], wanted):
                return None
        except Failed:
            kind = "error"
        return kind if not self.unsettled or self._settled(instance, wanted) else None

    def _settled(self, instance: Instance, wanted: Rows) -> bool:
        """Tell whether the reference gives the same with the rows of the tables in other orders."""
        for other in (_turned(instance), _mixed(instance)):
            try:
                again = self.engine.one(other, self.reference)[1]
            except Failed:
                return False
            if counted(again) != counted(wanted):
                return False
        return True

    def _search_order(self) -> Verdict:
        """Look at the order of rows, one database after another."""
        for instance in self.generator.draw(60):
            self.tried += 1
            if self._misordered(instance):
                small = shrink(
                    instance,
                    self.generator,
                    lambda many: [n for n, one in enumerate(many) if self._misordered(one)],
                    lambda one: "order" if self._misordered(one) else None,
                )
                return self._verdict("order", small)
            if time.monotonic() > self.until:
                break
        return self._verdict(None)

    def _misordered(self, instance: Instance) -> bool:
        if self.sorting is None:
            return False
        try:
            rows = self.engine.one(instance, self.sorting.query)[1]
            if len(rows) < 2:
                return False
            given = self.engine.one(instance, self.answer)[1]
        except Failed:
            return False
        keys = [self.sorting.key(row) for row in rows]
        wanted = [row[: len(self.places)] for row in rows]
        if counted(given, self.places) != counted(wanted):
            return False
        return not in_order(given, wanted, keys, self.places)

    def _columns(self) -> Verdict:
        """Show different columns on a database where the reference has something to show."""

        def shows(instance: Instance) -> Difference | None:
            try:
                self.engine.one(instance, self.answer)
                return "columns" if self.engine.one(instance, self.reference)[1] else None
            except Failed:
                return None

        for instance in self.generator.draw(60):
            self.tried += 1
            if shows(instance):
                small = shrink(
                    instance,
                    self.generator,
                    lambda many: [n for n, one in enumerate(many) if shows(one)],
                    shows,
                )
                return self._verdict("columns", small)
        return self._verdict("columns")


def size_of(instance: Instance) -> int:
    """Count the rows of a tiny database."""
    return sum(len(rows) for rows in instance.values())


def _turned(instance: Instance) -> Instance:
    return {name: rows[::-1] for name, rows in instance.items()}


def _mixed(instance: Instance) -> Instance:
    return {name: rows[1::2] + rows[::2] for name, rows in instance.items()}
