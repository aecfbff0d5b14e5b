"""The search for a tiny database on which two queries differ."""

import re
import time
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice

import duckdb
import sqlalchemy as sa

from labkit.sql.engine import Engine, Failed, Instance, Rows
from labkit.sql.errors import SqlError
from labkit.sql.explain import explain
from labkit.sql.instances import Generator
from labkit.sql.neighbours import Neighbours
from labkit.sql.order import SortKeys, sort_keys
from labkit.sql.result import Difference, counted, in_order, match_columns
from labkit.sql.shape import shape_of
from labkit.sql.shrink import shrink
from labkit.sql.verdict import Counterexample, Verdict

DATABASES = 1_000  # tiny databases to try before giving up
ENGINE = f"duckdb {duckdb.__version__}"
_BATCHES = (40, 100, 100, 100, 300, 120, 120, 120)  # the first two and the longest drawn afresh
_LATER = (300, *[100] * 8)
_MAY_DEPEND_ON_ORDER = re.compile(
    r"\b(limit|offset|fetch|over|first|last|any_value|arbitrary|mode|list|array|rowid|sample"
    r"|\w+_agg|group_concat|arg_\w+|\w+_by|first_value|last_value)\b|\bdistinct\s+on\b",
    re.IGNORECASE,
)
_CONFIRM = 6  # candidates of a batch that are run one by one


class Search:
    """One search; `found` is the database it ended with."""

    def __init__(
        self,
        answer: str,
        reference: str,
        metadata: sa.MetaData,
        *,
        seed: int,
        names: bool = False,
        ordered: bool | None = None,
        databases: int = DATABASES,
        seconds: float = 5,
        engine: Engine | None = None,
        start: Sequence[Instance] = (),
    ) -> None:
        self.answer, self.reference, self.metadata = answer, reference, metadata
        self.seed, self.names, self.databases = seed, names, databases
        self.engine = engine or Engine(shape_of(metadata, [answer, reference]), seconds=seconds)
        self.shape = self.engine.shape
        self.start = start  # databases whose neighbours are worth trying
        self.found: Instance | None = None
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        self.sorting: SortKeys | None = None if ordered is False else sort_keys(reference)
        self.unsettled = _MAY_DEPEND_ON_ORDER.search(reference) is not None
        self.tried = 0
        self.places: list[int] = []

    def run(self) -> Verdict:
        """Search, and say what was found."""
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
        self.found = instance
        counterexample = None if instance is None else self._counterexample(instance, kind)
        names = self.generator.said.names if instance is not None else None
        return Verdict(
            kind is not None,
            kind,
            counterexample,
            self.tried,
            self.seed,
            ENGINE,
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

    def _batches(self) -> Iterator[list[Instance]]:
        """Draw some databases, then all neighbours of those at the start, then some of any."""
        left = self.databases
        for n, size in enumerate(chain(_BATCHES, cycle(_LATER))):
            if left <= 0:
                return
            if n == 2:
                near = (one for start in self.start for one in self.near.around(start))
                close = islice(near, left // 2)
                while batch := list(islice(close, 500)):
                    left -= len(batch)
                    yield batch
            size = min(size, left)
            batch = self.near.draw(size) if n >= 2 and size < 200 else []
            yield batch + self.generator.draw(size - len(batch))
            left -= size

    def _search(self) -> Verdict:
        self.near = Neighbours(self.generator, seed=self.seed)
        if self.start:
            self._candidates(self.start, note=True)
        for instances in self._batches():
            self.tried += len(instances)
            found = self._candidates(instances, note=True)
            for n in found[:_CONFIRM]:
                kind = self._confirm(instances[n])
                if kind:
                    small = shrink(instances[n], self.generator, self._candidates, self._confirm)
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

    def _candidates(self, instances: Sequence[Instance], note: bool = False) -> list[int]:
        """Return the places of databases on which the two seem to differ, the smallest first."""
        self.engine.load(instances)
        wanted = self.engine.many(self.reference)
        given = self.engine.many(self.answer)
        if note:
            for instance, w, g in zip(instances, wanted, given, strict=True):
                self.near.note(instance, w, g)
        found = [n for n, (g, w) in enumerate(zip(given, wanted, strict=True)) if self._apart(g, w)]
        return sorted(found, key=lambda n: size_of(instances[n]))

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
        return kind if self.settled(instance, wanted) else None

    def settled(self, instance: Instance, wanted: Rows) -> bool:
        """Tell whether the reference gives the same with the rows of the tables in other orders."""
        if not self.unsettled:
            return True
        for other in (_turned(instance), _mixed(instance)):
            try:
                again = self.engine.one(other, self.reference)[1]
            except Failed:
                return False
            if counted(again) != counted(wanted):
                return False
        return True

    def parted(self, instances: Sequence[Instance]) -> list[int]:
        """Return the places of databases that tell the two apart: in columns, rows, else in order.

        The reference must be settled on them.
        """
        if not instances:
            return []
        places = match_columns(self.engine.bind(self.answer), self.engine.bind(self.reference))
        if places is None:
            return list(range(len(instances)))
        self.places = places
        in_rows = self._candidates(instances)
        if in_rows or self.sorting is None:
            return sorted(in_rows)
        return [n for n, one in enumerate(instances) if self._misordered(one)]

    def _search_order(self) -> Verdict:
        """Look at the order of rows, one database after another."""
        self.until = time.monotonic() + self.seconds
        for instance in self.generator.draw(200):
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
