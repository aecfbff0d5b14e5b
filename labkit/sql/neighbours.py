"""Neighbours of tiny databases: a row copied or left out, a value changed.

Some mistakes show only where much comes together: three examinations of one patient, a drug
dispensed 91 days after a discharge. Such a database is hardly ever drawn at random, but it lies a
few steps from one that is. So a database on which the queries give something new is kept, and its
neighbours are tried, and theirs.

Source:
    Search guided by what the query gives: Castelein, Aniche, Soltani, Panichella, van Deursen,
    "Search-based test data generation for SQL queries", ICSE 2018. Keeping what is new instead of
    what scores best: Lehman, Stanley, "Abandoning objectives", Evolutionary Computation 19 (2011).
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from labkit.sql.engine import Instance, Rows
from labkit.sql.instances import Generator, Row, moved, repair
from labkit.sql.shape import Field, Reference, Relation

_MOST_ROWS = 12  # of a database that is gone on from
_MOST_KNOWN = 20  # databases kept for one query and one size of its result
_Tables = dict[str, list[Row]]
_AnyTables = Mapping[str, Sequence[Sequence[Any]]]


class Neighbours:
    """Databases worth going on from, and their neighbours.

    Args:
        generator: Draws on for rows that are new; knows the shape and what the queries say.
        seed: Of the steps; with a generator just made, the same seed takes the same.
    """

    def __init__(self, generator: Generator, *, seed: int) -> None:
        self.generator, self.shape = generator, generator.shape
        self.rng = random.Random(seed)
        self._steps = list(dict.fromkeys(generator.steps))
        self.known: dict[tuple[int, Any], Instance] = {}  # by query and what its result looks like
        self._by_size: dict[tuple[int, int], list[Instance]] = defaultdict(list)

    def note(self, instance: Instance, *results: Rows | None) -> None:
        """Keep a database on which one of some queries gives what it gave on none before."""
        if sum(map(len, instance.values())) > _MOST_ROWS:
            return
        for query, rows in enumerate(results):
            kind = query, min(len(rows or []), 4)
            form = query, _form(rows or [])
            if rows and form not in self.known and len(self._by_size[kind]) < _MOST_KNOWN:
                self.known[form] = instance
                self._by_size[kind].append(instance)

    def draw(self, n: int) -> list[Instance]:
        """Draw neighbours of what is known, as often of each size of result; none if none is."""
        kinds = [found for found in self._by_size.values() if found]
        if not kinds:
            return []
        return [self.step(self.rng.choice(self.rng.choice(kinds))) for _ in range(n)]

    def step(self, instance: Instance) -> Instance:
        """Go one to four small steps from a database."""
        rng = self.rng
        tables = {name: [list(row) for row in rows] for name, rows in instance.items()}
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
            places = [(name, i) for name, rows in tables.items() for i in range(len(rows))]
            if not places:
                break
            name, i = rng.choice(places)
            choice = rng.random()
            if choice < 0.55:
                self._change(tables, name, tables[name][i])
            elif choice < 0.8:
                self._copy(tables, self.shape[name], tables[name][i])
            elif choice < 0.9:
                self._add(tables)
            else:
                del tables[name][i]
        return repair(self.shape, {n: [tuple(row) for row in rows] for n, rows in tables.items()})

    def _change(self, tables: _Tables, name: str, row: Row) -> None:
        """Give one value of a row another value, or let a foreign key point elsewhere."""
        rng, relation = self.rng, self.shape[name]
        _, _, drawn, spans = self.generator.plans[name]
        if not drawn:
            return
        i = rng.choice(drawn)
        reference = next((r for r in relation.references if i in r.columns), None)
        if reference is not None:
            self._point(tables, relation, reference, row)
            return
        row[i] = self._value(tables, relation, i, row[i])
        for first, last in spans:
            start, end = row[first], row[last]
            if start is not None and end is not None and start > end:
                row[first], row[last] = end, start

    def around(self, instance: Instance) -> Iterator[Instance]:
        """Give every database that one changed value, moved reference or missing row leads to."""
        for name, rows in instance.items():
            relation = self.shape[name]
            for n, row in enumerate(rows):
                for other in [*self._changes(instance, relation, row), None]:
                    there = [*rows[:n], *([] if other is None else [other]), *rows[n + 1 :]]
                    yield repair(self.shape, {**instance, name: there})

    def _changes(
        self, instance: Instance, relation: Relation, row: tuple[Any, ...]
    ) -> Iterator[tuple[Any, ...]]:
        for i in self.generator.plans[relation.name][2]:
            reference = next((r for r in relation.references if i in r.columns), None)
            if reference is None:
                for value in self._values(instance, relation, i, row[i]):
                    yield (*row[:i], value, *row[i + 1 :])
            elif i == reference.columns[0]:
                parents: list[Any] = [*instance[reference.table]]
                if all(relation.fields[c].nullable for c in reference.columns):
                    parents.append(None)
                for parent in parents:
                    other = _pointed(row, reference, parent)
                    if other != row:
                        yield other

    def _values(self, instance: Instance, relation: Relation, i: int, now: Any) -> list[Any]:
        """List what may stand in place of a value."""
        field, place = relation.fields[i], (relation.name, i)
        written = self.generator.formats[place]
        found: list[Any] = [None] if field.nullable else []
        if written or field.kind in ("date", "time"):
            there = self._moments(instance)
            moments = [moved(m, u, k * s) for m in there for u, s in self._steps for k in (1, -1)]
            moments += self.generator.moments
            mine = _read(now, field, written)
            moments = [mine + timedelta(days=d) for d in (-1, 1) if mine] + moments
            found += [_write(moment, field, written) for moment in moments]
        else:
            pointed, ordinary = self.generator.pools[place]
            found += [*pointed, *ordinary, *self._beside(instance, field)]
        return [value for value in dict.fromkeys(found) if value != now]

    def _value(self, tables: _Tables, relation: Relation, i: int, now: Any) -> Any:
        rng, field, place = self.rng, relation.fields[i], (relation.name, i)
        if field.nullable and rng.random() < 0.15:
            return None
        written = self.generator.formats[place]
        if written or field.kind in ("date", "time"):
            return _write(self._moment(tables, _read(now, field, written)), field, written)
        beside = self._beside(tables, field)
        if beside and rng.random() < 0.5:
            return rng.choice(beside)
        pointed, ordinary = self.generator.pools[place]
        if pointed and (rng.random() < 0.7 or not ordinary):
            exact = self.generator.exact[place]
            return rng.choice(exact if exact and rng.random() < 0.5 else pointed)
        return rng.choice(ordinary)

    def _beside(self, tables: _AnyTables, field: Field) -> list[Any]:
        """Return what stands in the columns that a column is compared with, itself included."""
        group = self.generator.said.group(field.name.lower())
        return [
            row[j]
            for name, rows in tables.items()
            for j, other in enumerate(self.shape[name].fields)
            if other.name.lower() in group and other.kind == field.kind
            for row in rows
            if row[j] is not None
        ]

    def _moment(self, tables: _Tables, now: datetime | None) -> datetime:
        """Choose the day before or after, a moment of the queries, or a length of theirs away."""
        rng = self.rng
        if now is not None and rng.random() < 0.3:
            return now + timedelta(days=rng.choice([-1, 1]))
        there = self._moments(tables)
        if not there or rng.random() < 0.25:
            return rng.choice(self.generator.moments)
        unit, step = rng.choice(self.generator.steps)
        return moved(rng.choice(there), unit, rng.choice([-1, 1, 1]) * step)

    def _moments(self, tables: _AnyTables) -> list[datetime]:
        """List the moments that a database holds."""
        found = [
            _read(row[i], field, self.generator.formats[name, i])
            for name, rows in tables.items()
            for i, field in enumerate(self.shape[name].fields)
            if (name, i) in self.generator.free
            for row in rows
        ]
        return [moment for moment in found if moment is not None]

    def _copy(self, tables: _Tables, relation: Relation, row: Row) -> None:
        """Put a copy beside a row, often with those that depend on it, often with one change."""
        along = self.rng.random() < 0.5
        copy = self._copied(tables, relation, row, along=along, depth=0)
        if self.rng.random() < 0.6:
            self._change(tables, relation.name, copy)

    def _copied(
        self, tables: _Tables, relation: Relation, row: Row, *, along: bool, depth: int
    ) -> Row:
        copy = row.copy()
        self._number(tables, relation, copy)
        dependants = [
            (child, reference, other)
            for child in self.shape.values()
            for reference in child.references
            if along and depth < 3 and reference.table == relation.name
            for other in tables[child.name]
            if [other[c] for c in reference.columns] == [row[t] for t in reference.targets]
        ]
        tables[relation.name].append(copy)
        for child, reference, other in dependants:
            again = self._copied(tables, child, other, along=True, depth=depth + 1)
            for here, there in zip(reference.columns, reference.targets, strict=True):
                again[here] = copy[there]
        return copy

    def _number(self, tables: _Tables, relation: Relation, row: Row) -> None:
        """Give a row keys of its own."""
        for i in self.generator.plans[relation.name][1]:
            field = relation.fields[i]
            taken = [other[i] for other in tables[relation.name] if other[i] is not None]
            row[i] = _next(field, taken, self.generator.moments[0])

    def _add(self, tables: _Tables) -> None:
        """Add a row drawn afresh, its foreign keys pointing to what is there."""
        fresh = self.generator.draw(1)[0]
        names = [name for name, rows in fresh.items() if rows]
        if not names:
            return
        relation = self.shape[self.rng.choice(names)]
        row = list(self.rng.choice(fresh[relation.name]))
        self._number(tables, relation, row)
        for reference in relation.references:
            self._point(tables, relation, reference, row)
        tables[relation.name].append(row)

    def _point(self, tables: _Tables, relation: Relation, reference: Reference, row: Row) -> None:
        """Let a foreign key point to a row that is there, or nowhere if it may."""
        rng = self.rng
        optional = all(relation.fields[i].nullable for i in reference.columns)
        parents = tables[reference.table]
        if parents and not (optional and rng.random() < 0.2):
            row[:] = _pointed(row, reference, rng.choice(parents))
        elif optional:
            row[:] = _pointed(row, reference, None)


def _form(rows: Rows) -> tuple[Any, ...]:
    """Say what a result looks like: how many values each column has, and its numbers and gaps.

    Examples:
        >>> _form([("3427", 2, 0.5), ("5025", 1, None)])
        ((2, 2, 2), ("['str', 1, None]", "['str', 2, 0.5]"))
    """
    kinds = tuple(min(len(set(map(repr, column))), 4) for column in zip(*rows, strict=True))
    return kinds, tuple(sorted(repr([_number_of(value) for value in row]) for row in rows[:8]))


def _number_of(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else type(value).__name__


def _pointed(
    row: Sequence[Any], reference: Reference, parent: Sequence[Any] | None
) -> tuple[Any, ...]:
    """Return a row with its foreign key pointing to a parent, or to none."""
    found = list(row)
    for here, there in zip(reference.columns, reference.targets, strict=True):
        found[here] = None if parent is None else parent[there]
    return tuple(found)


def _read(value: Any, field: Field, written: str | None) -> datetime | None:
    if value is None or not (written or field.kind in ("date", "time")):
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.strptime(value, written or "")
    except ValueError:
        return None


def _write(moment: datetime, field: Field, written: str | None) -> Any:
    if written:
        return moment.strftime(written)
    return moment if field.kind == "time" else moment.date()


def _next(field: Field, taken: Iterable[Any], first: datetime) -> Any:
    """Return a key that is not taken.

    Examples:
        >>> from labkit.sql.shape import Field
        >>> _next(Field("id", "int", "INTEGER", False), [1, 4], datetime(2023, 1, 1))
        5
        >>> _next(Field("id", "text", "VARCHAR", False), ["a", "b"], datetime(2023, 1, 1))
        'c'
    """
    known = list(taken)
    if field.kind in ("date", "time"):
        moment = first
        while (moment if field.kind == "time" else moment.date()) in known:
            moment += timedelta(days=1)
        return moment if field.kind == "time" else moment.date()
    if field.kind == "text":
        return next((c for c in "abcdefghijklmnopqrstuvwxyz" if c not in known), "z")
    return max(known, default=0) + 1
