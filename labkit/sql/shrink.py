"""Make a counterexample as small and plain as it can be while the queries still differ."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from itertools import combinations
from typing import Any

from labkit.sql.engine import Instance
from labkit.sql.instances import Generator, repair
from labkit.sql.shape import Shape

Differing = Callable[[Sequence[Instance]], list[int]]
Confirm = Callable[[Instance], Any]


def shrink(
    instance: Instance, generator: Generator, differing: Differing, confirm: Confirm
) -> Instance:
    """Delete rows with their dependants, then make values plain.

    Args:
        instance: A database on which two queries differ, confirmed.
        generator: What drew it; knows the shape and the ordinary values.
        differing: Returns the places of those databases on which they seem to differ.
        confirm: Runs one database alone; falsy if the queries agree on it.

    Returns:
        A confirmed database from which no row can be deleted, nor any two.
    """
    smaller: Instance | None = instance
    while smaller is not None:
        instance = smaller
        smaller = _first(deletions(instance, generator.shape), differing, confirm)
    return _simplify(instance, generator, differing, confirm)


def deletions(instance: Instance, shape: Shape) -> list[Instance]:
    """Return smaller databases: rows deleted with those that depend on them; small first.

    All parts of a database of at most 6 rows, so that what is left is the smallest part on which
    the queries differ; of a larger one those with one or two rows fewer, or half of them.
    """
    places = [(name, i) for name, rows in instance.items() for i in range(len(rows))]
    if len(places) <= 6:
        gone: list[tuple[tuple[str, int], ...]] = [
            part for n in range(1, len(places) + 1) for part in combinations(places, n)
        ]
    else:
        gone = [(place,) for place in places]
        gone += list(combinations(places, 2)) if len(places) <= 20 else []
        gone += [tuple(places[::2]), tuple(places[1::2])]
    found: dict[str, Instance] = {}
    for part in gone:
        kept = {
            name: [row for i, row in enumerate(rows) if (name, i) not in part]
            for name, rows in instance.items()
        }
        whole = repair(shape, kept)
        found.setdefault(repr(whole), whole)
    return sorted(found.values(), key=_size)


def _size(instance: Instance) -> int:
    return sum(len(rows) for rows in instance.values())


def _first(
    instances: Sequence[Instance], differing: Differing, confirm: Confirm
) -> Instance | None:
    if not instances:
        return None
    for n in differing(instances)[:3]:
        if confirm(instances[n]):
            return instances[n]
    return None


def _simplify(
    instance: Instance, generator: Generator, differing: Differing, confirm: Confirm
) -> Instance:
    """Try plain values, all together first, then one after another in a few rounds."""
    for _ in range(2):
        simpler = _plainer(instance, generator)
        if not simpler:
            return instance
        whole = instance
        for name, i, j, value in simpler:
            whole = _put(whole, name, i, j, value)
        tries = [repair(generator.shape, whole)]
        tries += [repair(generator.shape, _put(instance, *change)) for change in simpler]
        tries = [one for one in tries if _size(one) == _size(instance)]
        good = set(differing(tries))
        if 0 in good and tries and confirm(tries[0]):
            return tries[0]
        better = instance
        for n, one in enumerate(tries[1:], start=1):
            if n in good:
                step = _merge(better, one, instance)
                if _size(repair(generator.shape, step)) == _size(step) and confirm(step):
                    better = step
        if better == instance:
            return instance
        instance = better
    return instance


def _merge(better: Instance, one: Instance, base: Instance) -> Instance:
    """Carry over to `better` what `one` changed in `base`."""
    return {
        name: [
            tuple(
                o if o != b or type(o) is not type(b) else g for o, b, g in zip(*rows, strict=True)
            )
            for rows in zip(one[name], base[name], better[name], strict=True)
        ]
        for name in base
    }


def _put(instance: Instance, name: str, i: int, j: int, value: Any) -> Instance:
    rows = list(instance[name])
    rows[i] = (*rows[i][:j], value, *rows[i][j + 1 :])
    return {**instance, name: rows}


def _plainer(instance: Instance, generator: Generator) -> list[tuple[str, int, int, Any]]:
    """List changes of one value to a plainer one: no NULL, no odd time, no odd text."""
    found: list[tuple[str, int, int, Any]] = []
    for name, rows in instance.items():
        relation = generator.shape[name]
        tied = {i for key in relation.keys if len(key) == 1 for i in key}
        tied |= {i for reference in relation.references for i in reference.columns}
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if (name, j) not in generator.free:
                    continue
                if j in tied:
                    continue
                plainer = _plain_value(value, name, j, generator, rows)
                if plainer != value:
                    found.append((name, i, j, plainer))
    return found


def _plain_value(
    value: Any, name: str, j: int, generator: Generator, rows: Sequence[tuple[Any, ...]]
) -> Any:
    field = generator.shape[name].fields[j]
    if isinstance(value, datetime):
        return datetime.combine(value.date(), time(0))
    if field.kind in ("date", "time") or generator.date_format(field):
        others = [row[j] for row in rows if row[j] is not None]
        if value is None:
            return others[0] if others else generator.plain(field, name, j)
        return value
    pointed, ordinary = generator.pools[name, j]
    usual = (pointed or ordinary)[:1]
    return usual[0] if usual else value
